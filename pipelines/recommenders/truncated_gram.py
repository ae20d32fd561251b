"""The Gram matrix of a large catalogue: of each track only the tracks nearest to it.

Memory is tracks x kept, never the whole co-occurrence. What is cut off is small beside the ridge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from pipelines.parallel import spans, spread
from pipelines.recommenders.progress import followed
from pipelines.recommenders.ranking import PAD, top_k_of_entries
from pipelines.recommenders.sparse_lookup import PairLookup
from pipelines.sparse import row_of_each, with_data

#: Products in one block of co-occurrence: its rows and their keys stay in the processor's cache.
_PRODUCTS_PER_BLOCK = 1_000_000
_TINY = 1e-12


class TruncatedGram:
    """Held as each track's diagonal and its largest cosines.

    Attributes:
        diagonal: Its diagonal.
        edge: The last track with which each track's entry is held.
        entries: The matrix without the order of the tracks, which is half of it or more.
    """

    def __init__(self, rows: sp.csr_array, kept: int) -> None:
        self.diagonal: np.ndarray = squared_lengths(rows)
        self._indices, self._cosines, held = _nearest_by_product(rows, norms_of(self.diagonal), kept)
        self.edge: np.ndarray = self._indices[:, -1].copy()
        self.entries = HeldEntries(self.diagonal, held)

    def nearest(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the first of the kept tracks."""
        return _widened(self._indices, k, PAD), _widened(self._cosines, k, 0.0)


class HeldEntries:
    """The entries that were not cut off.

    An entry stands here where the tracks are among the nearest of the one that is played less.

    Args:
        diagonal: The diagonal.
        held: The entries, each once.
    """

    def __init__(self, diagonal: np.ndarray, held: sp.csr_array) -> None:
        self.diagonal = diagonal
        self._lookup = PairLookup(held)

    def among(self, chosen: np.ndarray) -> np.ndarray:
        """Return sub-matrices; an entry that was cut off is 0."""
        found = self._lookup.among(chosen)
        slots = np.arange(chosen.shape[1])
        found[:, slots, slots] = np.where(chosen == PAD, 0.0, self.diagonal[chosen])
        return found


def squared_lengths(rows: sp.csr_array) -> np.ndarray:
    """Return the diagonal of the Gram matrix: each column's sum of squares."""
    return np.bincount(rows.indices, weights=rows.data.astype(np.float64) ** 2, minlength=rows.shape[1])


def norms_of(diagonal: np.ndarray) -> np.ndarray:
    """Return the lengths of the columns, none of them zero."""
    norms: np.ndarray = np.sqrt(np.maximum(diagonal, _TINY))
    return norms


def _nearest_by_product(
    rows: sp.csr_array, norms: np.ndarray, kept: int
) -> tuple[np.ndarray, np.ndarray, sp.csr_array]:
    """Return each track's nearest tracks, their cosines, and the entries of the Gram matrix that are held.

    The sparse product is made in blocks, of which only the best of each row stay.
    """
    n_tracks = rows.shape[1]
    # Double precision: tracks with the same listeners have the same cosine, whatever the order of the sum.
    unit = with_data(rows, rows.data / norms[rows.indices])
    factors = _Factors(sp.csr_array(unit.T), unit, norms, kept)
    products = np.bincount(rows.indices, weights=np.diff(rows.indptr)[row_of_each(rows)], minlength=n_tracks)
    bounds = spans(products + kept, _PRODUCTS_PER_BLOCK)
    indices = np.empty((n_tracks, kept), dtype=np.int32)
    cosines = np.empty((n_tracks, kept), dtype=np.float32)
    held = _Growing(n_tracks, kept)
    parts = followed("co-occurrence", spread(_nearest_of_rows, factors, bounds), bounds)
    for rows_of, (nearest, their_cosines, entries) in zip(map(slice, bounds, bounds[1:]), parts, strict=True):
        indices[rows_of], cosines[rows_of] = nearest, their_cosines
        held.add(*entries)
    return indices, cosines, held.matrix()


class _Growing:
    """A square matrix that is put together from above, in place.

    Room is asked for as if every row were full. The system gives memory where something is written, so what stays empty
    takes none, and no second copy is made in the end.
    """

    def __init__(self, n: int, most: int) -> None:
        self._values = np.empty(n * most, dtype=np.float32)
        self._columns = np.empty(n * most, dtype=np.int32)
        self._starts = np.zeros(n + 1, dtype=np.int64)
        self._rows = 0

    def add(self, values: np.ndarray, columns: np.ndarray, lengths: np.ndarray) -> None:
        """Put rows below those that are there."""
        start, rows = self._starts[self._rows], len(lengths)
        self._values[start : start + len(values)], self._columns[start : start + len(values)] = values, columns
        self._starts[self._rows + 1 : self._rows + rows + 1] = start + np.cumsum(lengths)
        self._rows += rows

    def matrix(self) -> sp.csr_array:
        """Return the matrix."""
        n, filled = self._rows, int(self._starts[-1])
        fits = filled <= np.iinfo(np.int32).max
        starts = self._starts.astype(np.int32) if fits else self._starts
        return sp.csr_array((self._values[:filled], self._columns[:filled], starts), shape=(n, n))


@dataclass(frozen=True)
class _Factors:
    """What the product is made from.

    Attributes:
        tracks: Tracks x rows, of unit length.
        unit: Rows x tracks: the same, the other way around.
        norms: The length of every track.
        kept: How many entries a track keeps.
    """

    tracks: sp.csr_array
    unit: sp.csr_array
    norms: np.ndarray
    kept: int


def _nearest_of_rows(
    factors: _Factors, start: int, stop: int
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return the nearest tracks of some, the cosines, and what ``_held`` says of them."""
    product = sp.csr_array(factors.tracks[start:stop] @ factors.unit)
    itself = product.indices == start + row_of_each(product)
    product.data[itself | (product.data <= 0)] = -np.inf
    indices, cosines = top_k_of_entries(product, factors.kept)
    narrow = indices.astype(np.int32)
    return narrow, cosines, _held(start, narrow, cosines, factors.norms)


def _held(
    start: int, indices: np.ndarray, cosines: np.ndarray, norms: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the entries of some rows whose own track is played less than the other (or as much, and stands before).

    Args:
        start: The first of the tracks.
        indices: Tracks x kept, their nearest.
        cosines: Their cosines.
        norms: The length of every track.

    Returns:
        Values, columns, and how many there are in each row.
    """
    tracks = np.arange(start, start + len(indices))[:, None]
    own, other = norms[tracks], norms[indices]
    chosen = (indices != PAD) & ((other > own) | ((other == own) & (indices > tracks)))
    values = (cosines * own * other)[chosen].astype(np.float32)
    return values, indices[chosen], chosen.sum(axis=1)


def _widened(values: np.ndarray, k: int, filling: float) -> np.ndarray:
    """Return the first ``k`` columns; where there are fewer, columns of ``filling`` behind them."""
    missing = max(0, k - values.shape[1])
    return np.pad(values[:, :k], ((0, 0), (0, missing)), constant_values=filling)
