"""Take pictures of every state of the page, at 360 and 1440 px, light and dark, to look at.

python -m tests.browser.screenshots HOME FOLDER     from a service over the model of a home folder

The few that the documentation shows are taken by ``make pictures``, with the scenes that stand here.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.exports import zip_of
from tests.support.page_parts import settled
from tests.support.served import serve

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FAILURE = {"error": {"what": "too many calls", "remedy": "Wait a little"}, "request_id": "r-1"}
STATES: dict[str, tuple[int, dict[str, str]]] = {
    "failed": (500, {}),
    "limited": (429, {"Retry-After": "20"}),
    "no-model": (503, {}),
}
#: Animations that come to an end by themselves.
ENDING = "document.getAnimations().filter((one) => one.effect.getTiming().iterations === 1)"

Scene = Callable[[Page], None]


def taste(page: Page) -> None:
    page.locator(".taste").nth(1).click()
    settled(page)


def shaped(page: Page) -> None:
    taste(page)
    page.locator("#dials").evaluate("fold => { fold.open = true }")
    page.get_by_role("slider", name="Adventure").press("End")
    page.locator(".row .like").nth(2).click()
    expect(page.locator("#chips .liked")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    settled(page)
    for place in range(4):
        page.locator(".row").nth(place).get_by_role("button", name="Add").click()
    page.evaluate("scrollTo(0, 0)")


def model(page: Page) -> None:
    page.locator("nav").get_by_role("link", name="The model").click()
    page.locator(".measure").first.wait_for()


def listening(page: Page, export: Path) -> None:
    page.locator("nav").get_by_role("link", name="Your listening").click()
    page.get_by_role("switch", name="I agree to these words").check()
    page.get_by_label("Choose the file").set_input_files(export)
    page.locator(".account").wait_for()
    page.locator(".bars").first.wait_for()
    page.mouse.click(5, 5)


def forgotten(page: Page, export: Path) -> None:
    listening(page, export)
    page.get_by_role("button", name="Delete my data…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete my data").click()
    page.locator(".receipt").scroll_into_view_if_needed()


def saving(page: Page) -> None:
    shaped(page)
    page.get_by_role("button", name="Save to Spotify…").click()
    page.wait_for_timeout(300)


def offline(page: Page) -> None:
    page.context.set_offline(True)
    page.locator(".taste").first.click()
    page.get_by_role("alert").wait_for()


def failing(kind: str) -> Scene:
    status, headers = STATES[kind]

    def scene(page: Page) -> None:
        page.route("**/v1/recommendations", lambda route: route.fulfill(status=status, headers=headers, json=FAILURE))
        page.reload()
        page.get_by_role("alert").wait_for()

    return scene


def waiting(page: Page) -> None:
    page.route("**/v1/recommendations", lambda _: None)  # it never comes
    page.reload()
    page.locator(".row.empty").first.wait_for()


def export_of(url: str, folder: Path) -> Path:
    """Write an export of somebody who played the tracks of the demo tastes over four years."""
    tastes = httpx.post(f"{url}/v1/tastes", json={}).json()["tastes"]
    plays = []
    for number, track in enumerate(track for one in tastes for track in one["tracks"]):
        for time in range(1 + (7 * number) % 13):
            at = f"{2023 + (number + time) % 4}-{1 + time % 12:02d}-{1 + number % 28:02d}T10:00:00Z"
            plays.append((at, f"spotify:track:{number:022d}", track["title"], track["artists"][0], 200_000))
    return zip_of(folder / "my_spotify_data.zip", plays)


@dataclass(frozen=True)
class Camera:
    """Where pictures are taken, and where they go."""

    browser: Browser
    url: str
    folder: Path

    def take(
        self, name: str, scene: Scene, width: int, scheme: Literal["light", "dark"], *, full: bool = False
    ) -> None:
        """Play one scene and take its picture."""
        context = self.browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.goto(self.url)
        page.locator("#list .row h3").first.wait_for()
        page.locator(".taste").first.wait_for()
        scene(page)
        page.evaluate(f"Promise.all([document.fonts.ready, ...{ENDING}.map((one) => one.finished)])")
        page.screenshot(path=self.folder / f"{name}.png", full_page=full)
        context.close()


def everything(camera: Camera, scenes: Mapping[str, Scene]) -> None:
    """Take every state at both widths and in both themes."""
    for name, scene in scenes.items():
        for width in (360, 1440):
            for scheme in ("light", "dark"):
                full = name in {"listening", "model"}
                camera.take(f"{name}-{width}-{scheme}", scene, width, scheme, full=full)


def main() -> None:
    """Take the pictures that were asked for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("home", type=Path)
    asked.add_argument("folder", type=Path)
    given = asked.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    named = (os.environ.get("CROSSFADE_CHROMIUM"), *NAMES)
    chromium = next(path for name in named if name and (path := shutil.which(name)))
    home = {"CROSSFADE_HOME": str(given.home.resolve())}
    with (
        tempfile.TemporaryDirectory() as scratch,
        serve(Path(scratch), home) as served,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        camera = Camera(browser, served.url, given.folder)
        export = export_of(served.url, Path(scratch))
        everything(camera, scenes_with(export))
        browser.close()


def scenes_with(export: Path) -> dict[str, Scene]:
    """Return every state by its name."""
    return {
        "first": lambda _: None,
        "mix": shaped,
        "listening": partial(listening, export=export),
        "model": model,
        "saving": saving,
        "forgotten": partial(forgotten, export=export),
        "waiting": waiting,
        "offline": offline,
        **{kind: failing(kind) for kind in STATES},
    }


if __name__ == "__main__":
    main()
