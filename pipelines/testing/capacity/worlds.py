"""Worlds of listening by their size: how many plays, tracks and listeners, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

#: Different pairs of listener and track for each play, and the mean square of a history's length over the square of its
#: mean: as in ``pipelines.testing.long_tail``, whose histories are log-normal (of sigma 1).
PAIRS_A_PLAY = 0.75
SPREAD = math.e
#: Of files as ``pipelines.testing.yambda`` generates them, whose few listeners play the same tracks again and again.
PAIRS_A_PLAY_AGAIN = 0.1


@dataclass(frozen=True)
class World:
    """How large a world is.

    Attributes:
        plays: Rows of listening.
        tracks: Tracks of the catalogue.
        listeners: Listeners.
        pairs_a_play: Different pairs of listener and track for each play.
        tested: How many listeners an evaluation tests at most; all of them where it is None.
    """

    plays: float
    tracks: float
    listeners: float
    pairs_a_play: float = PAIRS_A_PLAY
    tested: float | None = None

    def drivers(self) -> Mapping[str, float]:
        """Return all that costs grow with, the assumed ones too."""
        pairs = self.pairs_a_play * self.plays
        tested = self.listeners if self.tested is None else min(self.tested, self.listeners)
        return {
            "plays": self.plays,
            "tracks": self.tracks,
            "listeners": self.listeners,
            "pairs": pairs,
            "products": SPREAD * pairs**2 / self.listeners,
            "tested": tested,
            "scores": self.tracks * tested,
        }


def wide(plays: float) -> World:
    """Return a service of many listeners with 50 plays each: 20 plays a track, up to ten million tracks."""
    return World(plays, min(plays / 20, 10_000_000), plays / 50)


def sampled(plays: float) -> World:
    """Return the same with an evaluation that tests two thousand listeners of each of its five folds."""
    return replace(wide(plays), tested=10_000)


#: The three published sizes of Yambda: few listeners with 4,650 plays each (docs/how-to/yambda.md).
YAMBDA = {
    "50m": World(46_467_212, 934_057, 10_000),
    "500m": World(466_512_103, 3_004_578, 100_000),
    "5b": World(4_649_567_411, 9_390_623, 1_000_000),
}


def products_of(histories: sp.csr_array) -> int:
    """Return how many products the co-occurrence of tracks is made of: the sum of the squared lengths of histories."""
    lengths = np.diff(histories.indptr).astype(np.int64)
    return int((lengths**2).sum())
