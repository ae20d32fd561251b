"""The Gram matrix of an item-item ridge regression, from histories and from side information.

``G = X'X + sum_b w_b F_b F_b'`` with X the weighed histories (listeners x tracks) and F_b a block of side information
(tracks x features, unit rows). Adding side information to the Gram matrix is the same as adding the rows of F_b' to X as
listeners of weight w_b: SSLIM (Ning & Karypis 2012), Add-EASE (Jeunen et al. 2020).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp

#: Up to this many tracks the Gram matrix is held densely (float32: 576 MB): reading sub-matrices is then fastest.
DENSE_TRACKS = 12_000


class Gram:
    """A symmetric tracks x tracks matrix that gives blocks of rows and many small sub-matrices.

    Args:
        matrix: The matrix, sparse; entries that are absent are zero.
        dense: Hold it densely; by default where it is small enough.
    """

    def __init__(self, matrix: sp.csr_array, *, dense: bool | None = None) -> None:
        matrix.sort_indices()
        self.n_tracks = int(matrix.shape[0])
        self.diagonal = matrix.diagonal().astype(np.float64)
        hold_dense = self.n_tracks <= DENSE_TRACKS if dense is None else dense
        self._dense = matrix.toarray().astype(np.float32, copy=False) if hold_dense else None
        self._sparse = None if hold_dense else matrix
        self._keys = None if hold_dense else _sorted_keys(matrix)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Return rows ``start`` to ``stop`` densely, float32."""
        if self._dense is not None:
            return self._dense[start:stop]
        assert self._sparse is not None
        return self._sparse[start:stop].toarray().astype(np.float32, copy=False)

    def sub_matrices(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the sub-matrices at ``rows`` x ``columns`` for each of B index sets.

        Args:
            rows: B x r track indices.
            columns: B x c track indices.

        Returns:
            B x r x c, float64.
        """
        if self._dense is not None:
            return self._dense[rows[:, :, None], columns[:, None, :]].astype(np.float64)
        assert self._sparse is not None
        assert self._keys is not None
        wanted = rows[:, :, None].astype(np.int64) * self.n_tracks + columns[:, None, :]
        place = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        return np.where(self._keys[place] == wanted, self._sparse.data[place], 0.0).astype(np.float64)


def _sorted_keys(matrix: sp.csr_array) -> np.ndarray:
    """Return row * n + column of every entry: sorted, because the rows are and their columns are."""
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return rows * matrix.shape[1] + matrix.indices


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
