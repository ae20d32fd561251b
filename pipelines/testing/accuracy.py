"""Candidates beside a dense EASE on the same folds: the comparison behind the README's table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.evaluation.metrics import ranking_metrics
from pipelines.evaluation.run import evaluate, rank
from pipelines.evaluation.splitting import Split, make_splits
from pipelines.features.dataset import Dataset
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
        ndcg: Mean nDCG@10 over all listeners and draws of the folds.
        recall: Mean recall@20.
        ratio: ``ndcg`` over that of EASE.
        ratios: The ratio in each draw.
        error: Standard error of the paired difference to EASE over the listeners, as a share of EASE.
    """

    title: str
    ndcg: float
    recall: float
    ratio: float
    ratios: tuple[float, ...]
    error: float


def compare_with_ease(
    dataset: Dataset,
    candidates: Mapping[str, CandidateConfig],
    ease: EaseConfig,
    rules: EvaluationRules,
    draws: int = 1,
) -> tuple[Comparison, ...]:
    """Measure EASE and every candidate on unseen listeners, each candidate searching on training folds only.

    Args:
        dataset: What to learn from.
        candidates: What people read, and the candidate.
        ease: The configuration of EASE.
        rules: Folds and cut-offs; its seed draws the first folds.
        draws: How often the folds are drawn anew: on a few hundred listeners one draw says more about the draw than
            about the models.
    """
    drawn = [
        rules.model_copy(update={"protocols": ("unseen-users",), "seed": draw or rules.seed}) for draw in range(draws)
    ]
    splits = [make_splits(dataset, each) for each in drawn]
    reference = [
        pd.concat([_ease_on(dataset, split, ease, each) for split in folds]).sort_index()
        for each, folds in zip(drawn, splits, strict=True)
    ]
    rows = [_row(DenseEase.title, reference, reference)]
    for title, candidate in candidates.items():
        users = []
        for each, folds in zip(drawn, splits, strict=True):
            results = [evaluate(candidate, dataset, split, each) for split in folds]
            users.append(pd.concat([result.users for result in results]).sort_index())
        rows.append(_row(title, users, reference))
    return tuple(rows)


def _ease_on(dataset: Dataset, split: Split, config: EaseConfig, rules: EvaluationRules) -> pd.DataFrame:
    model = DenseEase(config).fit(TrainingData(split.train, dataset.items))
    lists = rank(model, split.given, split.held_out, max(rules.cutoffs)).lists
    users = ranking_metrics(lists, split.held_out, rules.cutoffs)
    users.index = pd.Index(split.listeners, name="listener")
    return users


def _row(title: str, users: Sequence[pd.DataFrame], reference: Sequence[pd.DataFrame]) -> Comparison:
    """Compare a model with EASE, draw by draw and listener by listener."""
    found, base = (np.array([frame[_METRIC].mean() for frame in frames]) for frames in (users, reference))
    paired = pd.concat([one[_METRIC] - other[_METRIC] for one, other in zip(users, reference, strict=True)], axis=1)
    difference = paired.mean(axis=1).dropna()
    return Comparison(
        title=title,
        ndcg=float(found.mean()),
        recall=float(np.mean([frame[_RECALL].mean() for frame in users])),
        ratio=float(found.mean() / base.mean()),
        ratios=tuple((found / base).tolist()),
        error=float(difference.std() / np.sqrt(len(difference)) / base.mean()),
    )
