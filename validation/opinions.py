"""Whether what listeners say agrees with what they do: who likes a track hears it more than who dislikes one.

A like and a dislike are one letter apart in a program, and no row tells that they have changed places; but listening
goes on as before. Of the pairs of a listener and a track with an opinion and a play or a skip, the figure is the chance
that a liked track was heard more often, less how often it was left, than a disliked one; ties count half. That is the
area under the ROC curve: 0.5 where opinions say nothing about listening, near 1 in a healthy batch, near 0 where they
were exchanged. What is judged is the area at best, two standard errors above, so that a few pairs alarm nobody (Hanley
and McNeil, The meaning and use of the area under a ROC curve, Radiology 143, 1982).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.config import PreferenceRules
from pipelines.data import columns as c
from pipelines.data.canonical import codes
from validation.distinct_texts import of_texts
from validation.distributions import Counts

#: A pair is counted by how much more often the track was heard than left, from -8 to 8.
_MOST: Final = 8
#: With fewer pairs on a side even the area at best says little.
_LEAST_PAIRS: Final = 10
_GOOD, _POOR = 4.0, 2.0
_LEAST_PLAY_MS: Final = PreferenceRules().min_play_ms


def _none() -> Counts:
    return np.zeros(2 * _MOST + 1, dtype=np.int64)


@dataclass(frozen=True)
class Opinions:
    """Pairs of a listener and a track with an opinion; those of parts that share no listener add up.

    Attributes:
        liked: Pairs with a like or a good rating, by how much more often the track was heard than left.
        disliked: Pairs with a dislike or a poor rating, likewise.
    """

    liked: Counts = field(default_factory=_none)
    disliked: Counts = field(default_factory=_none)

    @classmethod
    def of(cls, rows: pa.Table) -> Self:
        """Count the opinions in all interactions of some listeners; their texts may be held once."""
        kind = {name: _is_kind(rows, name) for name in (c.PLAY, c.SKIP, c.LIKE, c.DISLIKE, c.RATING)}
        value = rows[c.VALUE].cast(pa.float64()).to_numpy()
        liked = kind[c.LIKE] | (kind[c.RATING] & (value >= _GOOD))
        disliked = kind[c.DISLIKE] | (kind[c.RATING] & (value <= _POOR))
        acted = kind[c.PLAY] | kind[c.SKIP]
        if not (acted.any() and (liked | disliked).any()):
            return cls()
        tracks = codes(rows[c.TRACK_ID]).astype(np.int64)
        pairs = codes(rows[c.USER_ID]).astype(np.int64) * (tracks.max() + 1) + tracks
        heard = kind[c.PLAY] & ~(value < _LEAST_PLAY_MS)
        steps = np.where(heard, 1, -1)[acted]
        return cls(*(_by_balance(np.unique(pairs[said]), pairs[acted], steps) for said in (liked, disliked)))

    def __add__(self, other: Opinions) -> Opinions:
        """Return the opinions of both parts."""
        return Opinions(self.liked + other.liked, self.disliked + other.disliked)

    def agreement(self) -> float | None:
        """Return the chance, at best, that a liked track was heard more than a disliked one; None with few pairs."""
        n, m = int(self.liked.sum()), int(self.disliked.sum())
        if min(n, m) < _LEAST_PAIRS:
            return None
        below = np.cumsum(self.disliked) - self.disliked
        area = float((self.liked * (below + self.disliked / 2)).sum()) / (n * m)
        of_liked, of_disliked = area / (2 - area) - area**2, 2 * area**2 / (1 + area) - area**2
        variance = (area * (1 - area) + (n - 1) * of_liked + (m - 1) * of_disliked) / (n * m)
        return min(1.0, area + 2 * sqrt(max(variance, 0.0)))


def _is_kind(rows: pa.Table, kind: str) -> np.ndarray:
    return np.asarray(of_texts(rows[c.KIND], lambda kinds: pc.equal(kinds, kind)).to_numpy(), dtype=bool)


def _by_balance(wanted: np.ndarray, pairs: np.ndarray, steps: np.ndarray) -> Counts:
    """Count the wanted pairs by the sum of their steps; one without any is not counted."""
    own = np.isin(pairs, wanted)
    _, place = np.unique(pairs[own], return_inverse=True)
    balance = np.bincount(place, weights=steps[own]).astype(np.int64) if own.any() else np.empty(0, dtype=np.int64)
    return np.bincount(np.clip(balance, -_MOST, _MOST) + _MOST, minlength=2 * _MOST + 1)
