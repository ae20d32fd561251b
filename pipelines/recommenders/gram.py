"""The Gram matrix of an item-item ridge regression, from histories and from side information.

``G = X'X + sum_b w_b F_b F_b'`` with X the weighed histories (listeners x tracks) and F_b a block of side information
(tracks x features, unit rows). Adding side information to the Gram matrix is the same as adding the rows of F_b' to X
as listeners of weight w_b: SSLIM (Ning & Karypis 2012), Add-EASE (Jeunen et al. 2020). So there is one way to build it,
from rows; and two to hold it, by size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from pipelines.recommenders.blocks import cores, in_blocks
from pipelines.recommenders.ranking import PAD, top_k
from pipelines.sparse import with_data

#: Up to this many tracks the Gram matrix is held densely (float32: 576 MB): reading sub-matrices is then fastest.
DENSE_TRACKS = 12_000
#: How many entries a track keeps in the truncated form, at least, and for each neighbour asked for.
_KEPT, _KEPT_PER_NEIGHBOUR = 100, 2
#: In the truncated form a feature that more tracks share is left out. It tells next to nothing (its inverse document
#: frequency is small), and it would be a listener who has heard everything: the work grows with the square of this.
_TRACKS_PER_FEATURE = 3_000
_ROWS_PER_BLOCK = 512
_TINY = 1e-12


class Gram(Protocol):
    """A symmetric tracks x tracks matrix."""

    diagonal: np.ndarray

    def nearest(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return each track's ``k`` nearest tracks by cosine, best first, and the cosines.

        Tracks that share nothing are no neighbours, and no track is its own.

        Returns:
            Tracks x k indices (``PAD`` where there are fewer) and cosines (0 there).
        """
        ...

    def normal_equations(self, tracks: np.ndarray, neighbours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the two sides of each track's regression on its neighbours.

        Args:
            tracks: B track indices.
            neighbours: B x K track indices.

        Returns:
            ``G[N, N]`` for each track (B x K x K) and ``G[N, track]`` (B x K), float64.
        """
        ...


class DenseGram:
    """Held as one array: exact, and the fastest where it fits."""

    def __init__(self, rows: sp.csr_array) -> None:
        product = sp.csr_array(rows.T @ rows)
        self._values: np.ndarray = product.toarray().astype(np.float32, copy=False)
        self.diagonal: np.ndarray = product.diagonal().astype(np.float64)

    def nearest(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest tracks, block by block."""
        norms = _norms(self.diagonal).astype(np.float32)

        def block(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
            cosine = self._values[start:stop] / norms[start:stop, None] / norms[None, :]
            cosine[cosine <= 0] = -np.inf
            cosine[np.arange(stop - start), np.arange(start, stop)] = -np.inf
            return top_k(cosine, k)

        indices, cosines = zip(*in_blocks(block, len(self.diagonal), _ROWS_PER_BLOCK), strict=True)
        return np.concatenate(indices), np.concatenate(cosines)

    def normal_equations(self, tracks: np.ndarray, neighbours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return sub-matrices by plain indexing."""
        left = self._values[neighbours[:, :, None], neighbours[:, None, :]].astype(np.float64)
        right = self._values[neighbours, tracks[:, None]].astype(np.float64)
        return left, right


class TruncatedGram:
    """Held as each track's diagonal and its largest cosines: memory is tracks x kept, never the whole co-occurrence.

    An entry stands here where the tracks are among the nearest of the one that is played less. What is cut off is small
    beside the ridge.
    """

    def __init__(self, rows: sp.csr_array, kept: int) -> None:
        self.diagonal: np.ndarray = squared_lengths(rows)
        self._norms = _norms(self.diagonal)
        self._indices, self._cosines = _nearest_by_product(rows, self._norms, kept)
        self._matrix = _as_matrix(self._indices, self._cosines)

    def nearest(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the first of the kept tracks."""
        return _widened(self._indices, k, PAD).astype(np.int64), _widened(self._cosines, k, 0.0)

    def normal_equations(self, tracks: np.ndarray, neighbours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return sub-matrices; an entry that was cut off is 0."""
        n_tracks, k = neighbours.shape
        one, other = np.triu_indices(k, 1)
        left = np.zeros((n_tracks, k, k))
        left[:, one, other] = self._entries(neighbours[:, one], neighbours[:, other])
        left += left.transpose(0, 2, 1)
        left[:, np.arange(k), np.arange(k)] = self.diagonal[neighbours]
        return left, self._entries(neighbours, np.broadcast_to(tracks[:, None], neighbours.shape))

    def _entries(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Return G at pairs of different tracks, each looked up in the row of the track that is played less."""
        first, second = self._norms[one], self._norms[other]
        swap = (first > second) | ((first == second) & (one > other))
        rows, columns = np.where(swap, other, one).ravel(), np.where(swap, one, other).ravel()
        cosines = np.asarray(self._matrix[rows, columns], dtype=np.float64).reshape(one.shape)
        entries: np.ndarray = cosines * first * second
        return entries


def gram_of(rows: sp.csr_array, neighbours: int) -> Gram:
    """Return the Gram matrix of some rows (listeners, and features as listeners) in the form that suits its size.

    Args:
        rows: Rows x tracks.
        neighbours: How many neighbours a track will be regressed on.
    """
    if rows.shape[1] <= DENSE_TRACKS:
        return DenseGram(rows)
    return TruncatedGram(rows, max(_KEPT, _KEPT_PER_NEIGHBOUR * neighbours))


def with_side_information(
    weighed: sp.csr_array, items: Mapping[str, sp.csr_array], weights: Mapping[str, float]
) -> sp.csr_array:
    """Return the listeners with features as further listeners below them.

    Args:
        weighed: Listeners x tracks.
        items: Blocks, tracks x features each, unit rows.
        weights: Weight of each block, in units of the mean diagonal of the Gram matrix of ``weighed`` (the mean
            strength of a track), so that the same number means the same on a small and a large data set. Blocks that
            are not named weigh nothing.
    """
    unit = mean_diagonal(squared_lengths(weighed))
    parts = [weighed]
    for name, block in items.items():
        weight = weights.get(name, 0.0) * unit
        if weight > 0 and block.nnz:
            parts.append(_telling(block) * np.float32(np.sqrt(weight)))
    return sp.csr_array(sp.vstack(parts, format="csr", dtype=np.float32)) if len(parts) > 1 else weighed


def squared_lengths(rows: sp.csr_array) -> np.ndarray:
    """Return the diagonal of the Gram matrix: each column's sum of squares."""
    return np.bincount(rows.indices, weights=rows.data.astype(np.float64) ** 2, minlength=rows.shape[1])


def mean_diagonal(diagonal: np.ndarray) -> float:
    """Return the mean of a Gram matrix's diagonal; 1 where it is all zero, so that it can serve as a unit."""
    mean = float(diagonal.mean()) if len(diagonal) else 0.0
    return mean if mean > 0 else 1.0


def _telling(block: sp.csr_array) -> sp.csr_array:
    """Return features x tracks; of a large catalogue without the features that a great many tracks share."""
    features = sp.csr_array(block.T)
    if block.shape[0] <= DENSE_TRACKS:
        return features
    return sp.csr_array(features[np.diff(features.indptr) <= _TRACKS_PER_FEATURE])


def _norms(diagonal: np.ndarray) -> np.ndarray:
    norms: np.ndarray = np.sqrt(np.maximum(diagonal, _TINY))
    return norms


def _nearest_by_product(rows: sp.csr_array, norms: np.ndarray, kept: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each track's largest cosines, by implicit's sparse product that keeps only the best of each row."""
    from implicit.nearest_neighbours import all_pairs_knn

    n_tracks = rows.shape[1]
    unit = with_data(rows, rows.data / norms[rows.indices])
    listeners = sp.csr_matrix(unit, dtype=np.float64)
    listeners.indices, listeners.indptr = listeners.indices.astype(np.int32), listeners.indptr.astype(np.int32)
    # The nearest track is the track itself.
    found = all_pairs_knn(listeners, kept + 1, num_threads=cores(), show_progress=False)
    shape = (n_tracks, kept + 1)
    indices, cosines = found.col.reshape(shape), found.data.reshape(shape)

    def block(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        return _best_first(indices[start:stop], cosines[start:stop].astype(np.float32), start, kept)

    ordered = list(in_blocks(block, n_tracks, _ROWS_PER_BLOCK))
    return np.concatenate([part for part, _ in ordered]), np.concatenate([part for _, part in ordered])


def _best_first(indices: np.ndarray, cosines: np.ndarray, start: int, kept: int) -> tuple[np.ndarray, np.ndarray]:
    """Order the tracks found for tracks ``start`` and following; equals by index, the track itself left out."""
    nobody = (indices == np.arange(start, start + len(indices))[:, None]) | (cosines <= 0)
    values = np.where(nobody, 0.0, cosines).astype(np.float32)
    order = np.lexsort((indices, -values), axis=1)[:, :kept]
    names = np.where(np.take_along_axis(nobody, order, axis=1), PAD, np.take_along_axis(indices, order, axis=1))
    return names.astype(np.int32), np.take_along_axis(values, order, axis=1)


def _as_matrix(indices: np.ndarray, cosines: np.ndarray) -> sp.csr_matrix:
    """Return the kept cosines as a sparse matrix with sorted rows, in which an entry is found by a binary search."""
    present = indices != PAD
    starts = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
    parts = (cosines[present], indices[present], starts.astype(np.int32))
    matrix = sp.csr_matrix(parts, shape=(len(indices), len(indices)))
    matrix.sort_indices()
    return matrix


def _widened(values: np.ndarray, k: int, filling: float) -> np.ndarray:
    """Return the first ``k`` columns; where there are fewer, columns of ``filling`` behind them."""
    missing = max(0, k - values.shape[1])
    return np.pad(values[:, :k], ((0, 0), (0, missing)), constant_values=filling)
