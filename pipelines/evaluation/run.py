"""One candidate on one split: choose its hyper-parameters, fit, rank, measure."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.evaluation.beyond_accuracy import (
    catalogue_coverage,
    gini,
    intra_list_diversity,
    looks_of,
    miscalibration,
    novelty,
    popularity_lift,
    styles_of,
)
from pipelines.evaluation.calibration import rating_errors, standardise
from pipelines.evaluation.metrics import column, ranking_metrics
from pipelines.evaluation.search import Trial
from pipelines.evaluation.segments import track_recalls
from pipelines.evaluation.selection import choose
from pipelines.evaluation.splitting import Split
from pipelines.evaluation.validation import build
from pipelines.features.dataset import Dataset
from pipelines.recommenders.base import SCORES_PER_BLOCK, Recommender, TrainingData
from pipelines.recommenders.ranking import top_k
from pipelines.sparse import row_of_each, with_data

#: What lists are like is measured on their first ten tracks, as a page would show them.
_PAGE = 10


@dataclass(frozen=True)
class FoldResult:
    """What one candidate did on one split.

    Attributes:
        candidate: Name of the candidate.
        protocol: Name of the protocol.
        fold: Number of the fold.
        params: The hyper-parameters chosen on the training part.
        users: One row a tested listener (index: row in the data set), one column a metric; NaN where undefined.
        summary: Metrics of the fold as a whole: coverage, novelty, Gini index, popularity lift, rmse, mae.
        seconds: Time spent to ``select``, ``fit``, ``rank`` and ``measure``.
        trials: The settings that a search over ranges tried.
        of: How many listeners the protocol would have tested; None where it did (``Split``).
    """

    candidate: str
    protocol: str
    fold: int
    params: dict[str, Any]
    users: pd.DataFrame = field(repr=False)
    summary: dict[str, float]
    seconds: dict[str, float]
    trials: tuple[Trial, ...] = field(default=(), repr=False)
    of: int | None = None


@dataclass(frozen=True)
class Ranking:
    """The full-catalogue ranking of every tested listener.

    Attributes:
        lists: Listeners x k track indices; the given history is left out, unless repeats are asked for.
        held_out_scores: Standardised score of each held-out entry, in the order of ``held_out.data``.
    """

    lists: np.ndarray
    held_out_scores: np.ndarray


def evaluate(candidate: CandidateConfig, dataset: Dataset, split: Split, rules: EvaluationRules) -> FoldResult:
    """Measure a candidate on a split; nothing of ``held_out`` is read before the ranking is done."""
    clock = _Clock()
    training = TrainingData(split.train, dataset.items, split.train_times)
    trials: list[Trial] = []
    params = choose(candidate, training, rules, trials.append)
    clock.stop("select")
    model = build(candidate.name, params).fit(training)
    clock.stop("fit")
    given = model.aged(split.given, split.given_times)
    ranking = rank(model, given, split.held_out, max(rules.cutoffs), repeats=split.repeats)
    clock.stop("rank")
    users = _users(ranking, dataset, split, rules)
    summary = _summary(ranking, dataset, split, rules)
    clock.stop("measure")
    where = candidate.name, split.protocol, split.fold
    return FoldResult(*where, params, users, summary, clock.seconds, tuple(trials), split.of)


def fit_final(
    candidate: CandidateConfig, dataset: Dataset, rules: EvaluationRules
) -> tuple[Recommender, dict[str, Any]]:
    """Choose hyper-parameters on all listeners, fit on all listeners, and return the model and the choice."""
    training = TrainingData(dataset.histories, dataset.items, dataset.times)
    params = choose(candidate, training, rules)
    return build(candidate.name, params).fit(training), params


def rank(model: Recommender, given: sp.csr_array, held_out: sp.csr_array, k: int, *, repeats: bool = False) -> Ranking:
    """Rank the catalogue for every listener and note the standardised scores of the held-out tracks.

    The tracks of the given history are left out of the lists, unless repeats are asked for.
    """
    n_listeners, n_tracks = given.shape
    lists = np.empty((n_listeners, k), dtype=np.int64)
    noted: list[np.ndarray] = []
    step = max(1, SCORES_PER_BLOCK // max(1, n_tracks))
    for start in range(0, n_listeners, step):
        block = slice(start, min(n_listeners, start + step))
        scores = model.score(sp.csr_array(given[block]))
        noted.append(standardise(scores)[_coordinates(sp.csr_array(held_out[block]))])
        if not repeats:
            scores[_coordinates(sp.csr_array(given[block]))] = -np.inf
        lists[block], _ = top_k(scores, k)
    return Ranking(lists, np.concatenate(noted) if noted else np.empty(0))


def _users(ranking: Ranking, dataset: Dataset, split: Split, rules: EvaluationRules) -> pd.DataFrame:
    """Return what has a value for each listener: accuracy, recall of tail and cold tracks, diversity, calibration."""
    page, n_tracks = ranking.lists[:, :_PAGE], split.train.shape[1]
    users = ranking_metrics(ranking.lists, split.held_out, rules.cutoffs).assign(
        **track_recalls(ranking.lists, split.held_out, split.train, max(rules.cutoffs)),
        **{
            column("diversity", _PAGE): intra_list_diversity(page, looks_of(dataset.items, n_tracks)),
            column("miscalibration", _PAGE): miscalibration(page, split.given, styles_of(dataset.items, n_tracks)),
        },
    )
    return users.set_index(pd.Index(split.listeners, name="listener"))


def _summary(ranking: Ranking, dataset: Dataset, split: Split, rules: EvaluationRules) -> dict[str, float]:
    """Return the metrics that belong to a fold, not to a listener."""
    page, n_tracks = ranking.lists[:, :_PAGE], split.train.shape[1]
    listeners = np.bincount(split.train.indices, minlength=n_tracks)
    rmse, mae = rating_errors(ranking.held_out_scores, _ratings_of(dataset, split), rules.seed)
    return {
        **{
            column("coverage", k): catalogue_coverage(ranking.lists[:, :k], n_tracks)
            for k in sorted({_PAGE, *rules.cutoffs})
        },
        column("novelty", _PAGE): novelty(page, listeners, split.train.shape[0]),
        column("gini", _PAGE): gini(page, n_tracks),
        column("popularity_lift", _PAGE): popularity_lift(page, split.given, listeners),
        "rmse": rmse,
        "mae": mae,
    }


def _ratings_of(dataset: Dataset, split: Split) -> sp.csr_array:
    """Return the ratings in the places of ``held_out``."""
    rows, columns = _coordinates(split.held_out)
    values = np.asarray(dataset.ratings[split.listeners[rows], columns]).ravel()
    return with_data(split.held_out, values)


def _coordinates(matrix: sp.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and columns of a matrix's entries, in their order."""
    return row_of_each(matrix), matrix.indices


class _Clock:
    """Collects the time of consecutive steps."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = perf_counter()

    def stop(self, step: str) -> None:
        """Book the time since the last stop under ``step``."""
        now = perf_counter()
        self.seconds[step] = now - self._last
        self._last = now
