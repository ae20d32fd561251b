"""Age: what a listener did lately says more about what comes next.

An exponential decay with a half-life: Ding & Li 2005 for histories, Ji et al. 2020 for popularity.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from pipelines.sparse import row_of_each

#: What a preference without a time counts, as nobody knows how old it is: as much as one of a half-life's age.
UNKNOWN_AGE = 0.5


def halvings(ages: np.ndarray, half_life: float) -> np.ndarray:
    """Return 2 ** (-age / half-life) for ages in the unit of the half-life; ``UNKNOWN_AGE`` where an age is NaN."""
    return np.where(np.isnan(ages), UNKNOWN_AGE, np.exp2(-np.nan_to_num(ages) / half_life))


def ages_in_history(times: sp.csr_array) -> np.ndarray:
    """Return, for each entry, how many days before its listener's latest entry it lies; NaN where it has no time.

    Ages count back from the listener's own latest day, not from today: who comes back after a year has the same tastes
    as on the day of leaving, and a history has the same scores whenever it is asked for.
    """
    latest = np.full(times.shape[0], np.nan)
    rows = row_of_each(times)
    np.fmax.at(latest, rows, times.data)
    ages: np.ndarray = latest[rows] - times.data
    return ages
