"""What more listeners would bring: each candidate fitted on growing parts of the training listeners.

The parts are nested and the tested listeners stay the same, so points of a curve differ by the listeners added only. A
curve that still rises at its end says that more listeners would help more than another model (Perlich, Provost &
Simonoff 2003).
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from pipelines.config import EvaluationRules
from pipelines.evaluation.metrics import column, ranking_metrics
from pipelines.evaluation.splitting import Split
from pipelines.evaluation.validation import build
from pipelines.features.dataset import Dataset
from pipelines.recommenders.base import TrainingData

#: Parts of the training listeners, smallest first.
SHARES = (0.125, 0.25, 0.5, 1.0)
_CUTOFF = 10


# Before these releases, stopping while another thread asks for memory crashes the process (CPython issue 128679), and
# Prefect's threads do: there it goes on, and costs the rest of the process some speed.
_STOPS_SAFELY = sys.version_info >= (3, 13, 2) or (3, 12, 9) <= sys.version_info[:3] < (3, 13, 0)


@dataclass(frozen=True)
class CurvePoint:
    """One candidate, fitted on a part of the training listeners.

    Attributes:
        candidate: Its name.
        listeners: How many listeners it learned from.
        ndcg: Mean nDCG@10 of the tested listeners.
        seconds: Time of the fit, which is slowed down a little by watching its memory.
        megabytes: The most that Python and NumPy held for the fit at one time; what a library allocates by itself in
            C++ does not count.
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
        with _watched() as spent:
            model.fit(part)
        lists = model.recommend(model.aged(split.given, split.given_times), _CUTOFF).indices
        found = ranking_metrics(lists, split.held_out, (_CUTOFF,))[column("ndcg", _CUTOFF)]
        points.append(CurvePoint(candidate, part.histories.shape[0], float(found.mean()), *spent))
    return tuple(points)


@contextmanager
def _watched() -> Iterator[list[float]]:
    """Give a list that holds, when the block is done, its seconds and the megabytes it held at most."""
    spent: list[float] = []
    tracemalloc.start()
    tracemalloc.reset_peak()
    started, before = perf_counter(), tracemalloc.get_traced_memory()[0]
    try:
        yield spent
        most = tracemalloc.get_traced_memory()[1]
        spent += [perf_counter() - started, (most - before) / 1e6]
    finally:
        if _STOPS_SAFELY:
            tracemalloc.stop()
        else:
            tracemalloc.clear_traces()
