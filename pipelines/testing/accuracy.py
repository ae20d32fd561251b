"""Candidates beside a dense EASE on the same folds: the comparison behind the README's table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.evaluation.metrics import ranking_metrics
from pipelines.evaluation.run import evaluate, rank
from pipelines.evaluation.splitting import Split, make_splits
from pipelines.features.dataset import Dataset
from pipelines.recommenders import recommender_type
from pipelines.recommenders.base import TrainingData
from pipelines.testing.ease import DenseEase, EaseConfig

#: EASE as tuned for each real data set (``weighting`` and ``reg``); it gets no search, only its best known values.
TUNED_EASE = {
    "hetrec-lastfm": EaseConfig(weighting="log", reg=3000.0),
    "taste-profile": EaseConfig(weighting="binary", reg=50.0),
}

_METRIC, _RECALL = "ndcg@10", "recall@20"


@dataclass(frozen=True)
class Comparison:
    """One model beside EASE.

    Attributes:
        title: The model.
        ndcg: Mean nDCG@10 over all listeners.
        recall: Mean recall@20.
        ratio: ``ndcg`` over that of EASE.
        error: Standard error of the paired difference to EASE, as a share of EASE.
        seconds: Time of all fits (and, for candidates, of the search).
    """

    title: str
    ndcg: float
    recall: float
    ratio: float
    error: float
    seconds: float


def compare_with_ease(
    dataset: Dataset, candidates: Sequence[CandidateConfig], ease: EaseConfig, rules: EvaluationRules
) -> tuple[Comparison, ...]:
    """Measure EASE and every candidate on unseen listeners, each candidate searching on training folds only."""
    splits = make_splits(dataset, rules.model_copy(update={"protocols": ("unseen-users",)}))
    reference = pd.concat([_ease_on(dataset, split, ease, rules) for split in splits]).sort_index()
    rows = [_row(DenseEase.title, reference, reference, 0.0)]
    for candidate in candidates:
        results = [evaluate(candidate, dataset, split, rules) for split in splits]
        users = pd.concat([result.users for result in results]).sort_index()
        seconds = sum(result.seconds["select"] + result.seconds["fit"] for result in results)
        rows.append(_row(recommender_type(candidate.name).title, users, reference, seconds))
    return tuple(rows)


def _ease_on(dataset: Dataset, split: Split, config: EaseConfig, rules: EvaluationRules) -> pd.DataFrame:
    model = DenseEase(config).fit(TrainingData(split.train, dataset.items))
    lists = rank(model, split.given, split.held_out, max(rules.cutoffs)).lists
    users = ranking_metrics(lists, split.held_out, rules.cutoffs)
    users.index = pd.Index(split.listeners, name="listener")
    return users


def _row(title: str, users: pd.DataFrame, reference: pd.DataFrame, seconds: float) -> Comparison:
    base = float(reference[_METRIC].mean())
    difference = (users[_METRIC] - reference[_METRIC]).dropna()
    return Comparison(
        title=title,
        ndcg=float(users[_METRIC].mean()),
        recall=float(users[_RECALL].mean()),
        ratio=float(users[_METRIC].mean()) / base,
        error=float(difference.std() / np.sqrt(len(difference))) / base,
        seconds=seconds,
    )
