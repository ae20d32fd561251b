"""Lists for single histories, with the reasons for them: what a service is asked for.

``SparseRanker`` is the fast way; ``DenseRanker`` takes any model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import scipy.sparse as sp

from pipelines.recommenders.base import Explains, Recommender
from pipelines.recommenders.ranking import top_k
from pipelines.sparse import from_triples

#: Tells for each of some tracks whether it may be in the list.
Keep = Callable[[np.ndarray], np.ndarray]


class Disliked(NamedTuple):
    """What a listener does not want to hear the like of.

    Each of these tracks takes from every other what it would add if it were liked that much, and adds nothing: that two
    tracks are unlike each other does not make one of them good.

    Attributes:
        tracks: Track indices, each once.
        plays: How much each speaks against its like, in plays (float32).
    """

    tracks: np.ndarray
    plays: np.ndarray


NOTHING = Disliked(np.empty(0, np.int64), np.empty(0, np.float32))


class History(NamedTuple):
    """What a listener plays: track indices, ascending and each once, and their strengths in plays (float32).

    ``against`` is what they dislike; none of it is played.
    """

    tracks: np.ndarray
    plays: np.ndarray
    against: Disliked = NOTHING

    @property
    def every_track(self) -> np.ndarray:
        """The tracks that are played, and then those that are disliked."""
        return np.concatenate([self.tracks, self.against.tracks]) if len(self.against.tracks) else self.tracks

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


class Question(NamedTuple):
    """What a list is wanted for.

    Attributes:
        history: The listener.
        k: At most so many tracks.
        excluded: Track indices that must not appear.
        reasons: How many reasons to give for each track.
    """

    history: History
    k: int
    excluded: np.ndarray
    reasons: int


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

    def explained(self, asked: Sequence[Question]) -> list[tuple[Ranked, Reasons]]:
        """Return for each question what ``rank`` and ``reasons`` give together."""
        ...


class DenseRanker:
    """Ranks with any model by its score for every track."""

    def __init__(self, model: Recommender) -> None:
        self._model = model

    def rank(self, history: History, k: int, excluded: np.ndarray, keep: Keep | None = None) -> Ranked:
        """Return the best ``k`` tracks with a score above 0."""
        scores = self._model.score(history.as_row(self._model.n_tracks))
        for track, plays in zip(*history.against, strict=True):
            alone = History(np.array([track]), np.array([plays])).as_row(self._model.n_tracks)
            scores -= np.maximum(self._model.score(alone), 0)
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
        return shares_of(places.astype(np.int64), owners.astype(np.int64), amounts.astype(float), len(tracks), n)

    def explained(self, asked: Sequence[Question]) -> list[tuple[Ranked, Reasons]]:
        """Return the lists and what speaks for them, one after the other."""
        lists = [self.rank(each.history, each.k, each.excluded) for each in asked]
        return [
            (ranked, self.reasons(each.history, ranked.tracks, each.reasons))
            for each, ranked in zip(asked, lists, strict=True)
        ]


def shares_of(
    places: np.ndarray, tracks: np.ndarray, amounts: np.ndarray, n_places: int, n: np.ndarray | int
) -> Reasons:
    """Return the first parts of each place, as shares of all its parts.

    Args:
        places: The place of each part, ascending; within a place, the parts come largest first.
        tracks: The track each part comes from.
        amounts: What each adds, float64.
        n_places: How many places there are.
        n: How many parts to return of a place: one number, or one for each part.
    """
    totals = np.bincount(places, weights=amounts, minlength=n_places)
    within = np.arange(len(places)) - places.searchsorted(places)
    shown = (within < n).nonzero()[0]
    there = places[shown]
    return Reasons(there, tracks[shown], amounts[shown] / totals[there])
