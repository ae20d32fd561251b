"""A playlist is gathered, ordered and taken along; Spotify's player is a click away and not nearer."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.page_parts import barriers, pick, settled

pytestmark = pytest.mark.browser

PLAYER = "https://open.spotify.com/embed/track/"


@pytest.fixture
def page(visit):
    page = visit.go()
    pick(page, "silver morning")
    settled(page)
    return page


def queue(page):
    return page.locator(".queue strong")


def gather(page, *tracks):
    for track in tracks:
        page.get_by_role("button", name=f"Add {track} ").click()


def test_tracks_are_gathered_with_their_length_and_taken_out_again(page):
    gather(page, "Glass Morning", "Glass Garden")
    expect(queue(page)).to_have_text(["Glass Morning", "Glass Garden"])
    expect(page.locator("#playlist")).to_contain_text("2 tracks · 6 min")
    button = page.get_by_role("button", name="Add Glass Morning ")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(queue(page)).to_have_text(["Glass Garden"])
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(queue(page)).to_have_text(["Glass Morning", "Glass Garden"])


def test_the_order_is_changed_by_keyboard_and_by_dragging(page):
    gather(page, "Glass Morning", "Glass Garden", "Silver Garden")
    page.get_by_role("button", name="Move down Glass Morning").press("Enter")
    expect(queue(page)).to_have_text(["Glass Garden", "Glass Morning", "Silver Garden"])
    assert "Glass Morning" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    expect(page.locator("#announcer")).to_have_text("Glass Morning is number 2 of 3.")
    page.locator(".queue li").nth(2).drag_to(page.locator(".queue li").nth(0))
    expect(queue(page)).to_have_text(["Silver Garden", "Glass Garden", "Glass Morning"])


def test_it_is_emptied_with_a_way_back_and_survives_a_reload(page):
    page.get_by_role("button", name="Add the first 10").click()
    expect(queue(page)).to_have_count(10)
    page.get_by_label("Name").fill("Sunday")
    page.get_by_label("Name").press("Enter")
    page.reload()
    expect(queue(page)).to_have_count(10)
    expect(page.get_by_label("Name")).to_have_value("Sunday")
    page.get_by_role("button", name="Clear it").click()
    expect(queue(page)).to_have_count(0)
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(queue(page)).to_have_count(10)


def test_spotifys_player_is_loaded_by_a_click_only(open_visit, service):
    visit = open_visit(service.url)
    page = visit.go()
    page.wait_for_load_state("networkidle")
    assert visit.elsewhere == []
    page.get_by_role("button", name="Play Glass Morning").click()
    frame = page.locator("#player iframe")
    expect(frame).to_have_attribute("src", f"{PLAYER}{0:022d}")
    expect(frame).to_have_attribute("title", re.compile("^Spotify.s player: Glass Morning by Harbour Lights$"))
    link = page.locator("#player").get_by_role("link", name="Open in Spotify")
    expect(link).to_have_attribute("href", f"https://open.spotify.com/track/{0:022d}")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    page.wait_for_timeout(100)
    assert set(visit.elsewhere) == {f"{PLAYER}{0:022d}"}
    visit.elsewhere.clear()  # the one request that was asked for
    page.get_by_role("button", name="Close the player").click()
    expect(page.locator("iframe")).to_have_count(0)
    assert page.context.cookies() == []


def test_a_track_spotify_does_not_know_has_no_player_and_no_link(page):
    row = page.locator(".row", has=page.get_by_role("heading", name="Glass Bridge"))
    expect(row.locator(".play")).to_have_count(0)
    row.get_by_role("button", name="More about Glass Bridge").click()
    expect(row.get_by_role("link")).to_have_count(0)


@pytest.mark.parametrize(("name", "ending"), [("JSPF", ".jspf"), ("CSV", ".csv")])
def test_it_is_taken_along_as_a_file(page, name, ending):
    gather(page, "Glass Morning", "Glass Garden")
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    assert download.value.suggested_filename == f"My-crossfade{ending}"
    content = download.value.path().read_text(encoding="utf-8")
    assert content.index("Glass Morning") < content.index("Glass Garden")
    assert f"spotify:track:{0:022d}" in content


def test_it_is_saved_to_spotify_after_a_log_in_a_look_and_a_yes(page, spotify):
    gather(page, "Glass Morning", "Glass Bridge")
    page.get_by_label("Name").fill("From the page")
    page.get_by_label("Name").press("Enter")
    page.get_by_role("button", name="Save to Spotify…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Connect your Spotify first")
    dialog.get_by_role("button", name="Log in at Spotify").click()
    expect(dialog).to_contain_text("Save “From the page”?")
    assert "spotify=" not in page.url
    assert barriers(page) == []
    expect(dialog.get_by_role("listitem")).to_have_text(["Glass Morning by Harbour Lights"])
    expect(dialog).to_contain_text("Glass Bridge will not be saved: no Spotify id is known.")
    assert not [each for each in spotify.world.playlists.values() if each.name == "From the page"]
    dialog.get_by_role("button", name="Save it").click()
    expect(dialog).to_contain_text("It is in your Spotify")
    (saved,) = [each for each in spotify.world.playlists.values() if each.name == "From the page"]
    assert [entry.uri for entry in saved.entries] == [f"spotify:track:{0:022d}"]
    assert not saved.public
    link = dialog.get_by_role("link", name="Open “From the page” in Spotify")
    expect(link).to_have_attribute("href", re.compile("^https://open.spotify.com/playlist/"))
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_where_spotify_is_not_set_up_the_files_are_offered_instead(open_visit, service):
    page = open_visit(service.url, expected_complaints=True).go()
    page.get_by_role("button", name="Add the first 10").click()
    what = {"what": "saving to Spotify is not set up here", "remedy": "Download the playlist instead"}
    refused = {"error": what, "request_id": "a"}
    page.route("**/v1/playlist/spotify", lambda route: route.fulfill(status=409, json=refused))
    page.get_by_role("button", name="Save to Spotify").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Saving to Spotify is not set up here.Download the playlist instead.")
    assert barriers(page) == []
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "My-crossfade.csv"
    expect(dialog).to_be_hidden()
