"""About the model: what it is, how well it does in words a listener understands, and how it was chosen."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_the_model_is_told_with_its_figures_and_the_reason_it_was_chosen_for(visit):
    page = visit.go()
    page.get_by_role("link", name="The model", exact=True).first.click()
    view = page.locator("#view-model")
    expect(view.get_by_role("heading", level=1)).to_have_text("SLIM-ridge")
    expect(view).to_contain_text("It learned from 30 listeners and 36 tracks from shelf, trained on January 2, 2026")
    expect(view).to_contain_text("it beats everything on this shelf")
    expect(view).to_contain_text("Measured on listeners it had never seen")
    expect(view.locator(".measure", has_text="nDCG@10")).to_contain_text("0.2500.200 to 0.300")
    expect(view.locator(".measure", has_text="Hit rate@10")).to_contain_text("About 80 of 100 listeners")
    view.get_by_text("Every figure").click()
    expect(view.get_by_role("row", name="ndcg@10")).to_contain_text("0.250 (0.200 to 0.300)")
    view.get_by_text("Where it comes from").click()
    expect(view.get_by_role("row", name="snapshot id")).to_contain_text("shelf")
