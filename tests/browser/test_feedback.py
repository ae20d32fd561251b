"""Like, skip, block, undo: the next list knows it, the service keeps it, and a stranger gets no cookie for looking."""

import sqlite3

import pytest
from playwright.sync_api import expect

from tests.support.page_parts import asked, changed, chips, pick, settled, titles

pytestmark = pytest.mark.browser


def test_a_like_counts_at_once_and_can_be_taken_back(visit):
    page = visit.go()
    before = titles(page)
    page.get_by_role("button", name="Like Glass Morning by Harbour Lights").click()
    expect(page.locator("#toast")).to_contain_text("You like Glass Morning.")
    settled(page, "From what you like")
    assert "Glass Morning" not in titles(page)
    expect(chips(page)).to_have_text(["Glass MorningHarbour Lights"])
    expect(page.locator(".row").first.locator(".why")).to_contain_text("Glass Morning")
    page.locator("#toast").get_by_role("button", name="Undo").click()
    settled(page, "What most listeners play")
    assert titles(page) == before
    expect(page.locator("#mix-part")).to_be_hidden()


def test_a_skipped_track_leaves_and_the_undo_above_the_list_brings_it_back(visit):
    page = visit.go()
    pick(page, "neon garden")
    settled(page)
    before = titles(page)
    page.get_by_role("button", name=f"Skip {before[1]}").click()
    assert before[1] not in changed(page, before)
    assert page.evaluate("document.activeElement.classList.contains('like')")  # the row in its place
    page.locator("#undo").click()
    page.wait_for_function("(title) => document.getElementById('list').textContent.includes(title)", arg=before[1])
    expect(page.locator("#undo")).to_be_hidden()


def test_a_blocked_artist_is_gone_and_can_be_shown_again(visit):
    page = visit.go()
    bodies = asked(page, "feedback")
    page.get_by_role("button", name="More about Glass Morning").click()
    page.get_by_role("button", name="Never Harbour Lights").click()
    expect(page.locator("#list")).not_to_contain_text("Harbour Lights")
    expect(page.locator("#toast")).to_contain_text("Harbour Lights will not be shown again.")
    page.locator("#filters summary").click()
    page.get_by_role("button", name="Show Harbour Lights again").click()
    expect(page.locator("#list")).to_contain_text("Harbour Lights")
    assert [body["kind"] for body in bodies] == ["block_artist", "undo"]
    assert bodies[1]["undoes"] == bodies[0]["event_id"]
    assert bodies[0]["list_id"]


def test_a_blocked_track_stays_away_after_a_reload_in_another_tab(visit):
    page = visit.go()
    page.get_by_role("button", name="More about Glass Garden").click()
    page.get_by_role("button", name="Never this track").click()
    expect(page.locator("#list")).not_to_contain_text("Glass Garden")
    other = page.context.new_page()
    other.goto(visit.url)
    settled(other, "What most listeners play")
    expect(other.locator("#list .row h3").first).to_be_visible()
    assert "Glass Garden" not in titles(other)


def test_what_was_said_at_an_earlier_visit_is_listed_and_can_be_undone(visit):
    page = visit.go()
    page.get_by_role("button", name="Like Glass Morning").click()
    settled(page, "From what you like")
    page.get_by_role("button", name="More about Glass Garden").click()
    page.get_by_role("button", name="Never this track").click()
    expect(page.locator("#list")).not_to_contain_text("Glass Garden")
    other = page.context.new_page()
    other.goto(visit.url)
    settled(other, "From what you like")
    other.locator("#told summary").click()
    said = other.locator("#told-list li span")
    expect(said).to_have_text(["Never Glass Garden by Harbour Lights", "You like Glass Morning by Harbour Lights"])
    other.get_by_role("button", name="Undo: Never Glass Garden").click()
    expect(said).to_have_text(["You like Glass Morning by Harbour Lights"])
    other.get_by_role("button", name="Undo: You like Glass Morning").click()
    settled(other, "What most listeners play")
    expect(other.locator("#told")).to_be_hidden()
    expect(other.locator("#list")).to_contain_text("Glass Garden")


def test_likes_of_another_tab_are_known_by_their_number(visit):
    page = visit.go()
    page.get_by_role("button", name="Like Glass Morning").click()
    settled(page, "From what you like")
    other = page.context.new_page()
    other.goto(visit.url)
    settled(other, "From what you like")
    expect(other.locator("#earlier")).to_have_text("and 1 like from earlier")


def test_the_cookie_comes_with_the_first_word_and_no_script_can_read_it(visit):
    page = visit.go()
    assert page.context.cookies() == []
    page.get_by_role("button", name="Like Glass Morning").click()
    settled(page, "From what you like")
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("crossfade_session", True, "Lax")
    assert "crossfade_session" not in page.evaluate("document.cookie")


def test_what_was_said_while_the_service_was_gone_is_sent_once_when_it_is_back(open_visit, service):
    page = open_visit(service.url, expected_complaints=True).go()
    page.context.set_offline(True)
    page.get_by_role("button", name="Like Glass Morning").click()
    expect(page.locator("#banner")).to_contain_text("This tab keeps it and will send it again")
    page.context.set_offline(False)
    sent = asked(page, "feedback")
    settled(page, "From what you like")
    expect(page.locator("#banner")).to_be_hidden()
    assert [body["kind"] for body in sent] == ["like"]


def test_what_could_not_be_sent_is_sent_after_a_reload_as_well(open_visit, service):
    page = open_visit(service.url, expected_complaints=True).go()
    page.route("**/v1/feedback", lambda route: route.abort())
    sent = asked(page, "feedback")
    page.get_by_role("button", name="Like Glass Morning").click()
    expect(page.locator("#banner")).to_contain_text("This tab keeps it")
    page.unroute("**/v1/feedback")
    page.reload()
    settled(page, "From what you like")
    expect(page.locator("#banner")).to_be_hidden()
    assert len({body["event_id"] for body in sent}) == 1


def test_where_the_session_has_ended_another_begins_and_nothing_that_is_said_is_lost(open_visit, service):
    page = open_visit(service.url, expected_complaints=True).go()
    page.get_by_role("button", name="Like Glass Morning").click()
    settled(page, "From what you like")
    before = titles(page)
    page.context.clear_cookies()
    with page.expect_response(lambda answer: answer.url.endswith("/v1/feedback") and answer.ok):
        page.get_by_role("button", name="Like Glass Garden").click()
    assert "Glass Garden" not in changed(page, before)


def test_what_is_deleted_in_one_tab_is_gone_in_the_other(visit):
    page = visit.go()
    page.get_by_role("button", name="Like Glass Morning").click()
    settled(page, "From what you like")
    other = page.context.new_page()
    other.goto(f"{visit.url}/#forget")
    other.get_by_role("button", name="Delete my data…").click()
    other.get_by_role("dialog").get_by_role("button", name="Delete my data").click()
    expect(other.locator(".receipt")).to_be_visible()
    settled(page, "What most listeners play")
    expect(chips(page)).to_have_count(0)


def test_a_store_that_is_away_is_told_and_nothing_is_lost(open_visit, service, home):
    """The store is away: another process holds it, for longer than the service waits."""
    page = open_visit(service.url, expected_complaints=True).go()
    page.get_by_role("button", name="Like Glass Morning").click()
    settled(page, "From what you like")
    with sqlite3.connect(home.root / "events.sqlite3") as holder:
        holder.execute("BEGIN EXCLUSIVE")
        page.get_by_role("button", name="Like Glass Garden").click()
        expect(page.locator("#banner")).to_contain_text("reach its store", timeout=20_000)
        holder.rollback()
