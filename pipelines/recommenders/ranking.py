"""Top-k selection with a defined order for ties."""

from __future__ import annotations

import numpy as np

#: Fills lists that are shorter than k.
PAD = -1


def top_k(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices and values of the ``k`` largest scores of each row, best first.

    Equal scores are ordered by index; scores of minus infinity (and NaN) are never returned.

    Args:
        scores: Rows x tracks, floating point.
        k: How many to keep; more than there are tracks pads the rest with ``PAD``.

    Returns:
        Indices (rows x k, int64) and scores (rows x k, float32; 0 where padded).
    """
    n_rows, n_tracks = scores.shape
    indices = np.full((n_rows, k), PAD, dtype=np.int64)
    values = np.zeros((n_rows, k), dtype=np.float32)
    kept = min(k, n_tracks)
    if kept == 0 or n_rows == 0:
        return indices, values
    clean = np.where(np.isnan(scores), -np.inf, scores)
    if kept < n_tracks:
        threshold = np.partition(clean, n_tracks - kept, axis=1)[:, n_tracks - kept]
    else:
        threshold = np.full(n_rows, -np.inf, dtype=clean.dtype)
    for row in range(n_rows):
        found = np.flatnonzero(clean[row] >= threshold[row])
        order = np.argsort(-clean[row, found], kind="stable")[:kept]
        best = found[order]
        best = best[np.isfinite(clean[row, best])]
        indices[row, : len(best)] = best
        values[row, : len(best)] = clean[row, best]
    return indices, values
