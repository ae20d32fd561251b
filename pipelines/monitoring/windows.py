"""Listening cut into windows: counts by window of everything that is compared, in one pass over the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.buckets import buckets_of
from pipelines.data.tables import TrackCatalogue
from pipelines.monitoring.distances import Counts
from pipelines.monitoring.features import FEATURES, MISSING, KnownTracks, bins_of, row_bins
from pipelines.monitoring.rules import InputRules

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Windows:
    """Counts by window: those of the past, the oldest first, and the newest.

    Attributes:
        features: Feature -> windows x bins.
        tracks: Rows of each known track, windows x tracks.
        rows: How many interactions.
        listeners: How many listeners.
        known: How many interactions are about a track of the catalogue.
        silent: Of these, how many are about one of whose sound nothing is known.
        words: What the newest window is, and what it is compared with.
        of_one_past: Whether the windows of the past are parts of one whole that the newest stands beside.
    """

    features: Mapping[str, Counts]
    tracks: Counts
    rows: Counts
    listeners: Counts
    known: Counts
    silent: Counts
    words: str
    of_one_past: bool = False


def by_time(batches: Iterable[pa.Table], tracks: TrackCatalogue, newest: datetime, rules: InputRules) -> Windows:
    """Cut interactions into windows of equal length, the last of which ends with the newest row.

    Args:
        batches: Interactions; no two batches share a listener.
        tracks: The catalogue.
        newest: The time of the newest row.
        rules: Say how long a window is and how many there are.
    """
    end, length = _microseconds(newest), rules.days * 86_400 * 1_000_000
    tally = _Tally(KnownTracks(tracks), rules.windows + 1)
    # A row at the very end of a window belongs to it, so ages are counted from just after the newest row.
    begin = pa.scalar(end + 1 - (rules.windows + 1) * length, pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    for batch in batches:
        rows = batch.filter(pc.greater_equal(batch[c.AT], begin))
        age = (end - rows[c.AT].cast(pa.int64()).to_numpy()) // length
        tally.add(rows, rules.windows - age)
    return tally.windows(f"the newest {rules.days} days against the {rules.windows} windows of that length before")


def of_two(before: Iterable[pa.Table], after: Iterable[pa.Table], tracks: TrackCatalogue, rules: InputRules) -> Windows:
    """Compare two snapshots, where rows have no times: the past is the earlier one, its listeners divided into parts.

    Args:
        before: Interactions of the earlier one; no two batches share a listener.
        after: Those of the later one, likewise.
        tracks: The catalogue of both.
        rules: Say into how many parts.
    """
    tally = _Tally(KnownTracks(tracks), rules.windows + 1)
    for rows in before:
        tally.add(rows, buckets_of(rows[c.USER_ID]).astype(np.int64) % rules.windows)
    for rows in after:
        tally.add(rows, np.full(rows.num_rows, rules.windows))
    return tally.windows("the newest snapshot against the one before", of_one_past=True)


class _Tally:
    """Counts that grow batch by batch."""

    def __init__(self, known: KnownTracks, windows: int) -> None:
        self._known = known
        self._windows = windows
        self._features = {name: np.zeros((windows, bins_of(name)), dtype=np.int64) for name in FEATURES}
        self._tracks = np.zeros((windows, len(known)), dtype=np.int64)
        self._rows, self._listeners, self._silent = (np.zeros(windows, dtype=np.int64) for _ in range(3))

    def add(self, rows: pa.Table, window: np.ndarray) -> None:
        """Count rows, each in its window."""
        place = self._known.places(rows)
        found = place != MISSING
        self._rows += np.bincount(window, minlength=self._windows)
        self._listeners += _different(rows[c.USER_ID], window, self._windows)
        _count(self._tracks, window, place)
        self._silent += np.bincount(window[found][self._known.silent[place[found]]], minlength=self._windows)
        of_tracks = {name: np.where(found, bins[place], MISSING) for name, bins in self._known.bins.items()}
        for name, bins in (row_bins(rows) | of_tracks).items():
            _count(self._features[name], window, bins)

    def windows(self, words: str, *, of_one_past: bool = False) -> Windows:
        """Return what was counted."""
        known = self._tracks.sum(axis=1)
        return Windows(
            self._features, self._tracks, self._rows, self._listeners, known, self._silent, words, of_one_past
        )


def _count(counts: Counts, window: np.ndarray, place: np.ndarray) -> None:
    """Add rows to windows x places; those without a place are left out."""
    there = place != MISSING
    width = counts.shape[1]
    counts += np.bincount(window[there] * width + place[there], minlength=counts.size).reshape(counts.shape)


def _different(listeners: pa.ChunkedArray, window: np.ndarray, windows: int) -> Counts:
    """Return how many different listeners each window has."""
    encoded = listeners.combine_chunks().dictionary_encode()
    width = max(1, len(encoded.dictionary))
    pairs = np.unique(window * width + encoded.indices.to_numpy())
    return np.bincount(pairs // width, minlength=windows)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
