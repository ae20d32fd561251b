"""Small constructors for sparse matrices, so that no caller repeats how they are put together."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp


def from_triples(data: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sp.csr_array:
    """Return a float32 matrix from values and their places; values in the same place are added up."""
    coordinates = sp.coo_array((data.astype(np.float32), (rows, columns)), shape=shape)
    matrix = sp.csr_array(coordinates)
    matrix.sum_duplicates()
    return matrix


def with_data(matrix: sp.csr_array, data: np.ndarray) -> sp.csr_array:
    """Return a matrix with the places of ``matrix`` and other values (the places are shared, not copied)."""
    parts = (data, matrix.indices, matrix.indptr)
    return sp.csr_array(parts, shape=matrix.shape)


def empty(n_rows: int, n_columns: int) -> sp.csr_array:
    """Return a float32 matrix without entries."""
    nowhere = np.empty(0, dtype=np.int64)
    return from_triples(np.empty(0), nowhere, nowhere, (n_rows, n_columns))


def row_of_each(matrix: sp.csr_array) -> np.ndarray:
    """Return the row of every entry, in the order of ``matrix.data``."""
    return np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
