"""What a paired comparison is able to see (Cohen 1988; for rankings, Sakai 2016): its power, and how many would do.

The normal approximation: the mean of n differences with standard deviation s is known to s / sqrt(n).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri

#: A standard deviation needs two.
_LEAST_PAIRS = 2


def power_to_see(differences: np.ndarray, effect: float, *, confidence: float) -> float:
    """Return the chance that an interval lies wholly above 0 when the true mean difference is ``effect``.

    Args:
        differences: One difference a listener; NaN where there is none.
        effect: The true mean difference supposed; where it is not above 0, nothing can be seen.
        confidence: Coverage of the interval.

    Returns:
        A chance; 0 where there are fewer than two differences.
    """
    spread, n = _spread(differences)
    if n < _LEAST_PAIRS or not effect > 0:
        return 0.0
    if spread == 0:
        return 1.0
    return float(ndtr(effect * math.sqrt(n) / spread - _z(confidence)))


def listeners_needed(differences: np.ndarray, effect: float, *, confidence: float, power: float) -> int | None:
    """Return how many listeners like these would give a power; None where no number can be told."""
    spread, n = _spread(differences)
    if n < _LEAST_PAIRS or not effect > 0:
        return None
    errors = max(0.0, _z(confidence) + float(ndtri(power)))
    return max(_LEAST_PAIRS, math.ceil((errors * spread / effect) ** 2))


def _spread(differences: np.ndarray) -> tuple[float, int]:
    known = differences[~np.isnan(differences)]
    return (float(known.std(ddof=1)) if len(known) >= _LEAST_PAIRS else math.nan), len(known)


def _z(confidence: float) -> float:
    return float(ndtri(1.0 - (1.0 - confidence) / 2.0))
