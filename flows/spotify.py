"""The Spotify app as the settings name it."""

from __future__ import annotations

from flows.settings import Settings
from pipelines.home import Home
from pipelines.sources.spotify_api.app import SpotifyApp


def spotify_app(settings: Settings, home: Home) -> SpotifyApp:
    """Return the person's own app and the addresses it talks to."""
    return SpotifyApp(
        client_id=settings.spotify_client_id,
        api_url=settings.spotify_api_url.rstrip("/"),
        accounts_url=settings.spotify_accounts_url.rstrip("/"),
        redirect_port=settings.spotify_redirect_port,
        folder=home.spotify,
    )
