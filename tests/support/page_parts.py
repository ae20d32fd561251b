"""Parts of the web page as tests name them."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Locator, Page, Request, expect

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def titles(page: Page) -> list[str]:
    """Return the titles in the list, best first."""
    heads = page.locator("#list .row h3")
    return list(heads.evaluate_all("heads => heads.map((head) => head.firstChild.textContent)"))


def chips(page: Page) -> Locator:
    """Return the picks of the mix."""
    return page.locator("#chips .chip-text")


def pick(page: Page, text: str) -> None:
    """Search and take the first match."""
    page.get_by_role("combobox", name="Search").fill(text)
    page.locator("#found [role=option]").first.click()


def settled(page: Page, title: str = "What follows from your mix") -> None:
    """Wait for the list under this title that belongs to everything said so far."""
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.locator("#list")).not_to_have_attribute("aria-busy", "true")


def changed(page: Page, before: list[str]) -> list[str]:
    """Wait until the list is another one, and return it."""
    page.wait_for_function(
        """(before) => JSON.stringify([...document.querySelectorAll("#list .row h3")]
             .map((row) => row.firstChild.textContent)) !== JSON.stringify(before)""",
        arg=before,
    )
    settled(page, page.locator("#list-title").inner_text())
    return titles(page)


def becomes(page: Page, wanted: list[str]) -> None:
    """Wait until the list is this one."""
    page.wait_for_function(
        """(wanted) => JSON.stringify([...document.querySelectorAll("#list .row h3")]
             .map((row) => row.firstChild.textContent)) === JSON.stringify(wanted)""",
        arg=wanted,
    )


def asked(page: Page, call: str = "recommendations") -> list[dict[str, Any]]:
    """Return a list that fills with the bodies of this call from now on."""
    bodies: list[dict[str, Any]] = []

    def note(sent: Request) -> None:
        if sent.url.endswith(f"/v1/{call}"):
            bodies.append(sent.post_data_json)

    page.on("request", note)
    return bodies


def barriers(page: Page) -> list[tuple[str, list[str]]]:
    """Run axe in the page as it stands, and return what it finds: rule, and the elements that break it."""
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)))")
    # The bar at the bottom lies over what the page is scrolled to, and half a button would be no target.
    page.evaluate("document.querySelectorAll('.dock').forEach((bar) => { bar.style.position = 'static' })")
    page.evaluate(AXE)
    found = page.evaluate("(rules) => axe.run(document, rules)", RULES)
    page.evaluate("document.querySelectorAll('.dock').forEach((bar) => { bar.style.position = '' })")
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]]
