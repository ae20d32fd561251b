"""The figures of the tables as a whole that the batch rules judge; each has the name of its rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.tables import InteractionTable, PlaylistTable, TrackCatalogue
from validation.batch_rules import BatchRules
from validation.distinct_texts import different_texts, of_texts
from validation.profile import Profile

#: The tables in the order in which reports name them; also the fields of ``Tables``.
TABLES = (InteractionTable.name, TrackCatalogue.name, PlaylistTable.name)

_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Listening:
    """Figures of interactions; those of parts that share no listener add up to those of all.

    Attributes:
        listeners: How many there are.
        most: The rows of the most active one.
        tracks: The ids of the tracks, each once.
        counted: How many rows are play counts.
        counts: The different play counts.
        newest: The latest time, in microseconds since 1970; None where no row has one.
    """

    listeners: int = 0
    most: int = 0
    tracks: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    counted: int = 0
    counts: pa.Array = field(default_factory=lambda: pa.array([], pa.float64()))
    newest: int | None = None

    @classmethod
    def of(cls, rows: pa.Table) -> Self:
        """Return the figures of some interactions; their texts may be held once (``validation.distinct_texts``)."""
        by_listener = pc.value_counts(rows[c.USER_ID]).field("counts")
        counts = rows[c.VALUE].filter(of_texts(rows[c.KIND], lambda kinds: pc.equal(kinds, c.PLAY_COUNT)))
        return cls(
            listeners=len(by_listener),
            most=pc.max(by_listener).as_py() or 0,
            tracks=different_texts(rows[c.TRACK_ID]),
            counted=len(counts),
            counts=pc.unique(counts),
            newest=pc.max(rows[c.AT]).cast(pa.int64()).as_py(),
        )

    def __add__(self, other: Listening) -> Listening:
        """Return the figures of both parts."""
        return Listening(
            listeners=self.listeners + other.listeners,
            most=max(self.most, other.most),
            tracks=pc.unique(pa.chunked_array([self.tracks, other.tracks])),
            counted=self.counted + other.counted,
            counts=pc.unique(pa.chunked_array([self.counts, other.counts])),
            newest=max((each for each in (self.newest, other.newest) if each is not None), default=None),
        )


def measure(
    listening: Listening,
    profile: Profile,
    read: Mapping[str, int],
    tracks: TrackCatalogue,
    rules: BatchRules,
    now: datetime,
    *,
    may_be_empty: bool = False,
) -> dict[str, float | None]:
    """Measure a batch.

    Args:
        listening: The figures of the interactions that passed.
        profile: The profile of the batch.
        read: How many rows of each table were read, those that could not be used included.
        tracks: The tracks that passed.
        rules: Says from how many listeners on the largest one is looked at.
        now: The instant from which the age of the newest row is counted.
        may_be_empty: Whether a source that told of nothing has told the truth: then nothing is asked of it.

    Returns:
        One figure a batch rule; None where there is nothing to measure, and then nothing is asked.
    """
    rows = profile.rows[InteractionTable.name]
    told = read[InteractionTable.name] > 0 or not may_be_empty
    many = listening.listeners > rules.largest_listener.listeners_above
    return {
        "interactions": rows if told else None,
        "listeners": listening.listeners if told else None,
        "tracks_played": len(listening.tracks) if told else None,
        **{f"{name}_lost": 1 - profile.rows[name] / read[name] if read[name] else None for name in TABLES},
        "join_rate": 1 - profile.unknown_tracks / profile.looked_up if profile.looked_up else None,
        "largest_listener": listening.most / rows if many else None,
        # Two counts or more are needed for them to differ.
        "distinct_play_counts": len(listening.counts) if listening.counted > 1 else None,
        "constant_features": _constant_features(tracks.data),
        "age_days": _age_days(listening.newest, now),
    }


def missing_shares(profile: Profile) -> dict[str, float | None]:
    """Return the share of rows without a value as ``missing.<table>.<column>``; None where a table has no rows."""
    of = {column: profile.rows[column.partition(".")[0]] for column in profile.missing}
    return {
        f"missing.{column}": missing / of[column] if of[column] else None for column, missing in profile.missing.items()
    }


def _constant_features(tracks: pa.Table) -> int:
    columns = [tracks[name].drop_null() for name in c.AUDIO_FEATURES]
    return sum(len(column) > 1 and pc.count_distinct(column).as_py() == 1 for column in columns)


def _age_days(newest: int | None, now: datetime) -> float | None:
    return None if newest is None else now.timestamp() / _DAY_SECONDS - newest / (_DAY_SECONDS * 1_000_000)
