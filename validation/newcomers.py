"""What newcomers listen to that nobody else does: accounts that were made to push a track have it in common.

For each track, the share of the newcomers who have anything to do with it is compared with that of the listeners who
were there before. The figure is the largest lead, less three standard errors of the difference, so that small groups
and the luck of the largest of many tracks do not count. A release that everybody talks about leads among both; a track
that only new accounts know is pushed (profile injection: Mobasher, Burke, Bhaumik and Williams, Toward trustworthy
recommender systems, ACM Transactions on Internet Technology 7(4), 2007).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c

#: With fewer listeners on a side nothing is compared.
_LEAST_LISTENERS: Final = 20
_ERRORS: Final = 3.0
_SCHEMA: Final = pa.schema([(c.TRACK_ID, pa.string()), ("newcomers", pa.int64()), ("others", pa.int64())])


@dataclass(frozen=True)
class Newcomers:
    """Listeners of a batch by whether they were known before; those of parts that share no listener add up.

    Attributes:
        newcomers: How many are new.
        others: How many were known.
        tracks: For each track, how many of each have anything to do with it.
    """

    newcomers: int = 0
    others: int = 0
    tracks: pa.Table = field(default_factory=_SCHEMA.empty_table)

    @classmethod
    def of(cls, rows: pa.Table, known: pa.Array) -> Self:
        """Count the listeners of some interactions.

        Args:
            rows: All rows of these listeners; texts may be held once.
            known: The ids of the listeners who were there before.
        """
        plain = pa.table({name: rows[name].cast(pa.string()) for name in (c.USER_ID, c.TRACK_ID)})
        pairs = plain.group_by([c.USER_ID, c.TRACK_ID]).aggregate([])
        was_there = pc.is_in(pairs[c.USER_ID], value_set=known)
        listeners = pc.unique(plain[c.USER_ID])
        others = pc.sum(pc.is_in(listeners, value_set=known)).as_py() or 0
        counted = {"newcomers": pc.invert(was_there), "others": was_there}
        tracks = pa.table({c.TRACK_ID: pairs[c.TRACK_ID], **{name: _ones(each) for name, each in counted.items()}})
        return cls(len(listeners) - others, others, _summed(tracks))

    def __add__(self, other: Newcomers) -> Newcomers:
        """Return the listeners of both parts."""
        tracks = _summed(pa.concat_tables([self.tracks, other.tracks]))
        return Newcomers(self.newcomers + other.newcomers, self.others + other.others, tracks)

    def lead(self) -> float | None:
        """Return the largest lead of a track among newcomers, less three standard errors; None where there are few."""
        n, m = self.newcomers, self.others
        if min(n, m) < _LEAST_LISTENERS:
            return None
        new, old = (self.tracks[name].to_numpy() for name in ("newcomers", "others"))
        both = (new + old) / (n + m)
        error = np.sqrt(both * (1 - both) * (1 / n + 1 / m))
        return float(np.max(new / n - old / m - _ERRORS * error))


def _ones(flags: pa.ChunkedArray) -> pa.ChunkedArray:
    return flags.cast(pa.int64())


def _summed(tracks: pa.Table) -> pa.Table:
    summed = tracks.group_by(c.TRACK_ID).aggregate([("newcomers", "sum"), ("others", "sum")])
    return summed.select([c.TRACK_ID, "newcomers_sum", "others_sum"]).rename_columns(_SCHEMA.names)
