"""What is known about each track, as flat arrays: what lists are filtered and re-ranked by.

A missing value is missing: year 0, explicit -1, NaN for a feature, no artist, no label.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from pipelines.texts import Ids, Texts

#: The audio features that a listener can aim at, in the order of the columns of ``TrackFacts.audio``.
AIMS: Final = (
    c.DANCEABILITY,
    c.ENERGY,
    c.VALENCE,
    c.ACOUSTICNESS,
    c.INSTRUMENTALNESS,
    c.SPEECHINESS,
    c.LIVENESS,
    c.TEMPO,
)

UNKNOWN_YEAR: Final = 0
UNKNOWN_EXPLICIT: Final = -1

#: Where no genre is known, so many of the strongest tags stand in; a track may have a hundred.
_MOST_TAGS = 10
_PLAIN = ("listeners", "by_popularity", "years", "explicit", "audio")


@dataclass(frozen=True)
class Members:
    """Which of some names (artists, genres) each track has.

    Attributes:
        indptr: Where each track's entries begin, int64, and where the last track's end.
        codes: Places in ``names``, int32, in the order in which the catalogue names them.
        names: The names, folded: case and compatibility forms do not matter.
        shown: The names as people write them, in the same places.
    """

    indptr: np.ndarray
    codes: np.ndarray
    names: Ids
    shown: Texts

    @classmethod
    def of(cls, lists: pa.Array) -> Members:
        """Code a column of lists of names; empty names are left out, and one in two spellings counts once."""
        lists = lists.fill_null([]) if lists.null_count else lists
        flat = pc.utf8_trim_whitespace(lists.flatten().fill_null("")).dictionary_encode()
        shown = flat.dictionary.to_pylist()
        folded = [fold(name) for name in shown]
        unique = {name: place for place, name in enumerate(dict.fromkeys(name for name in folded if name))}
        code_of = np.array([unique.get(name, -1) for name in folded] or [-1], dtype=np.int32)
        codes = code_of[flat.indices.to_numpy(zero_copy_only=False)] if len(flat) else np.empty(0, np.int32)
        rows = np.repeat(np.arange(len(lists)), pc.list_value_length(lists).to_numpy(zero_copy_only=False))
        named = np.flatnonzero(codes >= 0)
        once = named[np.sort(np.unique(rows[named] * len(unique) + codes[named], return_index=True)[1])]
        counts = np.bincount(rows[once], minlength=len(lists))
        first: dict[str, str] = {}
        for name, as_written in zip(folded, shown, strict=True):
            first.setdefault(name, as_written)
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(indptr, codes[once], Ids.of(unique), Texts.of([first[name] for name in unique]))

    def of_track(self, track: int) -> np.ndarray:
        """Return the codes of one track."""
        codes: np.ndarray = self.codes[self.indptr[track] : self.indptr[track + 1]]
        return codes

    def of_tracks(self, tracks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the codes of several tracks, one after the other, and the place in ``tracks`` of each code."""
        starts, ends = self.indptr[tracks], self.indptr[tracks + 1]
        return self.codes[ranges(starts, ends)], np.repeat(np.arange(len(tracks)), ends - starts)

    def having(self, tracks: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Tell for each track whether it has any of the wanted codes."""
        codes, rows = self.of_tracks(tracks)
        having = np.zeros(len(tracks), dtype=bool)
        having[rows[np.isin(codes, wanted)]] = True
        return having

    def codes_of(self, names: Iterable[str]) -> np.ndarray:
        """Return the codes of the names that are known."""
        found = self.names.indices(fold(name) for name in names)
        known: np.ndarray = found[found >= 0]
        return known

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return what is stored, by the names it is stored under."""
        parts = self.names.arrays(f"{name}_names") | self.shown.arrays(f"{name}_shown")
        return {f"{name}_indptr": self.indptr, f"{name}_codes": self.codes, **parts}

    @classmethod
    def load(cls, arrays: Mapping[str, np.ndarray], name: str) -> Members:
        """Take over stored arrays without copying."""
        names, shown = Ids.load(arrays, f"{name}_names"), Texts.load(arrays, f"{name}_shown")
        return cls(arrays[f"{name}_indptr"], arrays[f"{name}_codes"], names, shown)


@dataclass(frozen=True)
class TrackFacts:
    """What is known about each track, by its index.

    Attributes:
        listeners: How many listeners of the training data have it, int32.
        by_popularity: Track indices, the one with most listeners first; equal ones by index, int32.
        years: Year of its release, int16.
        explicit: 1 or 0, int8.
        audio: Tracks x ``AIMS``, float32.
        artists: Its artists.
        labels: Its genres; its strongest tags where no genre is known.
    """

    listeners: np.ndarray
    by_popularity: np.ndarray
    years: np.ndarray
    explicit: np.ndarray
    audio: np.ndarray
    artists: Members
    labels: Members

    @classmethod
    def of(cls, catalogue: TrackCatalogue, listeners: np.ndarray) -> TrackFacts:
        """Read the facts from a catalogue.

        Args:
            catalogue: One row a track.
            listeners: How many listeners have each track.
        """
        rows = catalogue.data.combine_chunks()
        genres = _whole(rows[c.GENRES])
        tags = pc.list_slice(_whole(rows[c.TAGS]), 0, _MOST_TAGS)
        labels = pc.if_else(pc.greater(pc.fill_null(pc.list_value_length(genres), 0), 0), genres, tags)
        explicit = pc.fill_null(pc.cast(rows[c.EXPLICIT], pa.int8()), UNKNOWN_EXPLICIT)
        return cls(
            listeners=listeners.astype(np.int32),
            by_popularity=np.argsort(-listeners.astype(np.int64), kind="stable").astype(np.int32),
            years=_years(rows[c.RELEASE_DATE]),
            explicit=explicit.to_numpy().astype(np.int8),
            audio=np.column_stack([_numbers(rows[name]) for name in AIMS]),
            artists=Members.of(_whole(rows[c.ARTISTS])),
            labels=Members.of(labels),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what is stored, by the names it is stored under."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        return plain | self.artists.arrays("artists") | self.labels.arrays("labels")

    @classmethod
    def load(cls, arrays: Mapping[str, np.ndarray]) -> TrackFacts:
        """Take over stored arrays without copying."""
        plain = {name: arrays[name] for name in _PLAIN}
        return cls(**plain, artists=Members.load(arrays, "artists"), labels=Members.load(arrays, "labels"))


def fold(name: str) -> str:
    """Return a name without case and compatibility forms, so that one typed is one known."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def ranges(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the numbers of several ranges, one after the other."""
    counts = ends - starts
    steps = np.arange(int(counts.sum()), dtype=np.int64)
    found: np.ndarray = steps + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return found


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _years(dates: pa.ChunkedArray) -> np.ndarray:
    """Return the year of each date; 0 where there is none that can be read."""
    year = pc.utf8_slice_codeunits(pc.fill_null(dates, ""), 0, 4)
    digits = pc.match_substring_regex(year, "^[0-9]{1,4}$")
    read: np.ndarray = pc.cast(pc.if_else(digits, year, "0"), pa.int16()).to_numpy()
    return read


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.to_numpy(), dtype=np.float32)
