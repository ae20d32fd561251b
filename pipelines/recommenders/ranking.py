"""Top-k selection with a defined order for ties.

A score and the index of its track are packed into one 64-bit number whose order is the order of a list: higher scores
first, equal scores by index. So a list is the smallest numbers of its row, and NumPy's vectorised selection and sorting
find them without a loop over rows. Scores are compared in single precision.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

#: Fills lists that are shorter than k.
PAD = -1

#: Sorts behind every track; its index reads as ``PAD``.
_NOTHING = np.uint64(2**64 - 1)
_INDEX_BITS, _INDEX = np.uint64(32), np.uint64(2**32 - 1)
_SIGN = np.uint32(2**31)
_LEAST = np.finfo(np.float32).min


def top_k(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices and values of the ``k`` largest scores of each row, best first.

    Equal scores are ordered by index; scores of minus infinity (and NaN) are never returned.

    Args:
        scores: Rows x tracks, floating point.
        k: How many to keep; more than there are tracks pads the rest with ``PAD``.

    Returns:
        Indices (rows x k, int64) and scores (rows x k, float32; 0 where padded).
    """
    n_rows, n_tracks = scores.shape
    kept = min(k, n_tracks)
    if kept == 0 or n_rows == 0:
        return _unpacked(np.empty((n_rows, 0), dtype=np.uint64), k)
    single = scores.astype(np.float32, copy=False)
    least = np.full(n_rows, _LEAST)
    if kept < n_tracks:
        # NaN sorts last, as if it were the largest: it may not take a place. Scores are turned around because NumPy's
        # selection takes a hundred times longer where most are the smallest, as 0 and what is left out often are.
        turned = np.fmax(single, -np.inf)
        np.negative(turned, out=turned)
        turned.partition(kept - 1, axis=1)
        least = np.maximum(least, -turned[:, kept - 1])
    rows, columns = np.divmod(np.flatnonzero(single >= least[:, None]), n_tracks)
    values = single[rows, columns]
    chosen = _without_surplus(rows, values == least[rows], n_rows, kept)
    rows, packed = rows[chosen], _packed(values[chosen], columns[chosen])
    starts = np.searchsorted(rows, np.arange(n_rows))
    lists = np.full((n_rows, kept), _NOTHING)
    lists[rows, np.arange(len(rows)) - starts[rows]] = packed
    lists.sort(axis=1)
    return _unpacked(lists, k)


def top_k_of_entries(matrix: sp.csr_array, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices and values of the ``k`` largest entries of each row of a sparse matrix, best first.

    As ``top_k``, except that a place without an entry is no score of 0 but none at all. The entries of a row need not
    be sorted; none may stand twice.
    """
    packed = _packed(matrix.data.astype(np.float32, copy=False), matrix.indices)
    lengths = np.diff(matrix.indptr)
    lists = np.full((len(lengths), k), _NOTHING)
    for rows in _of_like_length(lengths):
        width = int(lengths[rows[0]])
        table = np.full((len(rows), max(width, 1)), _NOTHING)
        present = np.arange(table.shape[1]) < lengths[rows][:, None]
        table[present] = packed[_places(matrix.indptr[rows], lengths[rows])]
        if k < width:
            table.partition(k, axis=1)
        best = np.sort(table[:, :k], axis=1)
        lists[rows, : best.shape[1]] = best
    return _unpacked(lists, k)


def _without_surplus(rows: np.ndarray, last: np.ndarray, n_rows: int, kept: int) -> np.ndarray:
    """Say which entries to keep so that no row has more than ``kept``: of those tied for the last place the first.

    Args:
        rows: The row of each entry, ascending; in a row entries stand by index.
        last: Whether the entry has the lowest score of its row that is still in.
        n_rows: How many rows there are.
        kept: How many entries a row may keep.
    """
    places_left = kept - np.bincount(rows[~last], minlength=n_rows)
    tied = np.cumsum(last)
    before = np.concatenate([[0], tied])[np.searchsorted(rows, np.arange(n_rows))]
    chosen: np.ndarray = ~last | (tied - before[rows] <= places_left[rows])
    return chosen


def _of_like_length(lengths: np.ndarray) -> list[np.ndarray]:
    """Split rows, longest first, so that within a part no row is less than half as long as the first (or all short)."""
    order = np.argsort(-lengths, kind="stable")
    doublings = np.ceil(np.log2(np.maximum(lengths[order], 16)))
    return [part for part in np.split(order, np.flatnonzero(np.diff(doublings)) + 1) if len(part)]


def _places(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return ``start, start + 1, ...`` of each row, ``length`` of them, one row after the other."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))


def _packed(scores: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Pack float32 scores and indices; NaN and minus infinity become nothing."""
    bits = (scores + np.float32(0.0)).view(np.uint32)  # which makes -0.0 the 0.0 it equals
    # The bits of a positive float order like integers, those of a negative one the other way around.
    rank = np.where(bits >= _SIGN, bits, ~(bits | _SIGN))
    packed = (rank.astype(np.uint64) << _INDEX_BITS) | indices.astype(np.uint64)
    packed[~(scores >= _LEAST)] = _NOTHING
    return packed


def _unpacked(lists: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices and scores of packed lists, padded to length ``k``."""
    rank = (lists >> _INDEX_BITS).astype(np.uint32)
    scores = np.where(rank >= _SIGN, rank, ~rank & ~_SIGN).view(np.float32)
    nothing = lists == _NOTHING
    indices = np.where(nothing, PAD, (lists & _INDEX).astype(np.int64))
    missing = ((0, 0), (0, k - lists.shape[1]))
    return np.pad(indices, missing, constant_values=PAD), np.pad(np.where(nothing, np.float32(0), scores), missing)
