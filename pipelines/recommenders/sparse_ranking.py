"""Lists for many histories from a sparse matrix of weights, without a score for every track.

A history of 25 tracks with 50 neighbours each speaks for a thousand tracks of a catalogue of a hundred thousand. Only
these are scored and ranked, and which of them the history holds already is looked at when the best are found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from pipelines.parallel import in_spans, spans
from pipelines.recommenders.ranking import PAD, top_k_of_entries
from pipelines.sparse import empty, find, row_of_each, with_data

#: Products in one block of histories: what is made of them stays in the processor's cache.
_PRODUCTS_PER_BLOCK = 500_000


def rank_entries(
    weighed: sp.csr_array, weights: sp.csr_array, k: int, masked: sp.csr_array
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ``k`` tracks with the highest scores for each history; equal scores by index.

    Below the positive scores stand the tracks of which the history says nothing, with a score of 0. Negative scores are
    not listed: a list that would need them is shorter.

    Args:
        weighed: Histories x tracks.
        weights: Tracks x tracks.
        k: Length of each list.
        masked: Histories x tracks, with an entry where a track must not appear; its rows are sorted.

    Returns:
        Indices (int64, ``PAD`` at the end of shorter lists) and scores (float32, 0 there).
    """
    n = weighed.shape[0]
    indices, scores = np.full((n, k), PAD, dtype=np.int64), np.zeros((n, k), dtype=np.float32)
    if not k:
        return indices, scores
    products = _products(weighed, weights)
    # Histories of like length together: they share the width of their tables.
    order = np.argsort(products, kind="stable")

    def block(start: int, stop: int) -> None:
        rows = order[start:stop]
        product, hidden = sp.csr_array(weighed[rows] @ weights), sp.csr_array(masked[rows])
        indices[rows], scores[rows] = _positive(product, hidden, k)
        short = np.flatnonzero(indices[rows, -1] == PAD)
        if len(short):
            others = _unspoken(sp.csr_array(product[short]), sp.csr_array(hidden[short]), k)
            both = np.concatenate([indices[rows[short]], others], axis=1)
            indices[rows[short]] = _first(k, both != PAD, both)

    for _ in in_spans(block, spans(products[order] + k, _PRODUCTS_PER_BLOCK)):
        pass
    return indices, scores


def _positive(product: sp.csr_array, hidden: sp.csr_array, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the best ``k`` positive entries of each row that are not hidden."""
    positive = with_data(product, np.where(product.data > 0, product.data, -np.inf))
    # Of so many more at most so many are hidden.
    found, values = top_k_of_entries(positive, k + int(np.diff(hidden.indptr).max(initial=0)))
    allowed = (found != PAD) & ~_holds(hidden, found)
    return _first(k, allowed, found), _first(k, allowed, values, filling=0)


def _unspoken(product: sp.csr_array, hidden: sp.csr_array, k: int) -> np.ndarray:
    """Return the first ``k`` tracks of each row, by index, that have no score and are not hidden."""
    n, n_tracks = product.shape
    # Among so many tracks ``k`` are left, whatever is scored or hidden.
    width = min(n_tracks, k + int(np.diff(product.indptr + hidden.indptr).max()))
    taken = np.zeros((n, width), dtype=bool)
    for matrix in (product, hidden):
        inside = (matrix.indices < width) & (matrix.data != 0)
        taken[row_of_each(matrix)[inside], matrix.indices[inside]] = True
    return _first(k, ~taken, np.broadcast_to(np.arange(width), taken.shape))


def _first(k: int, allowed: np.ndarray, values: np.ndarray, filling: int = PAD) -> np.ndarray:
    """Return the first ``k`` values of each row that are allowed, with a filling behind them."""
    places = np.cumsum(allowed, axis=1) - 1
    where = np.nonzero(allowed & (places < k))
    first = np.full((len(values), k), filling, dtype=values.dtype)
    first[where[0], places[where]] = values[where]
    return first


def places_of(masks: Sequence[sp.csr_array], shape: tuple[int, int]) -> sp.csr_array:
    """Return a matrix with an entry wherever one of the masks has one, its rows sorted."""
    found = empty(*shape)
    for mask in masks:
        found = sp.csr_array(found + with_data(mask, np.ones(mask.nnz, dtype=np.float32)))
    found.sort_indices()
    return found


def _products(weighed: sp.csr_array, weights: sp.csr_array) -> np.ndarray:
    """Return how many products each history's scores are made of."""
    lengths: np.ndarray = np.diff(weights.indptr)[weighed.indices]
    return np.bincount(row_of_each(weighed), weights=lengths, minlength=weighed.shape[0])


def _holds(matrix: sp.csr_array, columns: np.ndarray) -> np.ndarray:
    """Say which of the columns named in each row have an entry there."""
    width = matrix.shape[1]
    wanted = np.arange(len(columns))[:, None] * width + columns
    places = find(wanted.ravel(), row_of_each(matrix) * width + matrix.indices).reshape(columns.shape)
    held: np.ndarray = (places >= 0) & (columns != PAD)
    return held
