"""Small constructors for sparse matrices, so that no caller repeats how they are put together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

# The loops below scipy's own operators, whose set-up takes longer than the work where a matrix is one history.
from scipy.sparse import _sparsetools as loops  # noqa: PLC2701 - a test holds them to the public operators

#: About so many rows are copied at a time as have this many entries: they stay in the processor's cache.
_PRODUCTS_AT_ONCE = 500_000


class Rows(NamedTuple):
    """Some rows of a sparse matrix, copied out of it.

    Attributes:
        columns: Column of each entry, row after row.
        values: Their values, float32.
        starts: Where each row begins, and where the last one ends.
    """

    columns: np.ndarray
    values: np.ndarray
    starts: np.ndarray

    def part(self, first: int, end: int) -> Rows:
        """Return some of the rows, one after the other, without copying their entries."""
        start, stop = self.starts[first], self.starts[end]
        return Rows(self.columns[start:stop], self.values[start:stop], self.starts[first : end + 1] - start)

    def row_of(self, entries: np.ndarray) -> np.ndarray:
        """Return the row in which each of some entries stands."""
        found: np.ndarray = self.starts.searchsorted(entries, side="right") - 1
        return found

    def add_to(self, sums: np.ndarray, factors: np.ndarray) -> None:
        """Add each row, times its factor, to ``sums``, which has a place for each column; the first row comes first."""
        loops.csc_matvec(len(sums), len(factors), self.starts, self.columns, self.values, factors, sums)


def take_rows(matrix: sp.csr_array, rows: np.ndarray) -> Rows:
    """Return some rows; they have to exist, nothing is checked here."""
    indptr, indices = matrix.indptr, matrix.indices
    firsts = indptr.take(rows)
    starts = np.zeros(len(rows) + 1, indices.dtype)
    np.cumsum(indptr.take(rows + 1) - firsts, out=starts[1:])
    columns, values = np.empty(starts[-1], indices.dtype), np.empty(starts[-1], matrix.dtype)
    loops.csr_row_index(len(rows), rows.astype(indices.dtype), indptr, indices, matrix.data, columns, values)
    return Rows(columns, values, starts)


def dense_product(left: sp.csr_array, right: sp.csr_array) -> np.ndarray:
    """Return ``left @ right`` as a dense array; both are float32.

    The numbers are those of ``(left @ right).toarray()`` to the last bit, in a third of the time: no sparse product is
    made on the way, nor its entries counted before.
    """
    n, starts = left.shape[0], left.indptr.tolist()
    sums = np.zeros((n, right.shape[1]), np.float32)
    products = int(np.diff(right.indptr).take(left.indices).sum())
    step = max(1, n * _PRODUCTS_AT_ONCE // max(1, products))
    for first in range(0, n, step):
        end = min(n, first + step)
        begin = starts[first]
        rows, factors = take_rows(right, left.indices[begin : starts[end]]), left.data[begin : starts[end]]
        for row in range(first, end):
            start, stop = starts[row] - begin, starts[row + 1] - begin
            rows.part(start, stop).add_to(sums[row], factors[start:stop])
    return sums


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


def chosen_entries(matrix: sp.csr_array, chosen: np.ndarray) -> sp.csr_array:
    """Return the matrix with only the chosen of its entries, given as a boolean for each."""
    counts = np.concatenate([[0], np.cumsum(chosen)])[matrix.indptr]
    return sp.csr_array((matrix.data[chosen], matrix.indices[chosen], counts), shape=matrix.shape)


def in_places_of(places: sp.csr_array, values: sp.csr_array) -> sp.csr_array:
    """Return the values of one matrix in the places of another, 0 where it has none; the rows of both are sorted."""
    width = places.shape[1]
    wanted = row_of_each(places) * width + places.indices
    found = find(wanted, row_of_each(values) * width + values.indices)
    data = np.zeros(places.nnz, dtype=values.dtype)
    data[found >= 0] = values.data[found[found >= 0]]
    return with_data(places, data)


def find(wanted: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return where each wanted number stands in a sorted array; -1 where it does not."""
    if not len(among):
        return np.full(len(wanted), -1, dtype=np.int64)
    places = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
    return np.where(among[places] == wanted, places, -1)


def empty(n_rows: int, n_columns: int) -> sp.csr_array:
    """Return a float32 matrix without entries."""
    nowhere = np.empty(0, dtype=np.int64)
    return from_triples(np.empty(0), nowhere, nowhere, (n_rows, n_columns))


def row_of_each(matrix: sp.csr_array) -> np.ndarray:
    """Return the row of every entry, in the order of ``matrix.data``."""
    return np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
