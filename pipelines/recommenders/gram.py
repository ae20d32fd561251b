"""The Gram matrix of an item-item ridge regression, from histories and from side information.

``G = X'X + sum_b w_b F_b F_b'`` with X the weighed histories (listeners x tracks) and F_b a block of side information
(tracks x features, unit rows). Adding side information to the Gram matrix is the same as adding the rows of F_b' to X
as listeners of weight w_b: SSLIM (Ning & Karypis 2012), Add-EASE (Jeunen et al. 2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from pipelines.sparse import row_of_each

#: Up to this many tracks the Gram matrix is held densely (float32: 576 MB): reading sub-matrices is then fastest.
DENSE_TRACKS = 12_000


class Gram(Protocol):
    """A symmetric tracks x tracks matrix that gives blocks of rows and many small sub-matrices."""

    diagonal: np.ndarray

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Return rows ``start`` to ``stop`` densely, float32."""
        ...

    def sub_matrices(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the sub-matrices at ``rows`` x ``columns`` for each of B index sets.

        Args:
            rows: B x r track indices.
            columns: B x c track indices.

        Returns:
            B x r x c, float64.
        """
        ...


class DenseGram:
    """Held as one array: the fastest where it fits."""

    def __init__(self, matrix: sp.csr_array) -> None:
        self._values: np.ndarray = matrix.toarray().astype(np.float32, copy=False)
        self.diagonal: np.ndarray = matrix.diagonal().astype(np.float64)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Return a block of rows."""
        block: np.ndarray = self._values[start:stop]
        return block

    def sub_matrices(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return sub-matrices by plain indexing."""
        block: np.ndarray = self._values[rows[:, :, None], columns[:, None, :]].astype(np.float64)
        return block


class SparseGram:
    """Held as its entries, each found by a search among the sorted keys row * n + column."""

    def __init__(self, matrix: sp.csr_array) -> None:
        matrix.sort_indices()
        self._matrix = matrix
        self._n_tracks = int(matrix.shape[1])
        self._keys = row_of_each(matrix) * self._n_tracks + matrix.indices
        self.diagonal: np.ndarray = matrix.diagonal().astype(np.float64)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Return a block of rows."""
        block: np.ndarray = self._matrix[start:stop].toarray().astype(np.float32, copy=False)
        return block

    def sub_matrices(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return sub-matrices; an entry that is absent is 0."""
        wanted = rows[:, :, None].astype(np.int64) * self._n_tracks + columns[:, None, :]
        if not len(self._keys):
            return np.zeros(wanted.shape)
        place = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        block: np.ndarray = np.where(self._keys[place] == wanted, self._matrix.data[place], 0.0).astype(np.float64)
        return block


def hold(matrix: sp.csr_array) -> Gram:
    """Return the matrix in the form that suits its size."""
    return DenseGram(matrix) if matrix.shape[0] <= DENSE_TRACKS else SparseGram(matrix)


def co_occurrence(weighed: sp.csr_array) -> sp.csr_array:
    """Return X'X, tracks x tracks."""
    return sp.csr_array(weighed.T @ weighed)


def with_side_information(
    gram: sp.csr_array, items: Mapping[str, sp.csr_array], weights: Mapping[str, float]
) -> sp.csr_array:
    """Return the Gram matrix with the blocks of side information added.

    Args:
        gram: Co-occurrence, tracks x tracks.
        items: Blocks, tracks x features each, unit rows.
        weights: Weight of each block, in units of the mean diagonal of ``gram`` (the mean strength of a track), so that
            the same number means the same on a small and a large data set. Blocks that are not named weigh nothing.
    """
    unit = mean_diagonal(gram.diagonal())
    for name, block in items.items():
        weight = weights.get(name, 0.0) * unit
        if weight > 0 and block.nnz:
            gram = sp.csr_array(gram + weight * (block @ block.T))
    return gram


def mean_diagonal(diagonal: np.ndarray) -> float:
    """Return the mean of a Gram matrix's diagonal; 1 where it is all zero, so that it can serve as a unit."""
    mean = float(diagonal.mean()) if len(diagonal) else 0.0
    return mean if mean > 0 else 1.0
