"""The page of a service that has no model yet."""

import pytest
from playwright.sync_api import expect

from pipelines.home import Home
from pipelines.release.champion import set_champion
from tests.support.served import serve
from tests.support.tiny_world import write_tiny_bundle

pytestmark = pytest.mark.browser


def test_the_page_says_what_to_do_and_fills_itself_when_there_is_a_model(open_visit, tmp_path):
    home = Home(tmp_path / "home")
    with serve(tmp_path, {"CROSSFADE_HOME": str(home.root)}) as service:
        visit = open_visit(service.url, expected_complaints=True)
        page = visit.page
        page.goto(service.url)
        expect(page.get_by_role("alert")).to_contain_text("No model is being served")
        expect(page.get_by_role("alert")).to_contain_text("make demo")
        expect(page.get_by_role("combobox")).to_be_disabled()
        bundle = write_tiny_bundle(home.bundles)
        set_champion(home, bundle.bundle_id, "at last")
        expect(page.get_by_role("heading", name="What most listeners play")).to_be_visible(timeout=15_000)
        expect(page.get_by_role("combobox")).to_be_enabled()
        expect(page.get_by_role("alert")).to_have_count(0)
