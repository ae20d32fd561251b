"""Somebody who uses a fake Spotify, with a clock that only sleeping moves."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from pipelines.sources.spotify_api.app import SpotifyApp
from pipelines.sources.spotify_api.client import SpotifyClient
from pipelines.sources.spotify_api.session import Patience
from pipelines.testing.spotify_fake import SpotifyFake
from pipelines.testing.spotify_login import app_of, log_in

START = 1_790_000_000.0


@dataclass
class Time:
    """A clock for tests.

    Attributes:
        now: Seconds since 1970.
        naps: How long was slept, each time.
    """

    now: float = START
    naps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def patience(self, **changes) -> Patience:
        settings = {"clock": lambda: self.now, "sleep": self.sleep, "random": random.Random(7)}
        return Patience(**{**settings, **changes})


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def fake() -> Iterator[SpotifyFake]:
    with SpotifyFake() as fake:
        yield fake


@pytest.fixture
def app(fake, tmp_path, time) -> SpotifyApp:
    """An app somebody has just logged in to."""
    app = app_of(fake, tmp_path / "spotify")
    log_in(app, now=time.now)
    fake.journal.clear()
    return app


@pytest.fixture
def client(app, time) -> SpotifyClient:
    """Their client."""
    return SpotifyClient(app, "me", time.patience())
