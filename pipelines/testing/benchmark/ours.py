"""This project's candidates, as ``measuring`` wants them. Hyper-parameters are the training configuration's.

The values a candidate searches are chosen before, on the training listeners of the first fold, and handed over in the
environment: the fit is then the same work as the other libraries'.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial

import numpy as np

from pipelines.evaluation.validation import build
from pipelines.recommenders import recommender_names
from pipelines.recommenders.base import TrainingData
from pipelines.testing.benchmark.measuring import Fold

#: Candidate -> hyper-parameters, as JSON.
PARAMS_VARIABLE = "CROSSFADE_BENCHMARK_PARAMS"


class Ours:
    """A recommender of this project.

    Args:
        name: Its name.
    """

    def __init__(self, name: str) -> None:
        self._model = build(name, json.loads(os.environ.get(PARAMS_VARIABLE, "{}")).get(name, {}))

    def fit(self, fold: Fold) -> None:
        """Learn from the training listeners."""
        self._model.fit(TrainingData(fold.train, fold.items, fold.train_times))

    def rank(self, fold: Fold, k: int) -> np.ndarray:
        """Rank the whole catalogue for every given history."""
        return self._model.recommend(self._model.aged(fold.given, fold.given_times), k).indices


MODELS: dict[str, Callable[[], Ours]] = {name: partial(Ours, name) for name in recommender_names()}
