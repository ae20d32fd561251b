"""Somebody who uses a fake Spotify."""

from __future__ import annotations

from tests.support.spotify_people import app, client, fake, time

__all__ = ["app", "client", "fake", "time"]
