"""Intervals and paired comparisons by the bootstrap over listeners (Efron & Tibshirani 1993, percentile method)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

_NUMBERS_PER_BLOCK = 4_000_000


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
