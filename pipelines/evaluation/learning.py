"""What more listeners would bring: each candidate fitted on growing parts of the training listeners.

The parts are nested and the tested listeners stay the same, so points of a curve differ by the listeners added only. A
curve that still rises at its end says that more listeners would help more than another model (Perlich, Provost &
Simonoff 2003).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from pipelines.config import COMPARED_AT, EvaluationRules
from pipelines.evaluation.memory import watched_memory
from pipelines.evaluation.metrics import column, ranking_metrics
from pipelines.evaluation.splitting import Split
from pipelines.evaluation.validation import build
from pipelines.features.dataset import Dataset
from pipelines.recommenders.base import TrainingData

#: Parts of the training listeners, smallest first.
SHARES = (0.125, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class CurvePoint:
    """One candidate, fitted on a part of the training listeners.

    Attributes:
        candidate: Its name.
        listeners: How many listeners it learned from.
        ndcg: Mean nDCG@10 of the tested listeners.
        seconds: Time of the fit.
        megabytes: The most that the process held in the fit above what it held before; NaN where it cannot be told.
    """

    candidate: str
    listeners: int
    ndcg: float
    seconds: float
    megabytes: float


def learning_curve(
    candidate: str, params: Mapping[str, Any], dataset: Dataset, split: Split, rules: EvaluationRules
) -> tuple[CurvePoint, ...]:
    """Fit a candidate on growing parts of a split's training listeners and test each on the split's listeners.

    Args:
        candidate: Its name.
        params: Its hyper-parameters, the same for all parts.
        dataset: The data.
        split: A fold of unseen listeners.
        rules: Their seed draws the parts.

    Returns:
        A point for each of ``SHARES``, smallest part first.
    """
    whole = TrainingData(split.train, dataset.items, split.train_times)
    drawn = np.random.default_rng([rules.seed, 7]).permutation(split.train.shape[0])
    drawn = drawn[np.diff(split.train.indptr)[drawn] > 0]
    points = []
    for share in SHARES:
        part = whole.of_listeners(np.sort(drawn[: max(1, round(share * len(drawn)))]))
        model = build(candidate, dict(params))
        started = perf_counter()
        with watched_memory() as growth:
            model.fit(part)
        seconds = perf_counter() - started
        lists = model.recommend(model.aged(split.given, split.given_times), COMPARED_AT).indices
        found = ranking_metrics(lists, split.held_out, (COMPARED_AT,))[column("ndcg", COMPARED_AT)]
        points.append(CurvePoint(candidate, part.histories.shape[0], float(found.mean()), seconds, growth.megabytes))
    return tuple(points)
