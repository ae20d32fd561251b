"""Dials change the list as they move; filters hold whatever the model thinks."""

import pytest
from playwright.sync_api import expect

from tests.support.page_parts import asked, becomes, changed, pick, settled, titles

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit):
    page = visit.go()
    pick(page, "silver morning")
    settled(page)
    return page


def test_a_dial_changes_the_list_while_it_moves(page):
    before = titles(page)
    bodies = asked(page)
    fader = page.get_by_role("slider", name="Adventure")
    # As a hand moves it, and in one go: how long a key press takes here says nothing about the page.
    fader.evaluate(
        """fader => { for (let step = 1; step <= 10; step += 1) {
             fader.value = step / 10; fader.dispatchEvent(new Event("input", {bubbles: true})); } }"""
    )
    assert changed(page, before) != before
    expect(fader).to_have_attribute("aria-valuetext", "much more adventurous")
    expect(page.locator("#dials-line")).to_have_text("1 dial turned")
    assert [body["dials"] for body in bodies] == [{"adventure": 1}]  # a list a stop, not a list a step
    expect(page.locator(".move").first).to_be_attached()


def test_obscure_is_the_end_where_popular_tracks_sink(page):
    bodies = asked(page)
    before = titles(page)
    page.get_by_role("slider", name="Popularity").press("End")
    changed(page, before)
    assert bodies[-1]["dials"] == {"popularity": -1}
    expect(page.get_by_role("slider", name="Popularity")).to_have_attribute("aria-valuetext", "much more obscure")


def test_a_sound_is_aimed_at_only_if_a_person_cares(page):
    before = titles(page)
    expect(page.get_by_role("slider", name="Energy")).to_be_hidden()
    page.get_by_role("switch", name="Energy").check()
    page.get_by_role("slider", name="Energy").press("End")
    after = changed(page, before)
    assert after != before
    bodies = asked(page)
    page.get_by_role("switch", name="Energy").uncheck()
    becomes(page, before)
    assert "dials" not in bodies[-1]


def test_a_preset_aims_at_several_sounds_and_a_reset_lets_go(page):
    before = titles(page)
    page.get_by_role("button", name="Dance").click()
    assert changed(page, before)
    expect(page.get_by_role("button", name="Dance")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("slider", name="Tempo")).to_have_attribute("aria-valuetext", "124 bpm")
    page.get_by_role("button", name="Reset the dials").click()
    becomes(page, before)


def test_filters_hold(page):
    page.locator("#filters summary").click()
    page.get_by_label("Only this genre").fill("ambient")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("button", name="Any genre but ambient too")).to_be_visible()
    expect(page.locator("#list .row")).to_have_count(11)  # twelve, and one of them is picked
    page.get_by_label("From year").fill("1992")
    page.get_by_label("From year").press("Enter")
    expect(page.locator("#list .row")).to_have_count(6)
    page.get_by_label("Tracks of one artist").select_option("1")
    expect(page.locator("#list .row")).to_have_count(2)
    expect(page.locator("#filters-line")).to_have_text("3 filters")
    page.get_by_role("button", name="Reset the filters").click()
    expect(page.locator("#list .row")).to_have_count(20)


def test_explicit_tracks_can_be_left_out(page):
    page.get_by_role("button", name="House").click()
    settled(page)
    page.locator("#filters summary").click()
    page.get_by_role("switch", name="Leave out explicit tracks").check()
    expect(page.locator(".explicit")).to_have_count(0)
    page.get_by_role("switch", name="Leave out explicit tracks").uncheck()
    expect(page.locator(".explicit").first).to_be_visible()


def test_filters_that_leave_nothing_can_be_taken_off(page):
    page.locator("#filters summary").click()
    page.get_by_label("From year").fill("1905")
    page.get_by_label("To year").fill("1906")
    page.get_by_label("To year").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("No track fits all the filters at once.")
    expect(page.get_by_role("button", name="Add the first 10")).to_be_disabled()
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.get_by_role("button", name="Add the first 10")).to_be_enabled()
    expect(page.locator("#list .row")).to_have_count(20)
