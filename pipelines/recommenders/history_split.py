"""A history in two parts: what is given, and what must be found.

The evaluation divides the histories of tested listeners. A model that learns from the mistakes of others (blend,
ranker) divides those of listeners whom the others have not seen.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from pipelines.sparse import chosen_entries


def divide(
    histories: sp.csr_array, share: float, listeners: np.ndarray, seed: int
) -> tuple[sp.csr_array, sp.csr_array]:
    """Draw which part of each history is given and which is held out.

    At least one track is given and one held out where a history has two; a single track is given.

    Args:
        histories: Listeners x tracks.
        share: Share that is given.
        listeners: An identity for each row, from which its draw is seeded.
        seed: Seed of all draws.
    """
    is_given = np.zeros(histories.nnz, dtype=bool)
    for row, listener in enumerate(listeners):
        start, end = histories.indptr[row : row + 2]
        length = int(end - start)
        wanted = min(max(round(length * share), 1), max(length - 1, 1))
        drawn = np.random.default_rng([seed, 3, int(listener)]).permutation(length)[:wanted]
        is_given[start + drawn] = True
    return chosen_entries(histories, is_given), chosen_entries(histories, ~is_given)
