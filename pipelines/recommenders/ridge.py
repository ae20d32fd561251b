"""Neighbourhood ridge regression: each track regressed on its most similar tracks.

For each track j, with N(j) its K nearest tracks by cosine of the Gram matrix G, solve
``(G[N, N] + reg I) b = G[N, j]``: SLIM with nearest-neighbour feature selection (Ning & Karypis 2011, section 4.3) and
the squared loss of EASE (Steck 2019). Memory is tracks x K; every block of tracks is independent, so they are solved in
parallel and the result does not depend on how many cores there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from pipelines.recommenders.gram import Gram
from pipelines.recommenders.ranking import PAD, top_k
from pipelines.sparse import from_triples

T = TypeVar("T")

#: Numbers in one batch of sub-matrices (float64: 80 MB a thread).
_BATCH_NUMBERS = 10_000_000
_ROWS_PER_BLOCK = 512


def nearest_tracks(gram: Gram, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each track's ``k`` nearest tracks by cosine, and the cosines.

    Tracks that share nothing are no neighbours, and no track is its own.

    Returns:
        Tracks x k indices (``PAD`` where there are fewer) and cosines.
    """
    norms = np.sqrt(np.maximum(gram.diagonal, 1e-12)).astype(np.float32)

    def block(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        cosine = gram.rows(start, stop) / norms[start:stop, None] / norms[None, :]
        cosine[cosine <= 0] = -np.inf
        cosine[np.arange(stop - start), np.arange(start, stop)] = -np.inf
        return top_k(cosine, k)

    parts = _parallel(block, len(gram.diagonal), _ROWS_PER_BLOCK)
    indices, cosines = zip(*parts, strict=True)
    return np.concatenate(indices), np.concatenate(cosines)


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

    def block(start: int, stop: int) -> np.ndarray:
        chosen = neighbours[start:stop]
        absent = chosen == PAD
        # An absent neighbour gets an empty row and column and a zero right-hand side: its coefficient comes out as 0.
        index = np.where(absent, 0, chosen)
        left = gram.sub_matrices(index, index)
        left[absent[:, :, None] | absent[:, None, :]] = 0.0
        left[:, np.arange(k), np.arange(k)] += reg
        right = gram.sub_matrices(index, np.arange(start, stop)[:, None])
        right[absent] = 0.0
        solution: np.ndarray = np.linalg.solve(left, right)[..., 0]
        return solution

    rows_per_batch = max(1, _BATCH_NUMBERS // max(1, k * k))
    solved = np.concatenate(list(_parallel(block, n_tracks, rows_per_batch)))
    present = (neighbours != PAD) & (solved != 0)
    columns = np.broadcast_to(np.arange(n_tracks)[:, None], neighbours.shape)
    return from_triples(solved[present], neighbours[present], columns[present], (n_tracks, n_tracks))


def _parallel(work: Callable[[int, int], T], n: int, step: int) -> Iterator[T]:
    """Run ``work(start, stop)`` over blocks of 0..n on all cores and give the results in order.

    BLAS is held to one thread: the blocks already use every core, and threads inside threads slow both down.
    """
    starts = range(0, n, step)
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool.map(lambda start: work(start, min(n, start + step)), starts)
