"""What most apps may not read: audio features and genres, asked for many at once and kept by id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from pipelines.sources.spotify_api.client import ARTISTS_AT_ONCE, FEATURES_AT_ONCE, SpotifyClient
from pipelines.sources.spotify_api.entries import genres_of
from pipelines.sources.spotify_api.kept import Kept

_FEATURES: Final = "audio features"
_GENRES: Final = "genres"


def read_features(client: SpotifyClient, kept: Kept, tracks: Iterable[str]) -> dict[str, Any]:
    """Return the audio features of tracks by id; tracks without any are left out.

    Raises:
        AccessError: This app may not read them, or Spotify refused for another reason.
    """
    return _by_id(kept, _FEATURES, tracks, client.audio_features, _itself, FEATURES_AT_ONCE)


def read_genres(client: SpotifyClient, kept: Kept, artists: Iterable[str]) -> dict[str, Any]:
    """Return the genres of artists by id; artists without any are left out.

    Raises:
        AccessError: This app may not read them, or Spotify refused for another reason.
    """
    return _by_id(kept, _GENRES, artists, client.artists, genres_of, ARTISTS_AT_ONCE)


def _by_id(
    kept: Kept,
    kind: str,
    ids: Iterable[str],
    ask: Callable[[Sequence[str]], list[Any]],
    shape: Callable[[Any], Any],
    at_once: int,
) -> dict[str, Any]:
    """Ask for what is not kept; that Spotify has nothing is kept as well."""
    wanted = sorted(set(ids))
    known = kept.objects(kind, wanted)
    missing = [each for each in wanted if each not in known]
    for start in range(0, len(missing), at_once):
        some = missing[start : start + at_once]
        answers = {answer["id"]: shape(answer) for answer in ask(some) if isinstance(answer, dict) and "id" in answer}
        found = {each: answers.get(each) for each in some}
        kept.put_objects(kind, found)
        known |= found
    return {each: value for each, value in known.items() if value}


def _itself(value: Any) -> Any:
    return value
