"""The profile of a batch: the figures by which it is compared with others. Profiles of parts add up to that of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.tables import Table
from validation.distinct_texts import of_texts
from validation.distributions import DISTRIBUTIONS, Counts


@dataclass(frozen=True)
class Profile:
    """What is kept of rows when only their figures are kept; nobody can be told from it.

    Attributes:
        rows: Number of rows, by table.
        missing: Number of rows without a value, by column ("tracks.isrc"), for the columns that may lack one.
        looked_up: Number of interactions, as read, whose track was looked up in the catalogue.
        unknown_tracks: How many of them are about a track that does not stand there.
        counts: Rows by bin, by distribution (``validation.distributions``).
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    looked_up: int = 0
    unknown_tracks: int = 0
    counts: Mapping[str, Counts] = field(default_factory=dict)

    def __add__(self, other: Profile) -> Profile:
        """Return the profile of the rows of both."""
        names = dict.fromkeys((*self.counts, *other.counts))
        nothing = {name: np.zeros(DISTRIBUTIONS[name].bins, dtype=np.int64) for name in names}
        return Profile(
            rows=_sum(self.rows, other.rows),
            missing=_sum(self.missing, other.missing),
            looked_up=self.looked_up + other.looked_up,
            unknown_tracks=self.unknown_tracks + other.unknown_tracks,
            counts={
                name: self.counts.get(name, zeros) + other.counts.get(name, zeros) for name, zeros in nothing.items()
            },
        )

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form, the same for equal profiles."""
        return {
            "rows": dict(sorted(self.rows.items())),
            "missing": dict(sorted(self.missing.items())),
            "looked_up": self.looked_up,
            "unknown_tracks": self.unknown_tracks,
            "counts": {name: counts.tolist() for name, counts in sorted(self.counts.items())},
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote.

        Raises:
            KeyError: Something is missing, or a distribution is unknown.
            ValueError: A distribution has other bins.
        """
        counts = {name: np.array(given, dtype=np.int64) for name, given in raw["counts"].items()}
        for name, given in counts.items():
            if given.shape != (DISTRIBUTIONS[name].bins,):
                raise ValueError(f"'{name}' has other bins")
        return cls(raw["rows"], raw["missing"], raw["looked_up"], raw["unknown_tracks"], counts)


def profile_rows(kind: type[Table], rows: pa.Table) -> Profile:
    """Return the profile of one table, or of some of its rows.

    Args:
        kind: Which table it is.
        rows: Its rows; texts may be held once (``validation.distinct_texts``).
    """
    return Profile(
        rows={kind.name: rows.num_rows},
        missing={f"{kind.name}.{name}": rows[name].null_count for name in optional_columns(kind)},
        counts={name: each.count(rows) for name, each in DISTRIBUTIONS.items() if each.table == kind.name},
    )


def profile_look_up(interactions: pa.Table, known: pa.Array) -> Profile:
    """Return how many interactions were looked up in a catalogue, and how many of their tracks do not stand there.

    Args:
        interactions: The rows; texts may be held once.
        known: The ids of the tracks of the catalogue.
    """
    found = of_texts(interactions[c.TRACK_ID], lambda ids: pc.is_in(ids, value_set=known))
    return Profile(looked_up=len(found), unknown_tracks=len(found) - (pc.sum(found).as_py() or 0))


def optional_columns(table: type[Table]) -> tuple[str, ...]:
    """Return the columns of a table that may lack a value."""
    return tuple(each.name for each in table.schema if each.nullable)


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in dict.fromkeys((*one, *other))}
