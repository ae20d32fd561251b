"""The tracks of the Yambda files: numbers, with the numbers of their artists and albums, and a length.

There are no names in the files, so the numbers are the names. What is held while events stream by is eight bytes for
each number that a track has or could have, and nothing for an event.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.sources.yambda.layout import ALBUM, ALBUMS, ARTIST, ARTISTS, ITEM, LENGTH, Layout
from pipelines.sources.yambda.options import YambdaOptions

PREFIX: Final = "yambda"
_TRACKS_AT_ONCE: Final = 1 << 17
_MS: Final = 1_000


def ids(numbers: pa.Array | pa.ChunkedArray | np.ndarray) -> pa.Array:
    """Return the ids of listeners or tracks with these numbers."""
    return _named(PREFIX, ":", numbers)


def track_rows(layout: Layout, options: YambdaOptions) -> Iterator[pa.Table]:
    """Yield the tracks that any of the events read is about, in the order of their numbers.

    Raises:
        SourceError: A file cannot be read.
    """
    lengths = _lengths(layout, options)
    numbers = np.flatnonzero(lengths >= 0)
    artists, albums = layout.mapping(ARTISTS, ARTIST), layout.mapping(ALBUMS, ALBUM)
    for start in range(0, len(numbers), _TRACKS_AT_ONCE):
        some = numbers[start : start + _TRACKS_AT_ONCE]
        seconds = lengths[some]
        yield pa.table(
            {
                c.TRACK_ID: ids(some),
                c.TITLE: _named("Track", " ", some),
                c.ARTISTS: _all_of(some, artists, ARTIST, "Artist"),
                c.ALBUM: _first_of(some, albums, ALBUM, "Album"),
                c.DURATION_MS: pa.array(seconds * _MS, mask=seconds == 0),
            }
        )


def _lengths(layout: Layout, options: YambdaOptions) -> np.ndarray:
    """Return for each number the longest length that a listen tells, in seconds: 0 if none does, -1 if no track has it.

    Of likes and dislikes also those count that were taken back: that such a track exists is no secret.
    """
    lengths = np.full(1 << 16, -1, dtype=np.int64)
    for event in options.events:
        columns = (ITEM, LENGTH) if event == "listens" else (ITEM,)
        for rows in layout.rows(event, columns):
            items = rows[ITEM].to_numpy()
            told = (
                pc.fill_null(rows[LENGTH], 0).to_numpy().astype(np.int64) if LENGTH in columns else np.zeros(len(items))
            )
            if len(items) and int(items.max()) >= len(lengths):
                more = max(2 * len(lengths), int(items.max()) + 1) - len(lengths)
                lengths = np.concatenate([lengths, np.full(more, -1, dtype=np.int64)])
            np.maximum.at(lengths, items, told.astype(np.int64))
    return lengths


def _spans(numbers: np.ndarray, mapping: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return where in a sorted mapping each number's rows begin and end."""
    items = mapping[ITEM].to_numpy()
    return np.searchsorted(items, numbers), np.searchsorted(items, numbers, side="right")


def _all_of(numbers: np.ndarray, mapping: pa.Table | None, column: str, word: str) -> pa.Array:
    """Return the names of all that a mapping gives to each number, null where it gives none."""
    if mapping is None:
        return pa.nulls(len(numbers), pa.list_(pa.string()))
    starts, ends = _spans(numbers, mapping)
    counts = ends - starts
    offsets = np.concatenate([[0], np.cumsum(counts)])
    rows = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - starts, counts)
    names = _named(word, " ", mapping[column].take(pa.array(rows)))
    missing = pa.array(np.append(counts == 0, False))
    return pa.ListArray.from_arrays(pc.if_else(missing, None, pa.array(offsets, pa.int32())), names)


def _first_of(numbers: np.ndarray, mapping: pa.Table | None, column: str, word: str) -> pa.Array:
    """Return the name of the first that a mapping gives to each number, null where it gives none."""
    if mapping is None:
        return pa.nulls(len(numbers), pa.string())
    starts, ends = _spans(numbers, mapping)
    rows = pa.array(starts, mask=starts == ends)
    return _named(word, " ", mapping[column].take(rows))


def _named(word: str, separator: str, numbers: pa.Array | pa.ChunkedArray | np.ndarray) -> pa.Array:
    array = pa.array(numbers) if isinstance(numbers, np.ndarray) else numbers
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return pc.binary_join_element_wise(word, whole.cast(pa.string()), separator)
