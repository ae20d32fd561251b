"""The plays of both formats as the same columns, and which basic plays the extended history has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from msgspec import Struct

from pipelines.data.names import name_keys
from pipelines.data.parsing import parse_column
from pipelines.data.times import UTC_MICROSECONDS
from pipelines.sources.spotify_export.rules import Plays
from pipelines.sources.spotify_export.values import equal_to, field, flags, given, numbers, raw, texts, times, track_ids

_MINUTE: Final = 60_000_000
#: An odd number spreads minutes over all 64 bits: the golden ratio's.
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


#: What a field should be, where it is no text.
_KINDS: Final[Mapping[str, pa.DataType]] = {
    "ms_played": pa.int64(),
    "msPlayed": pa.int64(),
    "skipped": pa.bool_(),
    "incognito_mode": pa.bool_(),
}


def as_columns(rows: Sequence[Struct], row_type: type[Struct]) -> pa.Table:
    """Return plays as they stand in a file, one column a field.

    Raises:
        SourceError: A text is too long to be what it should be.
    """
    return pa.table(
        {name: raw(field(rows, name), _KINDS.get(name, pa.string())) for name in row_type.__struct_fields__}
    )


def extended_plays(columns: pa.Table, source: str) -> Plays:
    """Return plays of the extended history.

    Args:
        columns: The fields of ``ExtendedPlay``.
        source: The name of the source, for the ids of tracks that have none.
    """
    of = {name: columns[name].combine_chunks() for name in columns.column_names}
    title = texts(of["master_metadata_track_name"])
    artist = texts(of["master_metadata_album_artist_name"])
    return Plays(
        at=times(of["ts"]),
        length=numbers(of["ms_played"]),
        track_id=track_ids(source, of["spotify_track_uri"], artist, title),
        title=title,
        artist=artist,
        album=texts(of["master_metadata_album_album_name"]),
        is_podcast=given(of["spotify_episode_uri"], of["episode_name"]),
        is_audiobook=given(of["audiobook_uri"], of["audiobook_title"]),
        is_private=flags(of["incognito_mode"]),
        is_repeated=np.zeros(columns.num_rows, dtype=bool),
        is_whole=equal_to(of["reason_end"], "trackdone"),
        is_skipped=flags(of["skipped"]) | equal_to(of["reason_end"], "fwdbtn"),
    )


def basic_plays(columns: pa.Table, source: str, known: KnownPlays) -> Plays:
    """Return plays of the last year's history, those marked that the extended history has.

    Args:
        columns: The fields of ``BasicPlay``.
        source: The name of the source, for the ids of tracks.
        known: The plays of the extended history.
    """
    of = {name: columns[name].combine_chunks() for name in columns.column_names}
    title, artist, at = texts(of["trackName"]), texts(of["artistName"]), texts(of["endTime"])
    nothing, unnamed = np.zeros(columns.num_rows, dtype=bool), pa.nulls(columns.num_rows, pa.string())
    return Plays(
        at=at,
        length=numbers(of["msPlayed"]),
        track_id=track_ids(source, unnamed, artist, title),
        title=title,
        artist=artist,
        album=unnamed,
        is_podcast=given(of["podcastName"], of["episodeName"]),
        is_audiobook=given(of["audiobookName"], of["chapterName"]),
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
