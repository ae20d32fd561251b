"""A fake Spotify and somebody who has logged in to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import spotipy

from pipelines.testing.spotify_fake import Profile, SpotifyFake
from tests.support.spotify_clients import logged_in


@pytest.fixture
def fake() -> Iterator[SpotifyFake]:
    """The Web API as an app in development mode sees it."""
    with SpotifyFake() as fake:
        yield fake


@pytest.fixture
def extended() -> Iterator[SpotifyFake]:
    """The Web API as an app with extended quota sees it."""
    with SpotifyFake(Profile.EXTENDED) as fake:
        yield fake


@pytest.fixture
def client(fake) -> spotipy.Spotify:
    """The real spotipy, with every permission."""
    return logged_in(fake)


@pytest.fixture
def old_client(extended) -> spotipy.Spotify:
    """The same with extended quota."""
    return logged_in(extended)
