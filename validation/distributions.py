"""The distributions a batch is compared by: counts in fixed bins, so that parts of a batch and batches add up.

The distance of two distributions P and Q is the Jensen-Shannon distance to the base 2,

    d(P, Q) = sqrt(H((P + Q) / 2) - (H(P) + H(Q)) / 2),    H(P) = - sum of p_i log2 p_i

(Lin, Divergence measures based on the Shannon entropy, IEEE Transactions on Information Theory 37(1), 1991; a metric by
Endres and Schindelin, 2003). It is 0 for equal distributions and 1 for such as share no bin, and unlike the population
stability index it needs no made-up count for an empty bin, so one threshold holds for every distribution. For two bell
curves, 0.2 is a move by half a standard deviation and 0.5 by one and a third.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.tables import InteractionTable, TrackCatalogue
from validation.distinct_texts import of_texts

Counts: TypeAlias = npt.NDArray[np.int64]

#: Half octaves: from a second to an hour and a half, and from one play to 65,536.
_LENGTHS_MS = tuple(1_000 * 2 ** (step / 2) for step in range(26))
#: A bin with a smaller share of the rows than this holds hardly any.
_HARDLY = 0.001
#: A turn by one hour brings the days of two halves of a population apart by about this much more.
_CLEARLY = 0.03
_PLAYS = tuple(2.0**step for step in range(1, 17))


@dataclass(frozen=True)
class Distribution:
    """One column, or part of one, as counts in bins.

    Attributes:
        name: Its name in figures and files.
        table: The table it is of.
        words: What it is, after "the distribution of".
        read: Gives the numbers of a table's rows; missing ones are not counted.
        edges: The inner edges of the bins, rising; a number on an edge belongs to the bin above.
    """

    name: str
    table: str
    words: str
    read: Callable[[pa.Table], pa.ChunkedArray]
    edges: tuple[float, ...]

    @property
    def bins(self) -> int:
        """How many bins there are, the two open ones included."""
        return len(self.edges) + 1

    def count(self, rows: pa.Table) -> Counts:
        """Count a table's rows by bin."""
        numbers = self.read(rows).drop_null().cast(pa.float64(), safe=False).to_numpy()
        return np.bincount(np.searchsorted(self.edges, numbers, side="right"), minlength=self.bins)


def distance(one: Counts, other: Counts) -> float:
    """Return the Jensen-Shannon distance (base 2) of two rows of counts, neither of them empty: 0 to 1."""
    p, q = one / one.sum(), other / other.sum()
    divergence = _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2
    return float(np.sqrt(max(divergence, 0.0)))


def new_share(one: Counts, other: Counts) -> float:
    """Return the share of rows of one, not empty, in bins of which the other has hardly any."""
    hardly = other < _HARDLY * other.sum()
    return float(one[hardly].sum() / one.sum())


def hours_moved(one: Counts, other: Counts) -> int:
    """Return by how many hours the day of one has moved against that of the other: 0 to 12, either way.

    The day is turned hour by hour, and the turn that brings it closest counts where it does so clearly.

    Args:
        one: Rows by hour of the day; likewise the other, and neither is empty.
        other: What it is compared with.
    """
    turned = [distance(one, np.roll(other, hours)) for hours in range(len(other))]
    closest = int(np.argmin(turned))
    clearly = turned[0] - turned[closest] >= _CLEARLY
    return min(closest, len(other) - closest) if clearly else 0


def _entropy(shares: npt.NDArray[np.float64]) -> float:
    there = shares[shares > 0]
    return float(-(there * np.log2(there)).sum())


def _column(name: str) -> Callable[[pa.Table], pa.ChunkedArray]:
    return lambda rows: rows[name]


def _value_of(kind: str) -> Callable[[pa.Table], pa.ChunkedArray]:
    return lambda rows: rows[c.VALUE].filter(of_texts(rows[c.KIND], lambda kinds: pc.equal(kinds, kind)))


def _kind(rows: pa.Table) -> pa.ChunkedArray:
    return of_texts(rows[c.KIND], lambda kinds: pc.index_in(kinds, value_set=pa.array(c.KINDS)))


def _hour(rows: pa.Table) -> pa.ChunkedArray:
    return pc.hour(rows[c.AT])


def _evenly(first: float, last: float, bins: int) -> tuple[float, ...]:
    return tuple(float(edge) for edge in np.linspace(first, last, bins + 1)[1:-1])


_PLAYED, _KNOWN = InteractionTable.name, TrackCatalogue.name
_UNIT = _evenly(0, 1, 20)
_OTHER_RANGES = {c.LOUDNESS: _evenly(-60, 5, 26), c.TEMPO: _evenly(0, 250, 25)}

#: What the distribution of times is of.
HOURS: Final = "hours of the day (UTC)"
#: Every distribution by its name.
DISTRIBUTIONS: Final[Mapping[str, Distribution]] = {
    each.name: each
    for each in (
        Distribution("kind", _PLAYED, "kinds", _kind, tuple(range(1, len(c.KINDS)))),
        Distribution("hour", _PLAYED, HOURS, _hour, tuple(range(1, 24))),
        Distribution("play_ms", _PLAYED, "lengths of plays", _value_of(c.PLAY), _LENGTHS_MS),
        Distribution("play_count", _PLAYED, "play counts", _value_of(c.PLAY_COUNT), _PLAYS),
        Distribution("rating", _PLAYED, "ratings", _value_of(c.RATING), _evenly(1, 5, 8)),
        Distribution("duration_ms", _KNOWN, "lengths of tracks", _column(c.DURATION_MS), _LENGTHS_MS),
        *(
            Distribution(name, _KNOWN, f"values of {name}", _column(name), _OTHER_RANGES.get(name, _UNIT))
            for name in c.AUDIO_FEATURES
        ),
    )
}
