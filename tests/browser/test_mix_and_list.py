"""Picking tracks, weighing them, and the list that follows with its reasons."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.support.page_parts import changed, chips, pick, settled, titles

pytestmark = pytest.mark.browser


def test_title_artist_album_year_and_duration_are_shown(visit):
    page = visit.go()
    pick(page, "glass morning")
    settled(page)
    row = page.locator(".row", has=page.get_by_role("heading", name="Glass Garden")).first
    expect(row.locator(".what p")).to_have_text("Harbour Lights · Harbour Lights at Home · 1990 · 3:01")


def test_shares_are_named_and_add_up(visit):
    page = visit.go()
    page.get_by_role("button", name="Folk").click()
    settled(page)
    rows = page.locator(".row", has=page.locator(".blend")).all()
    assert len(rows) > 5
    for row in rows:
        shares = [int(share) for share in re.findall(r"(\d+)\s%", row.locator(".why p").inner_text())]
        assert abs(sum(shares) - 100) <= len(shares)


def test_a_like_has_a_colour_that_no_pick_has(visit):
    page = visit.go()
    for title in ("Glass Morning", "Silver Morning", "Hollow Morning", "Barley Morning"):
        pick(page, title)
        settled(page)
    for like in range(4):
        before = titles(page)
        page.locator(".row .like").nth(like).click()
        changed(page, before)
    shown = page.locator("#chips .chip").evaluate_all("chips => chips.map((chip) => chip.classList[1])")
    assert len(shown) == 8
    assert not set(shown[:4]) & set(shown[4:])


def test_a_pick_that_counts_more_changes_the_shares(visit):
    page = visit.go()
    pick(page, "glass morning")
    pick(page, "silver morning")
    settled(page)
    with page.expect_request(lambda sent: sorted((sent.post_data_json or {}).get("history", {}).values()) == [1, 4]):
        page.get_by_role("button", name="More of Silver Morning by Slow Meridian").click()
        page.get_by_role("button", name="More of Silver Morning by Slow Meridian").click()
    expect(page.locator("#chips output").nth(1)).to_have_text("\N{MULTIPLICATION SIGN}4")
    expect(page.get_by_role("button", name="Less of Glass Morning by Harbour Lights")).to_be_disabled()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("More of Silver Morning")


def test_more_like_this_adds_a_pick_and_the_focus_stays_in_the_list(visit):
    page = visit.go()
    pick(page, "glass morning")
    settled(page)
    before = titles(page)
    page.get_by_role("button", name=f"More about {before[2]}").click()
    page.get_by_role("button", name="More like this").click()
    expect(chips(page)).to_have_count(2)
    assert before[2] not in changed(page, before)
    assert page.evaluate("document.activeElement.closest('#list') !== null")


def test_what_changed_is_marked_and_said(visit):
    page = visit.go()
    pick(page, "glass morning")
    settled(page)
    before = titles(page)
    pick(page, "hollow morning")
    after = changed(page, before)
    for place, title in enumerate(after):
        marker = page.locator(".row").nth(place).locator(".move")
        if title not in before:
            expect(marker).to_have_text("new")
        elif (up := before.index(title) - place) != 0:
            expect(marker).to_contain_text(f"moved {'up' if up > 0 else 'down'} {abs(up)} place")
        else:
            expect(marker).to_have_count(0)
    expect(page.locator("#announcer")).to_contain_text(re.compile("new|moved"))


def test_rows_glide_unless_motion_is_unwelcome(open_visit, service):
    moving = "document.getAnimations().length"
    for motion, moves in (("no-preference", True), ("reduce", False)):
        page = open_visit(service.url, reduced_motion=motion).go()
        page.evaluate(
            f"""new MutationObserver(() => setTimeout(() => {{ window.most = Math.max(window.most ?? 0, {moving}) }}))
                  .observe(document.getElementById("list"), {{childList: true}})"""
        )
        page.get_by_role("button", name="Folk").click()
        settled(page)
        page.wait_for_function("window.most !== undefined")
        assert (page.evaluate("window.most") > 0) is moves


def test_a_taste_replaces_the_mix_and_start_over_empties_it(visit):
    page = visit.go()
    pick(page, "neon garden")
    page.get_by_role("button", name="Ambient").click()
    expect(chips(page)).to_have_count(4)
    page.get_by_role("button", name="Start over").click()
    settled(page, "What most listeners play")
    expect(page.locator("#mix-part")).to_be_hidden()


def test_the_mix_survives_a_reload_of_the_tab_with_its_weights(visit):
    page = visit.go()
    pick(page, "neon garden")
    page.get_by_role("button", name="More of Neon Garden by Night Tram").click()
    settled(page)
    page.reload()
    settled(page)
    expect(chips(page)).to_have_text(["Neon GardenNight Tram"])
    expect(page.locator("#chips output")).to_have_text("\N{MULTIPLICATION SIGN}2")


def test_a_pick_the_model_does_not_know_is_said_to_be_left_out(visit):
    page = visit.go()
    page.evaluate(
        """sessionStorage.setItem("crossfade.mix", JSON.stringify([
             {track_id: "gone", title: "Gone", artists: [], genres: []}, {broken: true}]))"""
    )
    page.reload()
    expect(chips(page)).to_have_text(["Gone"])
    expect(page.locator("#list-note")).to_have_text("1 pick is unknown to this model and left out.")


def test_an_answer_to_an_older_question_is_dropped(visit):
    page = visit.go()
    held: list[Route] = []

    def hold_the_first(route):
        if held:
            route.fallback()
        else:
            held.append(route)

    page.route("**/v1/recommendations", hold_the_first)
    pick(page, "neon garden")
    expect(page.locator("#list")).to_have_attribute("aria-busy", "true")
    pick(page, "glass garden")
    expect(page.locator("#list")).not_to_have_attribute("aria-busy", "true")
    before = titles(page)
    held[0].continue_()
    page.wait_for_load_state("networkidle")
    assert titles(page) == before


def test_a_search_that_finds_nothing_says_so(visit):
    page = visit.go()
    page.get_by_role("combobox", name="Search").fill("qqqqqq")
    expect(page.get_by_text("Nothing matches. Try fewer letters.").first).to_be_visible()
