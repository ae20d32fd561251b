"""The figures of the tables as a whole that the batch rules judge; each has the name of its rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables, TrackCatalogue
from validation.batch_rules import BatchRules
from validation.profile import Profile

#: The tables in the order in which reports name them; also the fields of ``Tables``.
TABLES = (InteractionTable.name, TrackCatalogue.name, PlaylistTable.name)

_DAY_SECONDS = 86_400


def measure(
    given: Tables, kept: Tables, unreadable: Mapping[str, int], rules: BatchRules, now: datetime
) -> dict[str, float | None]:
    """Measure tables before and after the rules for rows.

    Args:
        given: The tables as they came.
        kept: The rows that passed.
        unreadable: How many rows of each table were rejected before they got here.
        rules: Says from how many listeners on the largest one is looked at.
        now: The instant from which the age of the newest row is counted.

    Returns:
        One figure a batch rule; None where there is nothing to measure, and then nothing is asked.
    """
    rows = kept.interactions.data
    by_listener = pc.value_counts(rows[c.USER_ID]).field("counts")
    many = len(by_listener) > rules.largest_listener.listeners_above
    return {
        "interactions": len(kept.interactions),
        "listeners": len(by_listener),
        "tracks_played": _distinct(rows[c.TRACK_ID]),
        **{f"{name}_lost": lost for name, lost in _lost(given, kept, unreadable).items()},
        "join_rate": _join_rate(given),
        "largest_listener": pc.max(by_listener).as_py() / len(rows) if many else None,
        "distinct_play_counts": _distinct_play_counts(rows),
        "constant_features": _constant_features(kept.tracks.data),
        "age_days": _age_days(rows[c.AT], now),
    }


def missing_shares(profile: Profile) -> dict[str, float | None]:
    """Return the share of rows without a value as ``missing.<table>.<column>``; None where a table has no rows."""
    of = {column: profile.rows[column.partition(".")[0]] for column in profile.missing}
    return {
        f"missing.{column}": missing / of[column] if of[column] else None for column, missing in profile.missing.items()
    }


def _distinct(column: pa.ChunkedArray) -> int:
    return int(pc.count_distinct(column).as_py())


def _lost(given: Tables, kept: Tables, unreadable: Mapping[str, int]) -> dict[str, float | None]:
    shares: dict[str, float | None] = {}
    for name in TABLES:
        read = len(getattr(given, name)) + unreadable.get(name, 0)
        shares[name] = 1 - len(getattr(kept, name)) / read if read else None
    return shares


def _join_rate(given: Tables) -> float | None:
    played = given.interactions.data[c.TRACK_ID]
    if not len(played):
        return None
    found = pc.is_in(played, value_set=given.tracks.data[c.TRACK_ID])
    return float(pc.sum(found).as_py() / len(played))


def _distinct_play_counts(rows: pa.Table) -> int | None:
    """Count only where there are two counts or more that could differ."""
    counts = rows.filter(pc.equal(rows[c.KIND], c.PLAY_COUNT))[c.VALUE]
    return _distinct(counts) if len(counts) > 1 else None


def _constant_features(tracks: pa.Table) -> int:
    columns = [tracks[name].drop_null() for name in c.AUDIO_FEATURES]
    return sum(len(column) > 1 and _distinct(column) == 1 for column in columns)


def _age_days(times: pa.ChunkedArray, now: datetime) -> float | None:
    newest = pc.max(times).cast(pa.int64()).as_py()
    return None if newest is None else now.timestamp() / _DAY_SECONDS - newest / (_DAY_SECONDS * 1_000_000)
