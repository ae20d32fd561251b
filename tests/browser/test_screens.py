"""Any screen, both themes, and no barrier that a machine can find."""

import pytest
from playwright.sync_api import expect

from tests.support.page_parts import barriers, changed, settled, titles

pytestmark = pytest.mark.browser


def everything_open(page):
    """Bring the mix page into its fullest state."""
    page.get_by_role("button", name="House").click()
    settled(page)
    for fold in ("dials", "filters"):
        page.locator(f"#{fold}").evaluate("fold => { fold.open = true }")
    page.get_by_role("button", name="Dance", exact=True).click()
    page.get_by_role("button", name="Add the first 10").click()
    page.locator(".row").first.get_by_role("button", name="More about").click()
    before = titles(page)
    page.locator(".row .like").first.click()
    changed(page, before)
    expect(page.locator("#chips .liked")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_no_barrier(open_visit, service, width, scheme):
    page = open_visit(service.url, viewport={"width": width, "height": 900}, color_scheme=scheme).go()
    assert barriers(page) == []
    everything_open(page)
    assert barriers(page) == []
    for name in ("listening", "model"):
        page.goto(f"{service.url}/#{name}")
        expect(page.locator(f"#view-{name}")).not_to_have_attribute("aria-busy", "true")
        expect(page.locator(f"#view-{name} h2").first).to_be_visible()
        assert barriers(page) == []


@pytest.mark.parametrize("width", [360, 700, 1024, 1440])
def test_nothing_is_wider_than_the_screen_and_nothing_too_small_to_hit(open_visit, service, width):
    page = open_visit(service.url, viewport={"width": width, "height": 800}).go()
    everything_open(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        """[...document.querySelectorAll("button, select, input:not([type=file])")]
             .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
             .filter(([, box]) => box.width && (box.width < 24 || box.height < 24)).map(([html]) => html)"""
    )
    assert [html for html in small if "checkbox" not in html] == []  # a switch is hit by its label


@pytest.mark.parametrize("width", [360, 1440])
def test_the_page_of_the_api_leads_back_asks_nobody_else_and_fits(open_visit, service, width):
    visit = open_visit(service.url, viewport={"width": width, "height": 800})
    visit.page.goto(f"{service.url}/docs")
    expect(visit.page.locator(".opblock").first).to_be_visible()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.page.get_by_role("link", name="Crossfade").click()
    expect(visit.page.locator("#list .row h3").first).to_be_visible()


def test_nothing_moves_for_those_who_asked_for_that(open_visit, service):
    visit = open_visit(service.url, reduced_motion="reduce")
    held = []
    visit.page.route("**/v1/recommendations", lambda route: held.append(route))  # noqa: PLW0108
    visit.page.goto(visit.url)
    row = visit.page.locator(".row.empty").first
    row.wait_for()
    assert row.evaluate("element => getComputedStyle(element).animationName") == "none"
    held[0].continue_()
