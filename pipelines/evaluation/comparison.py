"""Intervals by the bootstrap over listeners (Efron & Tibshirani 1993, percentile method), and paired tests.

Whoever compares m candidates makes m (m - 1) / 2 comparisons, and at 5 % each finds differences where there are none.
So the p-values of all pairs are corrected together (Holm 1979): the chance of even one false difference is below 5 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import stdtr

_NUMBERS_PER_BLOCK = 4_000_000
#: A standard error needs two.
_LEAST_PAIRS = 2


@dataclass(frozen=True)
class Interval:
    """A mean over listeners and where it may lie.

    Attributes:
        mean: The mean; NaN where no listener has a value.
        low: Lower end of the interval.
        high: Upper end.
        n: How many listeners have a value.
    """

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class PairedTest:
    """Two candidates on the same listeners.

    Attributes:
        better: The one with the higher mean.
        other: The other one.
        gain: Mean difference ``better`` - ``other``, and its bootstrap interval (for this pair alone).
        p: p-value of the paired t-test, two-sided; 1 where there are fewer than two pairs.
        p_holm: The same, corrected for all pairs that were tested together.
        clear: Whether the difference is clear: ``p_holm`` below 1 - confidence.
    """

    better: str
    other: str
    gain: Interval
    p: float
    p_holm: float
    clear: bool


def bootstrap_mean(values: np.ndarray, *, resamples: int, confidence: float, seed: int) -> Interval:
    """Return the mean of the known values and its interval."""
    known = values[~np.isnan(values)]
    n = len(known)
    if n == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    rng = np.random.default_rng([seed, 6])
    step = max(1, _NUMBERS_PER_BLOCK // n)
    means = np.concatenate(
        [
            known[rng.integers(n, size=(min(step, resamples - start), n))].mean(axis=1)
            for start in range(0, resamples, step)
        ]
    )
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(float(known.mean()), float(low), float(high), n)


def paired_difference(
    challenger: pd.Series, other: pd.Series, *, resamples: int, confidence: float, seed: int
) -> Interval:
    """Return the mean difference challenger - other over the listeners who have both values, and its interval.

    Args:
        challenger: One value a listener, indexed by listener.
        other: The same for the model it is compared with.
        resamples: Bootstrap resamples.
        confidence: Coverage of the interval.
        seed: Seed of the resampling.
    """
    both = pd.concat([challenger, other], axis=1, join="inner").to_numpy(dtype=float)
    return bootstrap_mean(both[:, 0] - both[:, 1], resamples=resamples, confidence=confidence, seed=seed)


def paired_p(differences: np.ndarray) -> float:
    """Return the two-sided p-value of the paired t-test of no difference (for rankings: Smucker et al. 2007).

    Args:
        differences: One difference a listener; NaN where there is none.
    """
    known = differences[~np.isnan(differences)]
    n = len(known)
    if n < _LEAST_PAIRS:
        return 1.0
    mean, error = known.mean(), known.std(ddof=1) / np.sqrt(n)
    if error == 0:
        return 1.0 if mean == 0 else 0.0
    return float(2.0 * stdtr(n - 1, -abs(mean / error)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the order given.

    Of m p-values, sorted, the i-th (from 0) is multiplied by m - i; none becomes smaller than the one before it, nor
    larger than 1.
    """
    order = np.argsort(p_values, kind="stable")
    steps = np.asarray(p_values, dtype=float)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(value) for value in adjusted]


def compare_all(
    values: Mapping[str, pd.Series], *, resamples: int, confidence: float, seed: int
) -> tuple[PairedTest, ...]:
    """Test every pair of candidates listener by listener, corrected together; the clearest difference comes first.

    Args:
        values: Candidate -> one value a listener, indexed by listener.
        resamples: Bootstrap resamples of each gain.
        confidence: 1 - the chance of even one false difference; coverage of each gain's own interval.
        seed: Seed of the resampling.
    """
    pairs = [_in_order(values, one, other) for one, other in combinations(values, 2)]
    raw = [paired_p((values[better] - values[other]).to_numpy(dtype=float)) for better, other in pairs]
    tests = [
        PairedTest(
            better=better,
            other=other,
            gain=paired_difference(
                values[better], values[other], resamples=resamples, confidence=confidence, seed=seed
            ),
            p=p,
            p_holm=p_holm,
            clear=p_holm < 1.0 - confidence,
        )
        for (better, other), p, p_holm in zip(pairs, raw, holm(raw), strict=True)
    ]
    return tuple(sorted(tests, key=lambda test: test.p_holm))


def _in_order(values: Mapping[str, pd.Series], one: str, other: str) -> tuple[str, str]:
    """Return two candidates, the better one first."""
    return (other, one) if (values[other] - values[one]).mean() > 0 else (one, other)
