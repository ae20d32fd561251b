"""One history at a time, fast: only the tracks that its own tracks speak for are ever touched.

The list is the one ``Recommender.recommend`` gives, to the last bit: the same products are added up in the same order.
A history of 50 tracks with 50 neighbours each touches 2,500 numbers, whatever the size of the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import local
from typing import NamedTuple, Protocol

import numpy as np
import scipy.sparse as sp

from pipelines.recommenders.base import Explains, Recommender
from pipelines.recommenders.facts import ranges
from pipelines.recommenders.item_item import ItemItemModel
from pipelines.recommenders.ranking import top_k
from pipelines.recommenders.weighting import strengths
from pipelines.sparse import from_triples

#: Tells for each of some tracks whether it may be in the list.
Keep = Callable[[np.ndarray], np.ndarray]


class History(NamedTuple):
    """What a listener plays: track indices, ascending and each once, and their strengths in plays (float32)."""

    tracks: np.ndarray
    plays: np.ndarray

    def as_row(self, n_tracks: int) -> sp.csr_array:
        """Return it as a sparse matrix of one row."""
        return from_triples(self.plays, np.zeros(len(self.tracks), np.int64), self.tracks, (1, n_tracks))


class Ranked(NamedTuple):
    """Track indices, best first, and their scores (float32)."""

    tracks: np.ndarray
    scores: np.ndarray


class Reasons(NamedTuple):
    """Why tracks are in a list, one entry a reason: strongest first within a track.

    Attributes:
        places: The place in the list of the track that is explained, ascending.
        tracks: Index of the history's track that speaks for it.
        shares: Its part of all that speaks for it, float64.
    """

    places: np.ndarray
    tracks: np.ndarray
    shares: np.ndarray


class HistoryRanker(Protocol):
    """Ranks for one history at a time and says why."""

    def rank(self, history: History, k: int, excluded: np.ndarray, keep: Keep | None = None) -> Ranked:
        """Return the best ``k`` tracks whose score is above 0; equal scores in the order of the tracks' indices.

        Args:
            history: The listener.
            k: At most so many.
            excluded: Track indices that must not appear.
            keep: Which tracks may appear; None for all.
        """
        ...

    def reasons(self, history: History, tracks: np.ndarray, n: int) -> Reasons:
        """Return the ``n`` tracks of the history that add most to the score of each track."""
        ...


def ranker_of(model: Recommender) -> HistoryRanker:
    """Return the fastest way to rank with a model."""
    plain = isinstance(model, ItemItemModel) and all(
        getattr(type(model), name) is getattr(ItemItemModel, name) for name in ("score", "contributions")
    )
    return SparseRanker(model) if isinstance(model, ItemItemModel) and plain else DenseRanker(model)


class SparseRanker:
    """Ranks with an item-item model by adding up rows of its matrix, without a score for every track.

    Args:
        model: A fitted model.
    """

    def __init__(self, model: ItemItemModel) -> None:
        weights = model.weights
        # Plain views: indexing a memory map's own class costs more than the reading.
        self._indptr, self._indices, self._data = map(np.asarray, (weights.indptr, weights.indices, weights.data))
        self._weighting = model.config.weighting
        self._n_tracks = model.n_tracks
        self._threads = local()

    def rank(self, history: History, k: int, excluded: np.ndarray, keep: Keep | None = None) -> Ranked:
        """Return the best ``k`` tracks the history speaks for."""
        tracks, amounts, _ = self._parts(history)
        sums, places = self._scratch()
        numbers = np.arange(len(tracks), dtype=np.int32)
        np.add.at(sums, tracks, amounts)
        places[tracks] = numbers  # of a track that stands there several times, the last one's number
        places[excluded] = -1
        once = tracks[places[tracks] == numbers]
        scores = sums[once]
        sums[tracks] = 0
        good = scores > 0
        if keep is not None:
            good[good] = keep(once[good])
        return _best(once[good], scores[good], k)

    def reasons(self, history: History, tracks: np.ndarray, n: int) -> Reasons:
        """Return what adds most to each score, all tracks at once."""
        spoken_for, amounts, owners = self._parts(history)
        _, places = self._scratch()
        places[spoken_for] = -1
        places[tracks] = np.arange(len(tracks), dtype=np.int32)
        place = places[spoken_for]
        adding = np.flatnonzero((place >= 0) & (amounts > 0))
        order = adding[np.lexsort((owners[adding], -amounts[adding], place[adding]))]
        return _shares(place[order], history.tracks[owners[order]], amounts[order].astype(float), len(tracks), n)

    def _parts(self, history: History) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what each track of the history adds to which track: track, amount, place in the history.

        Whoever ranks a history asks for the reasons next, so the last one's parts are kept.
        """
        last: tuple[History, tuple[np.ndarray, np.ndarray, np.ndarray]] | None = getattr(self._threads, "last", None)
        if last is None or last[0] is not history:
            last = history, self._gather(history)
            self._threads.last = last
        return last[1]

    def _gather(self, history: History) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        starts, ends = self._indptr[history.tracks], self._indptr[history.tracks + 1]
        entries = ranges(starts, ends)
        owners = np.repeat(np.arange(len(starts)), ends - starts)
        weighed = strengths(history.plays, self._weighting)
        tracks = self._indices.take(entries).astype(np.int64)  # what NumPy indexes with
        return tracks, self._data.take(entries) * weighed.take(owners), owners

    def _scratch(self) -> tuple[np.ndarray, np.ndarray]:
        """Return this thread's sums (all 0 between calls) and places (anything)."""
        found: tuple[np.ndarray, np.ndarray] | None = getattr(self._threads, "arrays", None)
        if found is None:
            found = np.zeros(self._n_tracks, np.float32), np.empty(self._n_tracks, np.int32)
            self._threads.arrays = found
        return found


class DenseRanker:
    """Ranks with any model by its score for every track."""

    def __init__(self, model: Recommender) -> None:
        self._model = model

    def rank(self, history: History, k: int, excluded: np.ndarray, keep: Keep | None = None) -> Ranked:
        """Return the best ``k`` tracks with a score above 0."""
        scores = self._model.score(history.as_row(self._model.n_tracks))
        scores[0, excluded] = -np.inf
        scores[scores <= 0] = -np.inf
        if keep is not None:
            scores[0, ~keep(np.arange(scores.shape[1]))] = -np.inf
        indices, values = top_k(scores, k)
        found = values[0] > 0
        return Ranked(indices[0, found], values[0, found])

    def reasons(self, history: History, tracks: np.ndarray, n: int) -> Reasons:
        """Return what adds most to each score, one track at a time; nothing where the model cannot explain."""
        parts: list[tuple[int, int, float]] = []
        if isinstance(self._model, Explains) and n:
            row = history.as_row(self._model.n_tracks)
            for place, track in enumerate(tracks.tolist()):
                found = self._model.contributions(row, track)
                parts += [(place, part.track, part.amount) for part in found if part.amount > 0]
        places, owners, amounts = (
            (np.array(column) for column in zip(*parts, strict=True)) if parts else [np.empty(0)] * 3
        )
        return _shares(places.astype(np.int64), owners.astype(np.int64), amounts.astype(float), len(tracks), n)


def _best(tracks: np.ndarray, scores: np.ndarray, k: int) -> Ranked:
    """Return the ``k`` largest scores with their tracks; equal ones in the order of the tracks."""
    if len(scores) > k:
        enough = np.flatnonzero(scores >= np.partition(scores, len(scores) - k)[len(scores) - k])
        tracks, scores = tracks[enough], scores[enough]
    order = np.lexsort((tracks, -scores))[:k]
    return Ranked(tracks[order], scores[order])


def _shares(places: np.ndarray, tracks: np.ndarray, amounts: np.ndarray, n_places: int, n: int) -> Reasons:
    """Return the first ``n`` parts of each place, as shares of all its parts; the parts come sorted."""
    totals = np.bincount(places, weights=amounts, minlength=n_places)
    counts = np.bincount(places, minlength=n_places)
    within = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    shown = within < n
    return Reasons(places[shown], tracks[shown], amounts[shown] / totals[places[shown]])
