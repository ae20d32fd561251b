"""Neighbourhood ridge regression: each track regressed on its most similar tracks.

For each track j, with N(j) its K nearest tracks by cosine of the Gram matrix G, solve
``(G[N, N] + reg I) b = G[N, j]``: SLIM with nearest-neighbour feature selection (Ning & Karypis 2011, section 4.3) and
the squared loss of EASE (Steck 2019). Memory is tracks x K; every block of tracks is independent, so they are solved in
parallel and the result does not depend on how many cores there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from pipelines.parallel import even_spans, spread
from pipelines.recommenders.gram import Entries
from pipelines.recommenders.progress import followed
from pipelines.recommenders.ranking import PAD

#: Numbers in one batch of sub-matrices: what is made on the way to them stays in the processor's cache.
_BATCH_NUMBERS = 500_000


def solve_neighbourhoods(
    gram: Entries, neighbours: np.ndarray, cosines: np.ndarray, reg: float, tracks: np.ndarray | None = None
) -> sp.csr_array:
    """Solve each track's regression on its neighbours.

    Args:
        gram: What is held of the Gram matrix.
        neighbours: Tracks x K, ``PAD`` where a track has fewer.
        cosines: The cosine of the track with each of them; 0 where there is none.
        reg: The ridge, in the units of the Gram matrix.
        tracks: The tracks to solve for, ascending; all where it is not given.

    Returns:
        Weights, tracks x tracks: entry (i, j) is what one unit of track i adds to the score of track j. The columns of
        tracks that were not asked for are empty.
    """
    n_tracks, k = neighbours.shape
    wanted = np.arange(n_tracks)
    if tracks is not None:
        wanted, neighbours, cosines = tracks, neighbours[tracks], cosines[tracks]
    regressions = _Regressions(gram, neighbours, cosines, wanted, reg)
    bounds = even_spans(len(wanted), max(1, _BATCH_NUMBERS // max(1, k * k)))
    parts = followed("regressions", spread(_solve, regressions, bounds), bounds)
    solved = np.empty((len(wanted), k), dtype=np.float32)
    for rows, part in zip(map(slice, bounds, bounds[1:]), parts, strict=True):
        solved[rows] = part
    present = neighbours != PAD
    lengths = np.zeros(n_tracks, dtype=np.int64)
    lengths[wanted] = present.sum(axis=1)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    by_track = sp.csr_array((solved[present], neighbours[present], starts), shape=(n_tracks, n_tracks))
    return sp.csr_array(by_track.T)


@dataclass(frozen=True)
class _Regressions:
    """What the solutions are made from.

    Attributes:
        gram: What is held of the Gram matrix.
        neighbours: Regressions x K, the tracks that explain; ``PAD`` where there are fewer.
        cosines: Their cosines with the track that is explained.
        tracks: The tracks that are explained.
        reg: The ridge.
    """

    gram: Entries
    neighbours: np.ndarray
    cosines: np.ndarray
    tracks: np.ndarray
    reg: float


def _solve(given: _Regressions, start: int, stop: int) -> np.ndarray:
    """Return the coefficients of some regressions, float32."""
    neighbours, tracks = given.neighbours[start:stop], given.tracks[start:stop]
    diagonal = given.gram.diagonal
    # An absent neighbour has an empty row and column and a right-hand side of 0: its coefficient comes out as 0.
    left = given.gram.among(neighbours)
    places = np.arange(neighbours.shape[1])
    left[:, places, places] += given.reg
    right = given.cosines[start:stop] * np.sqrt(diagonal[neighbours]) * np.sqrt(diagonal[tracks])[:, None]
    solution: np.ndarray = np.linalg.solve(left, right[..., None])[..., 0].astype(np.float32)
    return solution
