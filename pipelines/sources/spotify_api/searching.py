"""Searching Spotify's catalogue, ten tracks a page."""

from __future__ import annotations

from typing import Any

from pipelines.errors import ConfigError
from pipelines.sources.spotify_api.client import SEARCH_PAGE, SpotifyClient
from pipelines.sources.spotify_api.entries import track_entry


def search_tracks(client: SpotifyClient, query: str, limit: int) -> list[dict[str, Any]]:
    """Return up to ``limit`` tracks that match a query, the best first; each once.

    Raises:
        ConfigError: The query is empty.
        AccessError: Spotify refused.
    """
    if not query.strip():
        raise ConfigError("there is nothing to search for", where="search", remedy="Give some words")
    found: dict[str, dict[str, Any]] = {}
    for offset in range(0, limit, SEARCH_PAGE):
        page = client.search(query, offset=offset, limit=min(SEARCH_PAGE, limit - offset))
        # Spotify puts nothing (null) where a track may not be shown.
        tracks = (track_entry(item) for item in page["items"] if item)
        found |= {str(track["id"]): track for track in tracks if track["id"]}
        if not page.get("next"):
            break
    return list(found.values())
