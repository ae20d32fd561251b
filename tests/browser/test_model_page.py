"""About the model: what it is, how well it does in words a listener understands, and how it was chosen."""

import pytest
from playwright.sync_api import expect

from pipelines.release.champion import set_champion
from pipelines.release.moves import start_shadow
from pipelines.release.states import read_releases
from tests.support.page_parts import barriers, settled
from tests.support.record_shelf import write_shelf_bundle

pytestmark = pytest.mark.browser


def test_the_model_is_told_with_its_figures_and_the_reason_it_was_chosen_for(visit):
    page = visit.go()
    page.get_by_role("link", name="The model", exact=True).first.click()
    view = page.locator("#view-model")
    expect(view.get_by_role("heading", level=1)).to_have_text("SLIM-ridge")
    expect(view).to_contain_text("It learned from 30 listeners and 36 tracks (shelf), and from what listeners told")
    expect(view).to_contain_text("told this service until January 2, 2026")
    expect(view).to_contain_text("it beats everything on this shelf")
    expect(view).to_contain_text("Measured on listeners it had never seen")
    expect(view.locator(".measure", has_text="nDCG@10")).to_contain_text("0.2500.200 to 0.300")
    expect(view.locator(".measure", has_text="Hit rate@10")).to_contain_text("About 80 of 100 listeners")
    view.get_by_text("Every figure").click()
    expect(view.get_by_role("row", name="ndcg@10")).to_contain_text("0.250 (0.200 to 0.300)")
    view.get_by_text("Where it comes from").click()
    expect(view.get_by_role("row", name="snapshot id")).to_contain_text("shelf")


@pytest.fixture
def broken(home):
    """The ids of two damaged bundles, to be put on trial and to be champion; afterwards all is as it was."""
    champion = read_releases(home).champion
    bundles = [write_shelf_bundle(home.bundles, neighbours) for neighbours in (3, 4)]
    for bundle in bundles:
        (bundle.path / "data.npy").write_bytes(b"scribble")
    yield [bundle.bundle_id for bundle in bundles]
    set_champion(home, champion.bundle_id, champion.reason)


def test_models_that_cannot_be_loaded_are_refused_in_sight_and_the_one_before_serves(visit, broken, home):
    page = visit.go()
    page.get_by_role("link", name="The model", exact=True).first.click()
    notice = page.locator("#view-model .notice")
    start_shadow(home, broken[0], "let us see")
    reload_until(page, lambda: notice.count() == 1)
    set_champion(home, broken[1], "it looked better")
    reload_until(page, lambda: notice.count() == 2)
    newer, trial = notice.all_inner_texts()
    assert "A newer model was refused" in newer
    assert f"{broken[1]} could not be loaded: the file 'data.npy' is missing or was changed." in newer
    assert "A model on trial was left out" in trial
    assert f"{broken[0]} could not be loaded" in trial
    expect(page.get_by_role("heading", level=1)).to_have_text("SLIM-ridge")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert barriers(page) == []
    page.get_by_role("link", name="Mix", exact=True).click()
    page.get_by_role("button", name="Folk").click()
    settled(page)
    expect(page.locator(".row h3")).to_have_count(20)


def reload_until(page, condition):
    """Look again until the service has noticed; it looks every two seconds."""
    for _ in range(40):
        page.reload()
        expect(page.locator("#view-model h1")).to_be_visible()
        if condition():
            return
        page.wait_for_timeout(250)
    pytest.fail("the service noticed nothing")
