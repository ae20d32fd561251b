"""Rows that say the same become one; nothing that was counted is lost.

Interactions:

- Rows with the same listener, track, time and kind are one event: the first is kept.
- Play counts of the same listener and track (and time, where they have one) are added up. A count that is not a
  positive, finite number takes no part: it stays a row of its own, for the gate to find.
- Ratings without a time: the last one counts.
- Plays without a time cannot be told apart, so each is kept. Other rows without a time are said once.

Tracks: of several rows for one track the one with the fewest missing values is kept, the first among equals.
Playlists: of rows equal in every column the first is kept.

What is kept stays in the order in which it was read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.canonical import by_listener_and_time, codes, times

SAME_EVENT = "the same event"
ADDED_UP = "play counts added up"
RATED_AGAIN = "replaced by a later rating"
LESS_COMPLETE = "a less complete row of the same track"
SAME_ENTRY = "the same playlist entry"


@dataclass(frozen=True)
class Merged:
    """Rows after merging.

    Attributes:
        rows: What is kept.
        merged: How many rows went into another one, by rule.
    """

    rows: pa.Table
    merged: Counter[str]


def merge_interactions(rows: pa.Table) -> Merged:
    """Merge events that stand twice and totals that stand in parts."""
    values = rows[c.VALUE].to_numpy()
    untimed = rows[c.AT].is_null().to_numpy()
    counts = _is_kind(rows, c.PLAY_COUNT)
    ratings = _is_kind(rows, c.RATING) & untimed
    alone = np.where(counts, ~((values > 0) & np.isfinite(values)), _is_kind(rows, c.PLAY) & untimed)

    groups = _groups(rows, alone)
    first, last = _ends(groups)
    kept = np.sort(np.where(ratings[first], last, first))
    gone = np.ones(len(groups), dtype=bool)
    gone[kept] = False
    rule = np.select([counts[gone], ratings[gone]], [ADDED_UP, RATED_AGAIN], SAME_EVENT)
    merged = _added_up(rows, counts & ~alone, groups) if counts.any() else rows
    return Merged(merged if not gone.any() else merged.take(pa.array(kept)), Counter(rule.tolist()))


def _added_up(rows: pa.Table, counts: np.ndarray, groups: np.ndarray) -> pa.Table:
    """Give every play count of a group the sum of all of them."""
    values = rows[c.VALUE].to_numpy()
    totals = np.bincount(groups, weights=np.where(counts, values, 0.0))
    column = pa.array(np.where(counts, totals[groups], values), pa.float64(), from_pandas=True)
    return rows.set_column(rows.column_names.index(c.VALUE), rows.schema.field(c.VALUE), column)


def _is_kind(rows: pa.Table, kind: str) -> np.ndarray:
    return np.asarray(pc.equal(rows[c.KIND], kind).to_numpy(), dtype=bool)


def _groups(rows: pa.Table, alone: np.ndarray) -> np.ndarray:
    """Number the rows so that rows to be merged share a number; the numbers begin with 0 and rise row by row."""
    order, tied = by_listener_and_time(codes(rows[c.USER_ID]), times(rows[c.AT]))
    same_time = np.sort(order[tied])
    first = np.arange(rows.num_rows)
    if len(same_time):
        groups = _groups_of_few(rows.take(pa.array(same_time)), alone[same_time])
        first[same_time] = same_time[_ends(groups)[0][groups]]
    return (np.cumsum(first == np.arange(rows.num_rows)) - 1)[first]


def _groups_of_few(rows: pa.Table, alone: np.ndarray) -> np.ndarray:
    """Number rows, few of which have a listener and a time of their own, as above."""
    groups = codes(rows[c.USER_ID]).astype(np.int64)
    for key in (codes(rows[c.TRACK_ID]), codes(rows[c.KIND]), pd.factorize(times(rows[c.AT]))[0]):
        groups = _divided(groups, key)
    return _divided(groups, np.where(alone, np.arange(1, len(alone) + 1), 0)) if alone.any() else groups


def _divided(groups: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Divide groups by a key of small whole numbers."""
    both = groups * (int(key.max(initial=0)) + 1) + key
    return np.asarray(pd.factorize(both)[0], dtype=np.int64)


def _ends(groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the last row of each group."""
    rows = np.arange(len(groups))
    first, last = np.empty((2, int(groups.max(initial=-1)) + 1), dtype=np.int64)
    first[groups[::-1]] = rows[::-1]
    last[groups] = rows
    return first, last


def merge_tracks(rows: pa.Table) -> Merged:
    """Keep one row for each track."""
    missing = np.zeros(rows.num_rows, dtype=np.int64)
    for column in rows.columns:
        missing += column.is_null().to_numpy()
    order = pd.DataFrame({c.TRACK_ID: rows[c.TRACK_ID].to_pandas(), "missing": missing})
    best = order.sort_values("missing", kind="stable").drop_duplicates(c.TRACK_ID)
    return _keep(rows, np.sort(best.index.to_numpy()), LESS_COMPLETE)


def merge_playlists(rows: pa.Table) -> Merged:
    """Keep one of several equal entries."""
    return _keep(rows, np.flatnonzero(~rows.to_pandas().duplicated()), SAME_ENTRY)


def _keep(rows: pa.Table, kept: np.ndarray, rule: str) -> Merged:
    gone = rows.num_rows - len(kept)
    return Merged(rows.take(kept), Counter({rule: gone}) if gone else Counter())
