"""The plays of both formats as the same columns, and which basic plays the extended history has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.data.names import name_keys
from pipelines.data.parsing import parse_column
from pipelines.data.times import UTC_MICROSECONDS
from pipelines.sources.spotify_export.records import BasicPlay, ExtendedPlay
from pipelines.sources.spotify_export.rules import Plays
from pipelines.sources.spotify_export.values import equal_to, field, flags, given, numbers, texts, times, track_ids

_MINUTE: Final = 60_000_000
#: An odd number spreads minutes over all 64 bits: the golden ratio's.
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


def extended_plays(rows: Sequence[ExtendedPlay], source: str) -> Plays:
    """Return plays of the extended history.

    Raises:
        SourceError: A text is too long to be what it should be.
    """
    title = texts(field(rows, "master_metadata_track_name"))
    artist = texts(field(rows, "master_metadata_album_artist_name"))
    reason = field(rows, "reason_end")
    return Plays(
        at=times(field(rows, "ts")),
        length=numbers(field(rows, "ms_played")),
        track_id=track_ids(source, texts(field(rows, "spotify_track_uri")), artist, title),
        title=title,
        artist=artist,
        album=texts(field(rows, "master_metadata_album_album_name")),
        is_podcast=given(field(rows, "spotify_episode_uri"), field(rows, "episode_name")),
        is_audiobook=given(field(rows, "audiobook_uri"), field(rows, "audiobook_title")),
        is_private=flags(field(rows, "incognito_mode")),
        is_repeated=np.zeros(len(rows), dtype=bool),
        is_whole=equal_to(reason, "trackdone"),
        is_skipped=flags(field(rows, "skipped")) | equal_to(reason, "fwdbtn"),
    )


def basic_plays(rows: Sequence[BasicPlay], source: str, known: KnownPlays) -> Plays:
    """Return plays of the last year's history, those marked that the extended history has; same error."""
    title, artist = texts(field(rows, "trackName")), texts(field(rows, "artistName"))
    at = texts(field(rows, "endTime"))
    nothing = np.zeros(len(rows), dtype=bool)
    return Plays(
        at=at,
        length=numbers(field(rows, "msPlayed")),
        track_id=track_ids(source, pa.nulls(len(rows), pa.string()), artist, title),
        title=title,
        artist=artist,
        album=pa.nulls(len(rows), pa.string()),
        is_podcast=given(field(rows, "podcastName"), field(rows, "episodeName")),
        is_audiobook=given(field(rows, "audiobookName"), field(rows, "chapterName")),
        is_private=nothing,
        is_repeated=known.have(artist, title, at),
        is_whole=nothing,
        is_skipped=nothing,
    )


class KnownPlays:
    """The plays of the extended history, eight bytes each: a hash of name and minute."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []

    def add(self, plays: Plays) -> None:
        """Take in plays of the extended history."""
        hashes, known = _hashes(plays.artist, plays.title, plays.at)
        self._parts.append(np.unique(hashes[known]))

    def have(self, artists: pa.Array, titles: pa.Array, ends: pa.Array) -> np.ndarray:
        """Tell which plays were taken in."""
        if len(self._parts) != 1:
            self._parts = [np.unique(np.concatenate([np.empty(0, np.uint64), *self._parts]))]
        hashes, known = _hashes(artists, titles, ends)
        return known & np.isin(hashes, self._parts[0])


def _hashes(artists: pa.Array, titles: pa.Array, ends: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return a hash of each play's name and minute, and which plays have both."""
    keys = name_keys(artists, titles)
    moments = parse_column(ends, UTC_MICROSECONDS).values
    known = (keys.is_valid().to_numpy(zero_copy_only=False)) & (moments.is_valid().to_numpy(zero_copy_only=False))
    coded = keys.fill_null("").dictionary_encode()
    names = pd.util.hash_array(coded.dictionary.to_numpy(zero_copy_only=False))[coded.indices.to_numpy()]
    minutes = moments.cast(pa.int64()).fill_null(0).to_numpy() // _MINUTE
    return names ^ (minutes.astype(np.uint64) * _SPREAD), known
