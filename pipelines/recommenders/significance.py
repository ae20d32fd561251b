"""Whether one of two is better, or only luckier."""

from __future__ import annotations

import numpy as np

#: A standard error needs two.
_LEAST_PAIRS = 2


def significantly_better(new: np.ndarray, old: np.ndarray) -> bool:
    """Tell whether paired values are higher on average by more than one standard error of their difference.

    Args:
        new: A value a listener; NaN where there is none.
        old: The same listeners' values before.
    """
    difference = new - old
    difference = difference[~np.isnan(difference)]
    if len(difference) < _LEAST_PAIRS:
        return False
    return bool(difference.mean() > difference.std(ddof=1) / np.sqrt(len(difference)))
