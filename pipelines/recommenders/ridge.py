"""Neighbourhood ridge regression: each track regressed on its most similar tracks.

For each track j, with N(j) its K nearest tracks by cosine of the Gram matrix G, solve
``(G[N, N] + reg I) b = G[N, j]``: SLIM with nearest-neighbour feature selection (Ning & Karypis 2011, section 4.3) and
the squared loss of EASE (Steck 2019). Memory is tracks x K; every block of tracks is independent, so they are solved in
parallel and the result does not depend on how many cores there are.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from pipelines.recommenders.blocks import in_blocks
from pipelines.recommenders.gram import Gram
from pipelines.recommenders.ranking import PAD
from pipelines.sparse import from_triples

#: Numbers in one batch of sub-matrices (float64: 40 MB a thread).
_BATCH_NUMBERS = 5_000_000


def solve_neighbourhoods(gram: Gram, neighbours: np.ndarray, reg: float) -> sp.csr_array:
    """Solve every track's regression on its neighbours.

    Args:
        gram: The Gram matrix.
        neighbours: Tracks x K, ``PAD`` where a track has fewer.
        reg: The ridge, in the units of the Gram matrix.

    Returns:
        Weights, tracks x tracks: entry (i, j) is what one unit of track i adds to the score of track j.
    """
    n_tracks, k = neighbours.shape
    diagonal = np.arange(k)

    def block(start: int, stop: int) -> np.ndarray:
        chosen = neighbours[start:stop]
        absent = chosen == PAD
        # An absent neighbour gets an empty row and column and a zero right-hand side: its coefficient comes out as 0.
        left, right = gram.normal_equations(np.arange(start, stop), np.where(absent, 0, chosen))
        left[absent[:, :, None] | absent[:, None, :]] = 0.0
        right[absent] = 0.0
        left[:, diagonal, diagonal] += reg
        solution: np.ndarray = np.linalg.solve(left, right[..., None])[..., 0].astype(np.float32)
        return solution

    rows_per_batch = max(1, _BATCH_NUMBERS // max(1, k * k))
    solved = np.concatenate(list(in_blocks(block, n_tracks, rows_per_batch)))
    present = (neighbours != PAD) & (solved != 0)
    columns = np.broadcast_to(np.arange(n_tracks)[:, None], neighbours.shape)
    return from_triples(solved[present], neighbours[present], columns[present], (n_tracks, n_tracks))
