"""A real headless Chromium in front of a live service over a shelf of records."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect, sync_playwright

from pipelines.data.spotify_ids import spotify_id_of
from pipelines.home import Home
from pipelines.release.champion import set_champion
from pipelines.testing.spotify_fake import CLIENT_ID, SpotifyFake
from pipelines.testing.spotify_fake.catalogue import Track
from tests.support.record_shelf import shelf_tracks, write_shelf_bundle
from tests.support.served import Served, serve

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Without the last ones Chromium itself looks for hosts that have nothing to do with the page.
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: Milliseconds after which what has not come will not come; only a broken page takes so long.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser: CROSSFADE_CHROMIUM, or the first one this machine has.

    One a module, because Playwright keeps an event loop running in this thread: left open to the end of the session it
    would break every later test that starts a loop of its own.
    """
    named = (os.environ.get("CROSSFADE_CHROMIUM"), *NAMES)
    found = next((path for name in named if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium (CROSSFADE_CHROMIUM names one)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Home:
    """A home folder with the shelf's model as champion."""
    made = Home(tmp_path_factory.mktemp("home"))
    bundle = write_shelf_bundle(made.bundles)
    set_champion(made, bundle.bundle_id, "it beats everything on this shelf")
    return made


@pytest.fixture(scope="session")
def spotify() -> Iterator[SpotifyFake]:
    """A Spotify of our own, which has the tracks of the shelf."""
    with SpotifyFake(redirect_uris=["http://127.0.0.1/spotify/callback"]) as fake:
        known = cast("dict[str, Track]", fake.world.catalogue.tracks)
        any_track = next(iter(known.values()))
        for track in shelf_tracks():
            if found := spotify_id_of(str(track["track_id"])):
                known[found] = replace(any_track, id=found)
        yield fake


@pytest.fixture(scope="session")
def service(home, spotify, tmp_path_factory) -> Iterator[Served]:
    """A service over the shelf, in which the last track has a script for a title."""
    settings = {
        "CROSSFADE_HOME": str(home.root),
        "CROSSFADE_SPOTIFY_CLIENT_ID": CLIENT_ID,
        "CROSSFADE_SPOTIFY_API_URL": spotify.api_url,
        "CROSSFADE_SPOTIFY_ACCOUNTS_URL": spotify.accounts_url,
    }
    with serve(tmp_path_factory.mktemp("service"), settings) as served:
        yield served


@dataclass
class Visit:
    """One visit of the page: a tab of its own, in which nothing but the service can be reached.

    Attributes:
        page: The tab.
        url: Where the service is.
        elsewhere: Addresses of other hosts that the page asked for.
        complaints: Errors the page raised or printed.
        received: Bytes of every answer, by address.
    """

    page: Page
    url: str
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    received: dict[str, int] = field(default_factory=dict)

    def go(self) -> Page:
        """Open the page and wait for its first list."""
        self.page.goto(self.url)
        self.page.locator("#list .row h3").first.wait_for()
        return self.page


@pytest.fixture
def open_visit(browser):
    """A function that opens a visit; at the end all of them are looked at: no other host, no complaint."""
    opened: list[tuple[BrowserContext, Visit]] = []

    def open_one(url: str, *, expected_complaints: bool = False, **options) -> Visit:
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        visit = Visit(context.new_page(), url)
        context.route("**/*", lambda route: _only(visit, route))
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        if not expected_complaints:
            visit.page.on("console", lambda said: visit.complaints.append(said.text) if said.type == "error" else None)
        visit.page.on("requestfinished", lambda request: _weigh(visit, request))
        opened.append((context, visit))
        return visit

    yield open_one
    for context, visit in opened:
        context.close()
        assert visit.elsewhere == []
        assert visit.complaints == []


@pytest.fixture
def visit(open_visit, service) -> Visit:
    """A visit of the service, at 1280 px."""
    made: Visit = open_visit(service.url, viewport={"width": 1280, "height": 800})
    return made


def _only(visit: Visit, route: Route) -> None:
    if route.request.url.startswith(visit.url):
        route.fallback()
    else:
        visit.elsewhere.append(route.request.url)
        route.abort()


def _weigh(visit: Visit, request: Request) -> None:
    sizes = request.sizes()
    visit.received[request.url] = sizes["responseBodySize"] + sizes["responseHeadersSize"]
