"""Lists for many histories at once, the same as asking the bundle for each: ranked together, filled together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from pipelines.parallel import even_spans
from pipelines.recommenders.base import CandidateList
from pipelines.recommenders.ranking import PAD
from pipelines.recommenders.sparse_ranking import places_of
from pipelines.release.model_bundle import ModelBundle
from pipelines.sparse import row_of_each

#: Lists that are filled at a time: their tables hold a byte for each popular track that is looked at.
_FILLED_AT_ONCE = 4_096


def rank_many(
    bundle: ModelBundle, histories: sp.csr_array, k: int, exclude: sp.csr_array | None = None
) -> CandidateList:
    """Return the list that ``ModelBundle.rank`` gives for each history.

    Args:
        bundle: The model.
        histories: Histories x tracks.
        k: Length of each list; ``PAD`` fills lists for which the catalogue is too small.
        exclude: Histories x tracks, with an entry where a track must not appear; a history itself never does.
    """
    if exclude is None:
        return _ranked(bundle, histories, k, None)
    n = histories.shape[0]
    lists = CandidateList(np.full((n, k), PAD, dtype=np.int64), np.zeros((n, k), dtype=np.float32))
    narrowed = np.diff(exclude.indptr) > 0
    # Apart: what is ranked beside each list is as much as the longest row among them excludes.
    for rows, hidden in ((np.flatnonzero(~narrowed), None), (np.flatnonzero(narrowed), exclude)):
        if len(rows):
            theirs = None if hidden is None else sp.csr_array(hidden[rows])
            part = _ranked(bundle, sp.csr_array(histories[rows]), k, theirs)
            lists.indices[rows], lists.scores[rows] = part.indices, part.scores
    return lists


def _ranked(bundle: ModelBundle, histories: sp.csr_array, k: int, exclude: sp.csr_array | None) -> CandidateList:
    """Return the lists of ``rank_many``."""
    lists = bundle.recommender.recommend(histories, k, exclude=exclude)
    unfilled = np.flatnonzero((lists.scores <= 0).any(axis=1))
    if len(unfilled):
        # What a model scores with 0 or less it does not recommend: those places are filled with popular tracks.
        lists.scores[unfilled] = np.maximum(lists.scores[unfilled], 0)
        lists.indices[lists.scores == 0] = PAD
        place_of = np.empty(len(bundle.by_popularity), dtype=np.int64)
        place_of[bundle.by_popularity] = np.arange(len(place_of))
        hidden = histories if exclude is None else places_of([histories, exclude], histories.shape)
        bounds = even_spans(len(unfilled), _FILLED_AT_ONCE).tolist()
        for start, stop in pairwise(bounds):
            rows = unfilled[start:stop]
            theirs = sp.csr_array(hidden[rows])
            lists.indices[rows] = _filled(lists.indices[rows], theirs, bundle.by_popularity, place_of)
    return lists


def _filled(listed: np.ndarray, hidden: sp.csr_array, by_popularity: np.ndarray, place_of: np.ndarray) -> np.ndarray:
    """Return lists with the most popular tracks that are neither in them nor hidden, behind what they hold.

    Args:
        listed: Lists x k track indices, ``PAD`` behind those there are.
        hidden: Lists x tracks: what must not appear, the histories among it.
        by_popularity: Track indices, most popular first.
        place_of: For each track its place there.
    """
    n, k = listed.shape
    # Among so many popular tracks k are left, whatever the list holds of them and is hidden.
    width = min(len(by_popularity), k + int(np.diff(hidden.indptr).max(initial=0)))
    taken = np.zeros((n, width), dtype=bool)
    rows, places = np.nonzero(listed != PAD)
    for row, track in ((rows, listed[rows, places]), (row_of_each(hidden), hidden.indices)):
        place = place_of[track]
        taken[row[place < width], place[place < width]] = True
    there = (listed != PAD).sum(axis=1)
    number = there[:, None] + np.cumsum(~taken, axis=1) - 1
    row, popular = np.nonzero(~taken & (number < k))
    filled = listed.copy()
    filled[row, number[row, popular]] = by_popularity[popular]
    return filled
