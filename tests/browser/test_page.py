"""The journeys of the page, in a real browser."""

import re

import pytest
from playwright.sync_api import Route, expect

pytestmark = pytest.mark.browser

POPULAR = ["Jóga", "Hyperballad", "Teardrop", "Army of Me", "Massive Attack"]


def titles(page):
    return page.locator("#list .row h3").all_text_contents()


def chips(page):
    return page.locator("#chips .chip-text")


def pick(page, text):
    """Search and take the first match."""
    page.get_by_role("combobox").fill(text)
    page.get_by_role("option").first.click()


# --- the first screen


def test_the_first_screen_is_useful_without_an_account_and_asks_nobody_else(visit):
    page = visit.go()
    expect(page.get_by_role("heading", name="What most listeners play")).to_be_visible()
    assert titles(page)[:5] == POPULAR
    expect(page.get_by_role("button", name="Electronic")).to_be_visible()
    expect(page.locator("#model-line")).to_contain_text("SLIM-ridge · version")
    assert all(address.startswith(visit.url) for address in visit.received)


def test_the_first_load_is_under_100_kilobytes(visit):
    visit.go()
    visit.page.wait_for_load_state("networkidle")
    assert len(visit.received) >= 10
    assert sum(visit.received.values()) < 100_000


def test_a_second_load_takes_the_files_from_the_browsers_own_store(browser, service):
    context = browser.new_context()  # not a visit: Playwright's routes switch the store off
    page = context.new_page()
    for _ in range(2):
        page.goto(service.url)
        page.locator("#list .row h3").first.wait_for()
    sizes = """performance.getEntriesByType("resource").filter((one) => one.name.includes("/web/"))
                          .map((one) => one.transferSize)"""
    assert set(page.evaluate(sizes)) == {0}
    context.close()


def test_a_title_that_is_the_artists_name_is_shown_once(visit):
    page = visit.go()
    row = page.locator(".row", has=page.get_by_role("heading", name="Massive Attack"))
    assert row.inner_text().count("Massive Attack") == 1


def test_title_artist_album_year_and_duration_are_shown(visit):
    row = visit.go().locator(".row").first
    expect(row.locator(".what p")).to_have_text("Björk · Homogenic · 1997 · 5:05")


def test_a_script_in_a_title_is_shown_and_not_run(visit):
    page = visit.go()
    assert titles(page)[-1].startswith("<img")
    page.get_by_role("button", name=re.compile("More like <img")).click()
    expect(chips(page)).to_contain_text(["<img"])
    assert page.evaluate("window.hacked") is None


# --- search, the mix, the list


def test_picking_a_track_gives_a_list_with_reasons(visit):
    page = visit.go()
    pick(page, "JOG")
    expect(page.get_by_role("heading", name="What follows from your mix")).to_be_visible()
    expect(chips(page)).to_have_text(["JógaBjörk"])
    assert titles(page)[0] == "Hyperballad"
    expect(page.locator(".row").first.locator(".why p")).to_have_text(re.compile(r"because of\s+Jóga\s100\s%"))
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^\d+ recommendations\.$"))


def test_shares_of_several_picks_are_named_and_add_up(visit):
    page = visit.go()
    page.get_by_role("button", name="Electronic").click()
    expect(chips(page)).to_have_count(3)
    expect(page.get_by_role("heading", name="What follows from your mix")).to_be_visible()
    for row in page.locator(".row", has=page.locator(".blend")).all():
        shares = [int(share) for share in re.findall(r"(\d+)\s%", row.locator(".why p").inner_text())]
        assert abs(sum(shares) - 100) <= len(shares)


def test_what_the_mix_says_nothing_about_is_said_to_be_popular(visit):
    page = visit.go()
    page.locator(".row").last.get_by_role("button").click()  # the track nobody plays
    expect(page.locator(".row").first.locator(".why")).to_contain_text("many listeners play it")


def test_more_like_this_adds_a_pick_and_the_focus_stays_in_the_list(visit):
    page = visit.go()
    pick(page, "joga")
    expect(page.get_by_role("heading", name="What follows from your mix")).to_be_visible()
    page.get_by_role("button", name="More like Teardrop by Massive Attack").click()
    expect(chips(page)).to_have_count(2)
    expect(page.locator("#list-note")).to_contain_text("from 2 picks")
    assert "Teardrop" not in titles(page)
    assert page.evaluate("document.activeElement.closest('#list') !== null")


def test_a_taste_replaces_the_mix_and_start_over_empties_it(visit):
    page = visit.go()
    pick(page, "joga")
    page.get_by_role("button", name="Trip hop").click()
    expect(chips(page)).to_have_text(["TeardropMassive Attack", "Massive Attack"])
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_role("heading", name="What most listeners play")).to_be_visible()
    expect(page.locator("#mix")).to_be_hidden()


def test_the_mix_survives_a_reload_of_the_tab(visit):
    page = visit.go()
    pick(page, "teardrop")
    expect(page.get_by_role("heading", name="What follows from your mix")).to_be_visible()
    page.reload()
    expect(chips(page)).to_have_text(["TeardropMassive Attack"])
    expect(page.get_by_role("heading", name="What follows from your mix")).to_be_visible()


def test_a_pick_the_model_does_not_know_is_said_to_be_left_out(visit):
    page = visit.go()
    page.evaluate(
        """sessionStorage.setItem("crossfade.mix", JSON.stringify([
             {track_id: "gone", title: "Gone", artists: [], genres: []}, {broken: true}]))"""
    )
    page.reload()
    expect(chips(page)).to_have_text(["Gone"])
    expect(page.locator("#list-note")).to_have_text("1 pick is unknown to this model and left out.")


def test_matches_leave_out_what_is_picked_and_nothing_is_said_to_match_nothing(visit):
    page = visit.go()
    pick(page, "teardrop")
    page.get_by_role("combobox").fill("teardrop")
    expect(page.locator("#search-note")).to_have_text("That one is in your mix already.")
    page.get_by_role("combobox").fill("no such thing")
    expect(page.locator("#search-note")).to_contain_text("Nothing matches.")


def test_everything_works_from_the_keyboard_alone(visit):
    page = visit.go()
    press = page.keyboard.press
    press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    while page.evaluate("document.activeElement.id") != "query":
        press("Tab")
    page.keyboard.type("bjork")
    options = page.get_by_role("option")
    expect(options).to_have_count(3)
    box = page.get_by_role("combobox")
    expect(box).to_have_attribute("aria-expanded", "true")
    press("ArrowDown")
    press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "found-1")
    press("ArrowUp")
    press("ArrowUp")
    expect(options.nth(2)).to_have_attribute("aria-selected", "true")  # from the first it goes round to the last
    press("Enter")
    expect(chips(page)).to_have_text(["Army of MeBjörk"])
    page.keyboard.type("tear")
    expect(options).to_have_count(1)
    press("Escape")
    expect(options).to_have_count(0)
    expect(box).to_have_value("")
    press("Tab")
    expect(page.get_by_role("button", name="Remove Army of Me by Björk")).to_be_focused()
    press("Enter")
    expect(page.locator("#mix")).to_be_hidden()
    expect(box).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("Army of Me is out of your mix.")


def test_the_focus_can_be_seen(visit):
    page = visit.go()
    page.keyboard.press("Tab")
    for _ in range(8):
        page.keyboard.press("Tab")
        style = "getComputedStyle(document.activeElement)"
        assert page.evaluate(f"{style}.outlineStyle") == "solid"
        assert page.evaluate(f"parseFloat({style}.outlineWidth)") >= 2


def test_the_model_card_opens_from_the_top_with_the_figures(visit):
    page = visit.go()
    page.get_by_role("link", name="About the model").click()
    card = page.locator("#model-card")
    expect(card).to_contain_text("it beats everything in this tiny world")
    expect(card).to_contain_text("How well it does, on listeners it had not seen")
    expect(card.get_by_role("row", name="nDCG@10")).to_contain_text("0.250 (0.200 to 0.300)")
    expect(card.get_by_role("row", name="Coverage@10")).to_contain_text("0.500")


# --- late, wrong or missing answers


def test_an_answer_to_an_older_question_is_dropped(visit):
    page = visit.go()
    slow: list[Route] = []

    def hold_the_first(route):
        if slow:
            route.fallback()
        else:
            slow.append(route)

    page.route("**/v1/recommendations", hold_the_first)
    pick(page, "joga")
    expect(page.locator("#list")).to_have_attribute("aria-busy", "true")
    pick(page, "teardrop")
    expect(page.locator("#list-note")).to_contain_text("from 2 picks")
    before = titles(page)
    slow[0].continue_()
    page.wait_for_load_state("networkidle")
    assert titles(page) == before


def test_grey_rows_stand_in_for_the_first_list(visit):
    held = []
    visit.page.route("**/v1/recommendations", lambda route: held.append(route))  # noqa: PLW0108
    visit.page.goto(visit.url)
    expect(visit.page.locator(".row.empty")).to_have_count(8)
    expect(visit.page.locator("#list")).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    expect(visit.page.locator(".row.empty")).to_have_count(0)


def test_a_call_that_failed_is_explained_and_can_be_tried_again(open_visit, service):
    visit = open_visit(service.url, expected_complaints=True)
    page = visit.go()
    error = {"error": {"what": "the service failed on this call", "remedy": "Look into the log"}, "request_id": "abc"}
    page.route("**/v1/recommendations", lambda route: route.fulfill(status=500, json=error))
    pick(page, "joga")
    expect(page.get_by_role("alert")).to_contain_text(
        "The service failed on this call. Look into the log. Its request id is abc."
    )
    page.unroute("**/v1/recommendations")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="What follows from your mix")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_service_that_is_gone_is_waited_for(open_visit, service):
    visit = open_visit(service.url, expected_complaints=True)
    page = visit.go()
    page.context.set_offline(True)
    page.get_by_role("button", name="Electronic").click()
    expect(page.get_by_role("alert")).to_contain_text("The service does not answer")
    expect(page.get_by_role("combobox")).to_be_disabled()
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="What follows from your mix")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("combobox")).to_be_enabled()


# --- any screen


@pytest.mark.parametrize("width", [360, 700, 1024, 1440])
def test_nothing_is_wider_than_the_screen(open_visit, service, width):
    page = open_visit(service.url, viewport={"width": width, "height": 800}).go()
    page.get_by_role("button", name="Electronic").click()
    expect(page.locator(".blend").first).to_be_visible()
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    button = page.get_by_role("button", name=re.compile("^More like")).first.bounding_box()
    assert button["height"] >= 24
    assert button["x"] + button["width"] <= width


def luminance(colour):
    """Return the relative luminance of a CSS colour (WCAG 2)."""
    channels = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_can_be_read(open_visit, service, scheme):
    page = open_visit(service.url, color_scheme=scheme).go()
    page.get_by_role("button", name="Electronic").click()
    expect(page.locator(".blend").first).to_be_visible()

    def colour(selector, name):
        return page.locator(selector).first.evaluate(f"element => getComputedStyle(element).{name}")

    paper, card = colour("body", "backgroundColor"), colour(".list", "backgroundColor")
    assert (luminance(paper) > 0.5) == (scheme == "light")
    for text, ground in ((".lead", paper), ("h1", paper), (".what p", card), (".why p", card), (".more", card)):
        assert contrast(colour(text, "color"), ground) >= 4.5, text
    for part in page.locator(".blend span").all():
        assert contrast(part.evaluate("element => getComputedStyle(element).backgroundColor"), card) >= 3


def test_nothing_moves_for_those_who_asked_for_that(open_visit, service):
    visit = open_visit(service.url, reduced_motion="reduce")
    held = []
    visit.page.route("**/v1/recommendations", lambda route: held.append(route))  # noqa: PLW0108
    visit.page.goto(visit.url)
    row = visit.page.locator(".row.empty").first
    row.wait_for()
    assert row.evaluate("element => getComputedStyle(element).animationName") == "none"
    held[0].continue_()
