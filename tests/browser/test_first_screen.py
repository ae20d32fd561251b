"""What a stranger sees first: useful at once, from nobody else, and small."""

import pytest
from playwright.sync_api import expect

from tests.support.page_parts import chips, pick, settled, titles

pytestmark = pytest.mark.browser


def test_the_first_screen_is_useful_without_an_account_and_asks_nobody_else(visit):
    page = visit.go()
    expect(page.get_by_role("heading", name="What most listeners play")).to_be_visible()
    assert len(titles(page)) == 20
    expect(page.locator(".taste")).to_have_text(["folk", "ambient", "house"])
    page.wait_for_load_state("networkidle")
    assert all(address.startswith(visit.url) for address in visit.received)
    assert page.context.cookies() == []


def test_it_works_over_plain_http_from_another_machine_where_browsers_lend_less(visit):
    visit.page.add_init_script("delete Crypto.prototype.randomUUID")
    page = visit.go()
    assert page.evaluate("crypto.randomUUID") is None, "else the test shows nothing"
    page.locator(".row .like").first.click()
    expect(page.locator("#chips .chip")).to_have_count(1)


def test_a_taste_gives_a_list_with_reasons_at_once(visit):
    page = visit.go()
    page.get_by_role("button", name="Ambient").click()
    settled(page)
    expect(chips(page)).to_have_count(4)
    reason = page.locator(".row").first.locator(".why")
    expect(reason).to_contain_text("because of")
    assert reason.locator(".blend").evaluate("bar => bar.getBoundingClientRect().width") > 50


def test_the_first_load_is_under_150_kilobytes(visit):
    visit.go()
    visit.page.wait_for_load_state("networkidle")
    assert len(visit.received) >= 30
    assert sum(visit.received.values()) < 150_000


def test_a_second_load_takes_the_files_from_the_browsers_own_store(browser, service):
    context = browser.new_context()  # not a visit: Playwright's routes switch the store off
    page = context.new_page()
    for _ in range(2):
        page.goto(service.url)
        page.locator("#list .row h3").first.wait_for()
        page.wait_for_load_state("networkidle")
    sizes = """performance.getEntriesByType("resource").filter((one) => one.name.includes("/web/"))
                          .map((one) => one.transferSize)"""
    assert set(page.evaluate(sizes)) == {0}
    context.close()


def test_a_script_in_a_title_is_shown_and_not_run(visit):
    page = visit.go()
    pick(page, "img src")
    expect(chips(page)).to_contain_text(["<img src"])
    settled(page)
    expect(page.locator(".row").first.locator(".why")).to_contain_text("<img src")
    assert page.evaluate("window.hacked") is None
    assert page.locator('img[src="x"]').count() == 0
