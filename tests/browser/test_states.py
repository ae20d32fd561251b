"""Loading, empty, offline, failed, too many, without a model: each has a face and a way out."""

import re

import pytest
from playwright.sync_api import expect

from pipelines.home import Home
from pipelines.release.champion import set_champion
from tests.support.page_parts import barriers, pick, settled
from tests.support.record_shelf import write_shelf_bundle
from tests.support.served import serve

pytestmark = pytest.mark.browser


def failure(what, remedy="Look into the log"):
    return {"error": {"what": what, "remedy": remedy}, "request_id": "abc"}


@pytest.fixture
def page(open_visit, service):
    return open_visit(service.url, expected_complaints=True, viewport={"width": 1280, "height": 800}).go()


def test_grey_rows_stand_in_for_the_first_list(visit):
    held = []
    visit.page.route("**/v1/recommendations", lambda route: held.append(route))  # noqa: PLW0108
    visit.page.goto(visit.url)
    expect(visit.page.locator(".row.empty")).to_have_count(8)
    expect(visit.page.locator("#list")).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    expect(visit.page.locator(".row.empty")).to_have_count(0)


def test_a_call_that_failed_is_explained_and_can_be_tried_again(page):
    page.route("**/v1/recommendations", lambda route: route.fulfill(status=500, json=failure("the service failed")))
    pick(page, "neon garden")
    expect(page.get_by_role("alert")).to_contain_text("The service failed. Look into the log. Its request id is abc.")
    expect(page.locator("#list-note")).to_have_text("This is the list from before.")
    assert barriers(page) == []
    page.unroute("**/v1/recommendations")
    page.get_by_role("button", name="Try again").click()
    settled(page)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_service_that_is_gone_is_waited_for(page):
    page.get_by_role("button", name="House").click()
    settled(page)
    page.get_by_role("combobox", name="Search").focus()
    page.context.set_offline(True)
    page.keyboard.type("gl")
    expect(page.get_by_role("alert")).to_contain_text("The service does not answer")
    expect(page.get_by_role("combobox", name="Search")).to_be_disabled()
    page.context.set_offline(False)
    settled(page)
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    expect(page.get_by_role("combobox", name="Search")).to_have_value("gl")


def test_too_many_questions_are_counted_down_and_asked_again(page):
    page.route(
        "**/v1/recommendations",
        lambda route: route.fulfill(status=429, headers={"Retry-After": "3"}, json=failure("too many calls")),
        times=1,
    )
    page.get_by_role("button", name="House").click()
    expect(page.get_by_role("alert")).to_contain_text("Too many calls.")
    expect(page.get_by_role("timer")).to_have_text(re.compile("in [123] seconds?"))
    settled(page)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_where_nothing_is_left_the_filters_can_be_taken_off(page):
    page.evaluate("sessionStorage.setItem('crossfade.filters', JSON.stringify({perArtist: 1}))")
    page.route("**/v1/recommendations", nothing_of, times=1)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("No track fits all the filters at once.")
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.locator(".row h3")).to_have_count(20)
    expect(page.get_by_role("alert")).to_have_count(0)


def nothing_of(route):
    answer = {
        "basis": "popularity",
        "recommendations": [],
        "unknown_tracks": [],
        "request_id": "a",
        "model_version": "m",
    }
    route.fulfill(json=answer)


def test_without_a_model_the_page_says_what_to_do_and_fills_itself_when_there_is_one(open_visit, tmp_path):
    home = Home(tmp_path / "home")
    with serve(tmp_path, {"CROSSFADE_HOME": str(home.root)}) as service:
        page = open_visit(service.url, expected_complaints=True).page
        page.goto(service.url)
        expect(page.get_by_role("alert")).to_contain_text("No model is being served")
        expect(page.get_by_role("alert")).to_contain_text("make demo")
        expect(page.get_by_role("combobox", name="Search")).to_be_disabled()
        bundle = write_shelf_bundle(home.bundles)
        set_champion(home, bundle.bundle_id, "at last")
        settled(page, "What most listeners play")
        expect(page.get_by_role("combobox", name="Search")).to_be_enabled()
        expect(page.get_by_role("alert")).to_have_count(0)
