"""The keyboard alone suffices, and one can see where one is."""

import pytest
from playwright.sync_api import expect

from tests.support.page_parts import changed, chips, settled, titles

pytestmark = pytest.mark.browser


def tab_to(page, name):
    """Press Tab until the thing of this name has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        label = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
        if name in (page.evaluate(label) or ""):
            return
    pytest.fail(f"Tab does not lead to '{name}'")


def test_search_follows_the_combobox_pattern(visit):
    page = visit.go()
    press, options = page.keyboard.press, page.locator("#found [role=option]")
    box = page.get_by_role("combobox", name="Search")
    box.focus()
    page.keyboard.type("garden")
    expect(options).to_have_count(8)
    expect(box).to_have_attribute("aria-expanded", "true")
    press("ArrowDown")
    press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "found-1")
    press("ArrowUp")
    press("ArrowUp")
    expect(options.nth(7)).to_have_attribute("aria-selected", "true")  # from the first it goes round to the last
    press("Enter")
    expect(chips(page)).to_have_count(1)
    page.keyboard.type("neon")
    expect(options).to_have_count(3)
    press("Escape")
    expect(options).to_have_count(0)
    expect(box).to_have_value("")


def test_from_nothing_to_a_playlist_without_a_mouse(visit):
    page = visit.go()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the list")).to_be_focused()
    tab_to(page, "ambient")
    page.keyboard.press("Enter")
    settled(page)
    before = titles(page)
    tab_to(page, f"Like {before[0]}")
    page.keyboard.press("Enter")
    expect(page.locator("#chips .liked")).to_have_count(1)
    second = changed(page, before)[0]
    tab_to(page, f"Add {second}")
    page.keyboard.press("Space")
    expect(page.locator(".queue strong")).to_have_text([second])
    tab_to(page, f"Take out {second}")
    page.keyboard.press("Enter")
    expect(page.locator(".queue strong")).to_have_count(0)
    expect(page.locator("#playlist-title")).to_be_focused()
    tab_to(page, "Undo")
    page.keyboard.press("Enter")
    expect(page.locator(".queue strong")).to_have_text([second])


def test_a_pick_that_goes_hands_the_focus_on(visit):
    page = visit.go()
    page.get_by_role("button", name="Ambient").click()
    expect(chips(page)).to_have_count(4)
    names = chips(page).all_text_contents()
    page.locator("#chips [data-does=remove]").nth(0).press("Enter")
    expect(chips(page)).to_have_text(names[1:])
    expect(page.locator("#chips [data-does=remove]").nth(0)).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Enter")
    expect(page.locator("#mix-part")).to_be_hidden()
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()


def test_what_goes_from_a_list_of_things_said_hands_the_focus_to_what_takes_its_place(visit):
    page = visit.go()
    for title in ("Glass Morning", "Glass Garden", "Glass Bridge"):
        page.get_by_role("button", name=f"More about {title} by").click()
        page.locator(".row", has_text=title).get_by_role("button", name="Never this track").click()
        expect(page.locator("#list")).not_to_contain_text(title)
    page.locator("#told summary").click()
    page.get_by_role("button", name="Undo: Never Glass Garden").press("Enter")
    expect(page.get_by_role("button", name="Undo: Never Glass Morning")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo: Never Glass Bridge")).to_be_focused()
    page.locator("#filters summary").click()
    page.get_by_role("button", name="Show Glass Bridge again").press("Enter")
    expect(page.locator("#filters summary")).to_be_focused()


def test_a_button_that_has_done_its_work_hands_the_focus_on(visit):
    page = visit.go()
    page.locator("#dials, #filters").evaluate_all("folds => folds.forEach((fold) => { fold.open = true })")
    page.get_by_role("slider", name="Adventure").press("End")
    page.get_by_role("button", name="Reset the dials").press("Enter")
    expect(page.locator("#dials summary")).to_be_focused()
    page.get_by_role("switch", name="Leave out explicit tracks").press("Space")
    page.get_by_role("button", name="Reset the filters").press("Enter")
    expect(page.locator("#filters summary")).to_be_focused()
    add = page.get_by_role("button", name="Add Glass Morning")
    add.press("Enter")
    page.locator("#toast").get_by_role("button", name="Undo").press("Enter")
    expect(add).to_be_focused()
    page.get_by_role("button", name="Add the first 10").press("Enter")
    expect(page.locator("#playlist-title")).to_be_focused()


def test_a_player_that_is_closed_leads_back_to_the_track(open_visit, service):
    visit = open_visit(service.url)
    page = visit.go()
    page.get_by_role("button", name="Play Glass Morning").press("Enter")
    page.get_by_role("button", name="Close the player").press("Enter")
    expect(page.get_by_role("button", name="Play Glass Morning")).to_be_focused()
    visit.elsewhere.clear()  # the one request that was asked for


def test_a_search_takes_the_first_match_of_what_was_typed_however_fast(visit):
    page = visit.go()
    box = page.get_by_role("combobox", name="Search")
    box.fill("barley")
    expect(page.locator("#found [role=option]").first).to_contain_text("Barley")
    box.fill("velvet bridge")
    page.keyboard.press("Enter")
    expect(chips(page)).to_have_text(["Velvet BridgeJuno Park"])
    box.fill("neon")
    page.keyboard.press("Tab")  # before the answer is there
    page.wait_for_timeout(400)
    expect(page.locator("#found")).to_be_hidden()


def test_in_the_list_keys_walk_like_skip_add_and_undo(visit):
    page = visit.go()
    page.get_by_role("button", name="Ambient").click()
    settled(page)
    press, before = page.keyboard.press, titles(page)
    page.locator(".row .like").first.focus()
    press("ArrowDown")
    expect(page.get_by_role("button", name=f"Like {before[1]} by")).to_be_focused()
    press("a")
    expect(page.locator(".queue strong")).to_have_text([before[1]])
    press("ArrowUp")
    press("ArrowUp")  # there is nothing above the first
    press("l")
    expect(page.locator("#chips .liked")).to_have_count(1)
    changed(page, before)
    press("z")
    expect(page.locator("#chips .liked")).to_have_count(0)
    page.get_by_role("combobox", name="Search").press_sequentially("la")  # elsewhere they are letters
    expect(page.locator("#chips .liked")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Search")).to_have_value("la")


def test_pages_take_the_focus_to_their_head_and_the_name_of_the_tab_follows(visit):
    page = visit.go()
    page.get_by_role("link", name="The model", exact=True).first.press("Enter")
    expect(page.locator("#view-model h1")).to_be_focused()
    expect(page).to_have_title("The model · Crossfade")
    expect(page.locator("nav [aria-current=page]")).to_have_text("The model")
    page.go_back()
    expect(page.locator("#view-mix")).to_be_visible()
    expect(page).to_have_title("Crossfade")


def test_the_focus_can_be_seen(visit):
    page = visit.go()
    for _ in range(25):
        page.keyboard.press("Tab")
        style = "getComputedStyle(document.activeElement)"
        assert page.evaluate(f"{style}.outlineStyle") == "solid"
        assert page.evaluate(f"parseFloat({style}.outlineWidth)") >= 2


def test_a_key_of_the_list_that_is_held_counts_once(visit):
    page = visit.go()
    page.locator(".row .take").first.focus()
    for _ in range(2):  # the second is how a browser tells that it is still down
        page.keyboard.down("a")
    page.keyboard.up("a")
    expect(page.locator(".queue li")).to_have_count(1)
