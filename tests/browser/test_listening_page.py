"""Bringing a history, seeing what it says, starting from it, and having it deleted, with the receipt."""

import json
import os
import re
import signal
from hashlib import sha256

import pytest
from playwright.sync_api import expect

from tests.support.exports import zip_of
from tests.support.page_parts import barriers, settled, titles
from tests.support.served import PATIENCE as SERVICE_PATIENCE
from tests.support.uploads import held_reader

pytestmark = pytest.mark.browser


GLASS, SILVER, UNKNOWN = f"spotify:track:{0:022d}", f"spotify:track:{3:022d}", "spotify:track:" + "Z" * 22

#: Two tracks of the shelf over two years, one that it has not, and one entry that names nothing.
PLAYS = [
    *[(f"2023-03-0{day}T10:00:00Z", GLASS, "Glass Morning", "Harbour Lights", 200_000) for day in range(1, 6)],
    *[(f"2024-03-0{day}T10:00:00Z", SILVER, "Silver Morning", "Slow Meridian", 200_000) for day in range(1, 4)],
    ("2024-04-01T10:00:00Z", UNKNOWN, "Nobody Knows It", "Nobody", 200_000),
    ("2024-04-02T10:00:00Z", None, None, None, 200_000),
]


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return zip_of(tmp_path_factory.mktemp("export") / "my_spotify_data.zip", PLAYS)


def open_listening(visit):
    page = visit.go()
    page.get_by_role("link", name="Your listening").click()
    expect(page.get_by_role("heading", name="Bring your history")).to_be_visible()
    return page


@pytest.fixture
def page(visit):
    return open_listening(visit)


def bring(page, export):
    page.get_by_role("switch", name="I agree to these words").check()
    page.get_by_label("Choose the file").set_input_files(export)
    expect(page.locator(".account")).to_be_visible()


def test_nothing_can_be_sent_before_the_words_are_agreed_to(page):
    words = page.get_by_role("region", name="What you agree to")
    expect(words.get_by_role("heading", name="What happens to it")).to_be_attached()
    assert words.get_by_role("listitem").count() > 3
    expect(page.get_by_label("Choose the file")).to_be_disabled()
    page.get_by_role("switch", name="I agree to these words").check()
    expect(page.get_by_label("Choose the file")).to_be_enabled()
    assert page.context.cookies() == []


def test_a_history_is_brought_seen_started_from_and_deleted(page, export):
    bring(page, export)
    rows = page.locator(".account tr")
    amounts = [int(text) for text in rows.locator("td").all_text_contents()]
    assert amounts[-1] == len(PLAYS) == sum(amounts[:-1])
    expect(page.locator(".account")).to_contain_text("the model knows 2 of them")

    profile = page.locator("#profile")
    expect(profile.locator("h2").first).to_be_focused()
    assert barriers(page) == []
    expect(profile.locator(".figure", has_text="plays")).to_contain_text("9")
    expect(profile.locator(".said")).to_have_text(
        "It sounds calm, still and acoustic. You go most for ambient (100\N{NARROW NO-BREAK SPACE}%) and the 1990s "
        "(100\N{NARROW NO-BREAK SPACE}%). You play Harbour Lights more than anyone else."
    )
    expect(profile.locator(".years details[open] .year-of")).to_have_text("2024 was the year of Slow Meridian.")
    expect(profile.locator(".radar .point")).to_have_count(3)
    expect(profile.get_by_role("row", name="Energy")).to_contain_text("0.10")
    expect(profile.get_by_role("row", name="Mood")).to_contain_text("not known")
    expect(profile.locator(".bars").first).to_contain_text("Harbour Lights5 plays")
    expect(profile.locator(".years details")).to_have_count(2)
    expect(profile.locator(".years details[open]")).to_contain_text("Silver Morning by Slow Meridian (3)")

    page.get_by_role("button", name="Recommend from my listening").click()
    settled(page, "From your listening")
    assert not {"Glass Morning", "Silver Morning"} & set(titles(page))
    expect(page.locator(".row").first.locator(".why")).to_contain_text(re.compile("Glass Morning|Silver Morning"))

    page.get_by_role("link", name="delete them").click()
    expect(page.locator("#forget")).to_be_focused()
    page.get_by_role("button", name="Delete my data…").click()
    expect(page.get_by_role("dialog")).to_contain_text("It cannot be undone.")
    assert barriers(page) == []
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Delete my data…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete my data").click()
    receipt = page.locator(".receipt")
    expect(receipt.get_by_role("row", name="Imports")).to_contain_text("1 removed")
    expect(profile).to_be_hidden()
    expect(page.locator(".account")).to_have_count(0)
    assert barriers(page) == []
    assert page.context.cookies() == []
    with page.expect_download() as download:
        receipt.get_by_role("button", name="Save the receipt as a file").click()
    kept = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert kept["sha256"] in receipt.inner_text()
    assert len(kept["sha256"]) == len(sha256().hexdigest())
    page.get_by_role("link", name="Mix", exact=True).click()
    settled(page, "What most listeners play")


def test_a_file_that_is_none_is_explained(open_visit, service, tmp_path):
    page = open_listening(open_visit(service.url, expected_complaints=True))
    (tmp_path / "holiday.zip").write_bytes(b"these are no plays")
    page.get_by_role("switch", name="I agree to these words").check()
    page.get_by_label("Choose the file").set_input_files(tmp_path / "holiday.zip")
    expect(page.get_by_role("alert")).to_contain_text("The import did not work")
    expect(page.get_by_label("Choose the file")).to_be_enabled()


def test_an_import_whose_service_is_killed_is_waited_for_and_told_and_can_be_made_again(open_visit, service, export):
    page = open_listening(open_visit(service.url, expected_complaints=True))
    page.get_by_role("switch", name="I agree to these words").check()
    with page.expect_response("**/v1/import?*"):
        page.get_by_label("Choose the file").set_input_files(export)
    with held_reader(service) as reader:
        expect(page.get_by_text("Reading it…")).to_be_visible()
        page.get_by_role("switch", name="I agree to these words").uncheck()
        page.get_by_role("switch", name="I agree to these words").check()
        expect(page.get_by_label("Choose the file")).to_be_disabled()  # one file at a time
        page.context.set_offline(True)
        expect(page.get_by_text("This page asks again until it does.")).to_be_visible()
        page.context.set_offline(False)
        page.reload()  # it is still waited for
        expect(page.get_by_role("progressbar", name="Import")).to_be_visible()
        os.kill(reader.ppid(), signal.SIGKILL)
        told = "nothing of it was kept. Pass the file again."
        expect(page.get_by_role("alert")).to_contain_text(told, timeout=1_000 * SERVICE_PATIENCE)
    expect(page.locator("#profile")).to_be_hidden()
    bring(page, export)
    amounts = [int(text) for text in page.locator(".account td").all_text_contents()]
    assert amounts[-1] == len(PLAYS) == sum(amounts[:-1])
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_file_can_be_dropped(page, export):
    page.get_by_role("switch", name="I agree to these words").check()
    content = list(export.read_bytes())
    data = page.evaluate_handle(
        """(content) => { const data = new DataTransfer();
             data.items.add(new File([new Uint8Array(content)], "my.zip", {type: "application/zip"}));
             return data; }""",
        content,
    )
    page.locator(".drop").dispatch_event("drop", {"dataTransfer": data})
    expect(page.locator(".account")).to_contain_text("new entries added")
