"""Coming back: what was picked is still there, what changed is said, and a mix can be given away as a link."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.page_parts import barriers, chips, pick, settled, titles

pytestmark = pytest.mark.browser


def another_visit(visit):
    """Close the tab and open another one in the same browser."""
    page = visit.page.context.new_page()
    visit.page.close()
    visit.page = page
    return visit.go()


def test_picks_and_playlist_are_there_the_next_time_and_what_is_new_is_said(visit):
    page = visit.go()
    pick(page, "glass morning")
    page.get_by_role("button", name="More of Glass Morning by Harbour Lights").click()
    settled(page)
    seen = titles(page)
    page.get_by_role("button", name="Add the first 10").click()
    # As if the model had changed since: the last visit saw the first two the other way round, and the last were others.
    page.evaluate(
        """() => { const last = JSON.parse(localStorage.getItem("crossfade.last-list"));
             last.at = new Date(Date.now() - 86_400_000).toISOString();
             last.order = [last.order[1], last.order[0], ...last.order.slice(2, -3), "gone", "gone too", "and this"];
             localStorage.setItem("crossfade.last-list", JSON.stringify(last)); }"""
    )
    page = another_visit(visit)
    settled(page)
    expect(chips(page)).to_have_text(["Glass MorningHarbour Lights"])
    expect(page.locator("#chips output")).to_have_text("\N{MULTIPLICATION SIGN}2")
    expect(page.locator(".queue li")).to_have_count(10)
    assert titles(page) == seen
    expect(page.locator("#list-note")).to_have_text("Since yesterday: 3 tracks are new and 2 moved.")
    expect(page.locator(".row .move.new")).to_have_count(3)
    page.reload()  # the same visit: nothing is new
    settled(page)
    expect(page.locator("#list-note")).to_have_text("Blended from 1 pick.")
    assert page.context.cookies() == []


def test_deleting_leaves_nothing_in_the_browser_for_the_next_visit(visit):
    page = visit.go()
    pick(page, "glass morning")
    settled(page)
    page.goto(f"{visit.url}/#forget")
    page.get_by_role("button", name="Delete my data…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete my data").click()
    expect(page.locator(".receipt")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage)") == []
    page = another_visit(visit)
    settled(page, "What most listeners play")
    expect(chips(page)).to_have_count(0)


def test_a_link_holds_the_mix_and_nothing_about_the_person(open_visit, service):
    page = open_visit(service.url, permissions=["clipboard-read", "clipboard-write"]).go()
    expect(page.get_by_role("button", name="Share this mix")).to_be_hidden()
    pick(page, "glass morning")
    pick(page, "silver morning")
    page.get_by_role("button", name="More of Silver Morning by Slow Meridian").click()
    page.locator("#dials").evaluate("fold => { fold.open = true }")
    page.get_by_role("slider", name="Adventure").press("End")
    settled(page)
    page.locator(".row .like").first.click()  # a like is a person's own
    expect(page.locator("#chips .liked")).to_have_count(1)
    page.get_by_role("button", name="Share this mix").click()
    expect(page.locator("#toast")).to_contain_text("The link is copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(re.escape(service.url) + r"/#mix\?pick=1\*[^&]+&pick=2\*[^&]+&adventure=1", link)

    visit = open_visit(service.url)
    other = visit.page
    other.goto(link)
    settled(other)
    expect(chips(other)).to_have_text(["Glass MorningHarbour Lights", "Silver MorningSlow Meridian"])
    expect(other.locator("#chips output")).to_have_text(["\N{MULTIPLICATION SIGN}1", "\N{MULTIPLICATION SIGN}2"])
    expect(other.get_by_role("slider", name="Adventure")).to_have_value("1")
    expect(other.locator("#toast")).to_contain_text("This mix was shared with you.")
    expect(other.locator("#list-note")).to_have_text("Blended from 2 picks.")
    assert other.url == f"{service.url}/#mix"
    assert other.context.cookies() == []
    assert barriers(other) == []


def test_a_shared_mix_gives_ones_own_back_and_what_is_wrong_in_it_is_left_out(visit):
    page = visit.go()
    pick(page, "neon garden")
    settled(page)
    known = page.evaluate("JSON.parse(sessionStorage.getItem('crossfade.mix'))[0].track_id")
    told = f"pick=9*{known}&pick=1*gone&pick=nonsense&adventure=7&energy=<b>&from=99999&genre={'x' * 99}&each=77"
    page.evaluate(f"location.hash = 'mix?{told}'")
    expect(page.locator("#toast")).to_contain_text("Not all of its picks are known to this model.")
    settled(page)
    expect(page.locator("#chips output")).to_have_text("\N{MULTIPLICATION SIGN}1")
    expect(page.locator("#dials-line")).to_have_text("as the model ranks it")
    expect(page.locator("#filters-line")).to_have_text("none")
    page.evaluate(f"location.hash = 'mix?pick=4*{known}'")
    expect(page.locator("#chips output")).to_have_text("\N{MULTIPLICATION SIGN}4")
    page.get_by_role("button", name="Back to mine").click()
    expect(page.locator("#chips output")).to_have_text("\N{MULTIPLICATION SIGN}1")


def test_who_listens_by_their_likes_gets_that_back_too(visit):
    page = visit.go()
    pick(page, "neon garden")
    settled(page)
    with page.expect_response(lambda answer: answer.url.endswith("/v1/feedback")):
        page.locator(".row .like").first.click()
    page.reload()
    source = page.get_by_role("button", name="From your listening")
    source.click()
    expect(source).to_have_attribute("aria-pressed", "true")
    known = page.evaluate("JSON.parse(sessionStorage.getItem('crossfade.mix'))[0].track_id")
    page.evaluate(f"location.hash = 'mix?pick=4*{known}'")
    expect(source).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Back to mine").click()
    expect(source).to_have_attribute("aria-pressed", "true")


def test_without_a_clipboard_the_link_is_shown(visit):
    page = visit.go()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')) }")
    pick(page, "neon garden")
    page.get_by_role("button", name="Share this mix").click()
    expect(page.get_by_label("The link")).to_have_value(re.compile(r"#mix\?pick=1"))
    assert barriers(page) == []
