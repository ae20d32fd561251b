"""RMSE and MAE of ratings predicted from scores.

Scores of a ranking model are no ratings. They become ratings by isotonic regression (Barlow et al. 1972) of the
held-out ratings on the score, standardised over the listener's whole catalogue. The regression is fitted on one half of
the tested listeners and measured on the other, then the other way round, so nobody's rating predicts itself.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from pipelines.sparse import row_of_each

_SCALE = (1.0, 5.0)
_HALVES = 2


def standardise(scores: np.ndarray) -> np.ndarray:
    """Return each listener's scores as z-scores over the catalogue; 0 where all are equal."""
    mean = scores.mean(axis=1, keepdims=True)
    deviation = scores.std(axis=1, keepdims=True)
    # The mean of equal scores may be rounded, and so differ from all of them.
    differ = (scores.min(axis=1, keepdims=True) < scores.max(axis=1, keepdims=True)) & (deviation > 0)
    return np.where(differ, (scores - mean) / np.where(differ, deviation, 1.0), 0.0)


def rating_errors(scores: np.ndarray, ratings: sp.csr_array, seed: int) -> tuple[float, float]:
    """Return RMSE and MAE of the calibrated predictions; NaN where fewer than two listeners have a held-out rating.

    Args:
        scores: The standardised score of each held-out entry, in the order of ``ratings.data``.
        ratings: Listeners x tracks, the held-out ratings (1 to 5).
        seed: Seed of the division into halves.
    """
    from sklearn.isotonic import IsotonicRegression

    rows = row_of_each(ratings)
    rated = np.unique(rows)
    if len(rated) < _HALVES:
        return float("nan"), float("nan")
    half = np.isin(rows, np.random.default_rng([seed, 4]).permutation(rated)[: len(rated) // _HALVES])
    errors = np.empty(len(rows))
    for fitted_on, measured_on in ((half, ~half), (~half, half)):
        model = IsotonicRegression(y_min=_SCALE[0], y_max=_SCALE[1], out_of_bounds="clip")
        model.fit(scores[fitted_on], ratings.data[fitted_on])
        errors[measured_on] = model.predict(scores[measured_on]) - ratings.data[measured_on]
    return float(np.sqrt(np.mean(errors**2))), float(np.mean(np.abs(errors)))
