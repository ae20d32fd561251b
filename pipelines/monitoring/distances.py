"""How far a window of listening is from others: effect sizes, not tests.

With enough rows every difference is significant, and rows of one listener are not independent; so what is judged is how
large a difference is, not how sure one may be that there is any (``docs/adr``).

All of these take the counts of one window (a row) and of others (windows x bins), and are 0 for the same mix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Counts: TypeAlias = npt.NDArray[np.int64]
Distance: TypeAlias = Callable[[Counts, Counts], float]

#: Bins are joined to so many groups with about the same share each: the customary thresholds of the index are for ten.
GROUPS = 10
#: Jeffreys' count for a group, so that one that is empty on one side gives a large index and not an infinite one.
_EMPTY = 0.5


def psi(one: Counts, others: Counts) -> float:
    """Return the population stability index over ten groups with about equal shares of the other windows.

    PSI = sum_g (p_g - q_g) ln(p_g / q_g), with p the shares in the one and q in the others (Lewis 1994; it is Jeffreys'
    divergence). Customarily 0.1 is a small move and 0.25 a large one (Siddiqi 2006).
    """
    before = others.sum(axis=0)
    middle = (np.cumsum(before) - before / 2) / before.sum()
    group = np.minimum(middle * GROUPS, GROUPS - 1).astype(np.int64)
    return _index(np.bincount(group, one), np.bincount(group, before))


def psi_of_kinds(one: Counts, others: Counts) -> float:
    """Return the population stability index over bins that have no order."""
    return _index(one, others.sum(axis=0))


def ks(one: Counts, others: Counts) -> float:
    """Return the Kolmogorov-Smirnov distance: the largest difference of the two shares below any edge of the bins.

    Kolmogorov 1933, Smirnov 1939. From counts in bins it is a lower bound; the bins are fine.
    """
    before = others.sum(axis=0)
    below, below_before = np.cumsum(one) / one.sum(), np.cumsum(before) / before.sum()
    return float(np.abs(below - below_before).max())


def popularity(one: Counts, others: Counts) -> float:
    """Return the population stability index over bands of tracks that each had a tenth of the plays before.

    The first band holds the most popular tracks; those never played before belong to the last.

    Args:
        one: Rows of each track in the window.
        others: The same for other windows, windows x tracks.
    """
    before = others.sum(axis=0)
    order = np.argsort(-before, kind="stable")
    share = np.cumsum(before[order]) / before.sum()
    band = np.empty(len(before), dtype=np.int64)
    # A track belongs where its plays begin, so that one that has more than a tenth alone is in the first band.
    band[order] = np.minimum(np.concatenate([[0.0], share[:-1]]) * GROUPS, GROUPS - 1)
    return _index(np.bincount(band, one, GROUPS), np.bincount(band, before, GROUPS))


def volume(one: Counts, others: Counts) -> float:
    """Return how many times more or fewer there are than usual (the median), as a logarithm of at least 0."""
    usual = float(np.median(others))
    return abs(float(np.log(max(one.sum(), _EMPTY) / max(usual, _EMPTY))))


def fall(one: Counts, others: Counts) -> float:
    """Return by how much a share is lower; counts are (of that kind, all)."""
    with_it, of = others.sum(axis=0)
    return float(with_it / of - one[0] / one[1])


def rise(one: Counts, others: Counts) -> float:
    """Return by how much a share is higher; counts are (of that kind, all)."""
    return -fall(one, others)


def _index(one: npt.NDArray[np.float64] | Counts, before: npt.NDArray[np.float64] | Counts) -> float:
    """Return the index over groups; those that are empty on both sides do not count."""
    there = one + before > 0
    p, q = ((each[there] + _EMPTY) / (each[there] + _EMPTY).sum() for each in (one, before))
    return float(((p - q) * np.log(p / q)).sum())
