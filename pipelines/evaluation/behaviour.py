"""What a fitted model does when a history changes a little: figures that accuracy does not show.

After Ribeiro et al. 2020 (behavioural testing): a change whose effect is known is made to real histories, and what the
model makes of it is measured. Each figure is a share, compared with a threshold of ``BehaviourRules``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from pipelines.config import BehaviourRules
from pipelines.evaluation.beyond_accuracy import as_matrix, exposure
from pipelines.evaluation.records import KeptRecords
from pipelines.features.dataset import Dataset
from pipelines.features.items import ARTISTS
from pipelines.recommenders.base import SCORES_PER_BLOCK, Recommender
from pipelines.sparse import from_triples, with_data

#: A page of tracks.
_K = 10
#: A list from fewer tracks than this rests on each of them, and ought to change with each.
_LEAST_HISTORY = 5
_DROPPED = 0.1
_MOST_POPULAR = 0.01
#: How often a track is drawn until its artists are new to the listener and have others.
_TRIES = 20
#: A share of fewer listeners than this says little.
_LEAST_CASES = 10
#: A catalogue of fewer lists than this makes different lists alike.
_LISTS = 5


@dataclass(frozen=True)
class BehaviourCheck:
    """One check of one model.

    Attributes:
        name: The check, and the name of its threshold in ``BehaviourRules``.
        figure: What was measured, a share; NaN where the data do not allow it.
        threshold: The least or the largest share that is asked.
        passed: Whether the figure is within the threshold; None where it could not be measured.
        sentence: The figure and what is asked, in words.
    """

    name: str
    figure: float
    threshold: float
    passed: bool | None
    sentence: str


#: Where a training keeps them.
KEPT_CHECKS = KeptRecords("behaviour.json", BehaviourCheck, "the behavioural checks")


@dataclass(frozen=True)
class _Case:
    """A model, the histories it is tried on, their first lists, and what the changes are drawn from."""

    model: Recommender
    dataset: Dataset
    histories: sp.csr_array
    lists: np.ndarray
    seed: int

    def rng(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, 7])

    def kept(self, changed: sp.csr_array) -> float:
        """Return the mean share of each list that stays when the history changes; its own tracks stay out of both."""
        after = self.model.recommend(changed, _K, exclude=self.histories).indices
        n_tracks = self.histories.shape[1]
        before = as_matrix(self.lists, n_tracks)
        places = before.sum(axis=1)
        shared = before.multiply(as_matrix(after, n_tracks)).sum(axis=1)
        return float(np.mean(shared[places > 0] / places[places > 0])) if (places > 0).any() else math.nan


@dataclass(frozen=True)
class _Check:
    name: str
    figure: Callable[[_Case], float]
    words: str
    at_most: bool = False


def check_behaviour(
    model: Recommender, dataset: Dataset, rules: BehaviourRules, seed: int
) -> tuple[BehaviourCheck, ...]:
    """Make every check of a fitted model on some of the listeners.

    Args:
        model: The fitted model.
        dataset: What it was fitted on.
        rules: Thresholds, and on how many listeners.
        seed: Seed of the draw of listeners and changes.
    """
    histories = _drawn(dataset.histories, rules.listeners, seed)
    case = _Case(model, dataset, histories, model.recommend(histories, _K).indices, seed)
    return tuple(_verdict(check, check.figure(case), getattr(rules, check.name)) for check in CHECKS)


def _liked_artist_rises(case: _Case) -> float:
    """Add a track of an artist who is new to the listener; do the artist's other tracks rise, on average?"""
    artists = case.dataset.items.get(ARTISTS)
    if artists is None:
        return math.nan
    rng, rows, liked, others = case.rng(), [], [], []
    for row in range(case.histories.shape[0]):
        found = _new_artist(case, artists, row, rng)
        if found is not None:
            rows.append(row)
            liked.append(found[0])
            others.append(found[1])
    if len(rows) < _LEAST_CASES:
        return math.nan
    before = sp.csr_array(case.histories[rows])
    strength = [float(np.median(before.data[start:end])) for start, end in _spans(before)]
    likes = from_triples(np.array(strength), np.arange(len(rows)), np.array(liked), before.shape)
    ranks = [
        [_mean_rank(scores, tracks) for scores, tracks in zip(case.model.score(histories), others, strict=True)]
        for histories in (before, sp.csr_array(before + likes))
    ]
    return float(np.mean(np.array(ranks[1]) < np.array(ranks[0])))


def _duplicate_play(case: _Case) -> float:
    """Play one track of the history once more."""
    lengths = np.diff(case.histories.indptr)
    heard = case.histories.indptr[:-1] + (case.rng().random(len(lengths)) * lengths).astype(np.int64)
    plays = case.histories.data.copy()
    plays[heard[lengths > 0]] += 1
    return case.kept(with_data(case.histories, plays))


def _blocked_tracks(case: _Case) -> float:
    """Block all that the first list shows; how much of it comes back?"""
    blocked = as_matrix(case.lists, case.histories.shape[1])
    shown = case.model.recommend(case.histories, _K, exclude=blocked).indices
    back = blocked.multiply(as_matrix(shown, case.histories.shape[1])).sum()
    return float(back / blocked.sum()) if blocked.nnz else math.nan


def _order_of_history(case: _Case) -> float:
    """Tell the same history backwards: tracks in equal measure change places, and nothing else does."""
    order = np.concatenate([np.arange(end - 1, start - 1, -1) for start, end in _spans(case.histories)])
    histories = case.histories
    backwards = (histories.data[order], histories.indices[order], histories.indptr)
    return case.kept(sp.csr_array(backwards, shape=histories.shape))


def _near_duplicate(case: _Case) -> float:
    """Be a listener who lacks the least played track."""
    data = case.histories.data
    least = [start + int(np.argmin(data[start:end])) for start, end in _spans(case.histories) if end > start]
    return case.kept(_without(case.histories, np.array(least, dtype=np.int64)))


def _dropped_history(case: _Case) -> float:
    """Drop a tenth of the history, one track at least."""
    rng = case.rng()
    dropped = [
        start + rng.permutation(end - start)[: max(1, round((end - start) * _DROPPED))]
        for start, end in _spans(case.histories)
    ]
    return case.kept(_without(case.histories, np.concatenate(dropped)))


def _personal_lists(case: _Case) -> float:
    """Take two listeners; how much of the one's list is shown to the other as well, on average over all pairs?"""
    n_listeners, n_tracks = len(case.lists), case.histories.shape[1]
    if n_listeners < _LEAST_CASES or n_tracks < _LISTS * _K:
        return math.nan
    shown = exposure(case.lists, n_tracks).astype(np.float64)
    return float((shown * (shown - 1)).sum() / ((n_listeners - 1) * shown.sum())) if shown.sum() else math.nan


def _popularity_share(case: _Case) -> float:
    """Count the places that go to the most popular hundredth of the tracks, one track at least."""
    n_tracks = case.histories.shape[1]
    listeners = np.bincount(case.dataset.histories.indices, minlength=n_tracks)
    popular = np.argsort(-listeners, kind="stable")[: max(1, round(n_tracks * _MOST_POPULAR))]
    places = exposure(case.lists, n_tracks)
    return float(places[popular].sum() / places.sum()) if places.sum() else math.nan


#: Every check, in the order in which they are told.
CHECKS = (
    _Check("liked_artist_rises", _liked_artist_rises, "of listeners see an artist rise after liking a track of theirs"),
    _Check("duplicate_play", _duplicate_play, "of a list stays the same when a track is played once more"),
    _Check("blocked_tracks", _blocked_tracks, "of blocked tracks are shown nevertheless", at_most=True),
    _Check("order_of_history", _order_of_history, "of a list stays the same when the history comes in another order"),
    _Check("near_duplicate", _near_duplicate, "of a list is shown to a listener who lacks one of the tracks"),
    _Check(
        "popularity_share", _popularity_share, "of the places go to the most popular hundredth of tracks", at_most=True
    ),
    _Check(
        "personal_lists", _personal_lists, "of a list is also in the list of another listener, on average", at_most=True
    ),
    _Check("dropped_history", _dropped_history, "of a list stays the same when a tenth of the history is dropped"),
)


def _verdict(check: _Check, figure: float, threshold: float) -> BehaviourCheck:
    asked = f"{'at most' if check.at_most else 'at least'} {threshold:.0%}"
    if math.isnan(figure):
        return BehaviourCheck(
            check.name, figure, threshold, None, f"cannot be measured on these data: what share {check.words}"
        )
    passed = figure <= threshold if check.at_most else figure >= threshold
    return BehaviourCheck(check.name, figure, threshold, passed, f"{figure:.1%} {check.words}; {asked} is asked")


def _drawn(histories: sp.csr_array, wanted: int, seed: int) -> sp.csr_array:
    """Return the histories of some listeners who have enough of one, or of any where nobody has."""
    enough = np.flatnonzero(np.diff(histories.indptr) >= _LEAST_HISTORY)
    from_whom = enough if len(enough) else np.flatnonzero(np.diff(histories.indptr))
    n = min(wanted, len(from_whom), max(1, SCORES_PER_BLOCK // max(1, histories.shape[1])))
    return sp.csr_array(histories[np.sort(np.random.default_rng([seed, 8]).permutation(from_whom)[:n])])


def _new_artist(
    case: _Case, artists: sp.csr_array, row: int, rng: np.random.Generator
) -> tuple[int, np.ndarray] | None:
    """Draw a track, as often as it is played, by artists new to the listener; return it and their other tracks."""
    start, end = case.histories.indptr[row : row + 2]
    own = case.histories.indices[start:end]
    played = case.dataset.histories.indices
    for track in played[rng.integers(len(played), size=_TRIES)]:
        theirs = sp.csr_array(artists[[track]] @ artists.T).indices
        others = theirs[theirs != track]
        if len(others) and not np.isin(theirs, own).any():
            return int(track), others
    return None


def _mean_rank(scores: np.ndarray, tracks: np.ndarray) -> float:
    """Return the mean rank of some tracks among all; equal scores share the mean of their ranks."""
    ordered = np.sort(-scores)
    ranks = np.searchsorted(ordered, -scores[tracks], "left") + np.searchsorted(ordered, -scores[tracks], "right")
    return float(ranks.mean() / 2)


def _spans(histories: sp.csr_array) -> list[tuple[int, int]]:
    """Return where each history starts and ends among the entries."""
    return [(int(start), int(end)) for start, end in zip(histories.indptr[:-1], histories.indptr[1:], strict=True)]


def _without(histories: sp.csr_array, entries: np.ndarray) -> sp.csr_array:
    """Return the histories without some of their entries."""
    data = histories.data.copy()
    data[entries] = 0
    rest = sp.csr_array(with_data(histories, data), copy=True)
    rest.eliminate_zeros()
    return rest
