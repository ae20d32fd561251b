"""Forgetting listeners: the model that a training without them gives, exactly, without most of the training.

A regression of the flagship sees a listener in four places only: in the Gram matrix among the track and its neighbours,
in which tracks the neighbours are, in which entries a large catalogue cuts off, and in the units of the whole data set.
The first three change near the listener's own tracks, the last is a round number that hardly ever changes. So most
regressions are the same to the last bit, and the others are found here.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from pipelines.errors import ConfigError
from pipelines.recommenders.base import Forgets, Recommender, TrainingData
from pipelines.recommenders.ranking import PAD
from pipelines.sparse import chosen_entries


def forget(model: Recommender, data: TrainingData, listeners: np.ndarray) -> Recommender:
    """Return the model that fitting on ``data.without(listeners)`` gives, by the shortest way the recommender knows.

    Args:
        model: A fitted recommender; it stays as it is.
        data: What it was fitted on.
        listeners: The rows of those to forget.

    Raises:
        ConfigError: The data has another catalogue than the model.
    """
    if model.n_tracks != data.n_tracks:
        raise ConfigError(
            f"the model knows {model.n_tracks:,} tracks and the data {data.n_tracks:,}",
            where=model.name,
            remedy="Give the data that the model was fitted on",
        )
    if isinstance(model, Forgets):
        return model.forget(data, listeners)
    return type(model)(model.config).fit(data.without(listeners))


def stale_tracks(
    weights: sp.csr_array,
    neighbours: np.ndarray,
    touched: np.ndarray,
    edge_before: np.ndarray,
    edge_after: np.ndarray,
) -> np.ndarray:
    """Return which tracks' regressions changed, as a boolean for each; some that did not may be among them.

    Args:
        weights: The weights before: column j has an entry for each neighbour of track j.
        neighbours: The neighbours after, tracks x K.
        touched: Which tracks the forgotten listeners had.
        edge_before: The last track with which each track's entry of the Gram matrix was held (``PAD`` where none was
            cut off).
        edge_after: The same after.
    """
    before = _pattern(sp.csr_array(weights.T))
    after = _pattern(_as_matrix(neighbours))
    # Among tracks that were not touched the order of cosines stays: what a row holds of them changes only where touched
    # tracks push in or move away from its edge.
    moved = (edge_before != edge_after) | _is(touched, edge_before) | _is(touched, edge_after)
    suspect = touched | moved
    has_other_neighbours = np.diff(sp.csr_array(before - after).indptr) > 0
    has_suspect_neighbours = after @ suspect.astype(np.int32) > 0
    stale: np.ndarray = suspect | has_other_neighbours | has_suspect_neighbours
    return stale


def replaced(weights: sp.csr_array, solved: sp.csr_array, stale: np.ndarray) -> sp.csr_array:
    """Return the weights with the columns of some tracks taken from elsewhere.

    Args:
        weights: Tracks x tracks.
        solved: New weights; only columns of stale tracks hold any.
        stale: The tracks to take from there, as a boolean for each.
    """
    return sp.csr_array(chosen_entries(weights, ~stale[weights.indices]) + solved)


def _is(touched: np.ndarray, tracks: np.ndarray) -> np.ndarray:
    """Say of each track whether it is one that was touched; ``PAD`` is none."""
    found: np.ndarray = (tracks != PAD) & touched[tracks]
    return found


def _as_matrix(neighbours: np.ndarray) -> sp.csr_array:
    """Return tracks x tracks with an entry for each neighbour of the track of the row."""
    present = neighbours != PAD
    starts = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
    columns = neighbours[present]
    matrix = sp.csr_array((columns, columns, starts), shape=(len(neighbours), len(neighbours)))
    matrix.sort_indices()
    return matrix


def _pattern(matrix: sp.csr_array) -> sp.csr_array:
    """Return ones in the places of a matrix."""
    return sp.csr_array((np.ones(matrix.nnz, dtype=np.int32), matrix.indices, matrix.indptr), shape=matrix.shape)
