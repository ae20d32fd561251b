"""Trying hyper-parameters on a part of the training listeners whom the model has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from pydantic import ValidationError

from pipelines.config import COMPARED_AT, EvaluationRules
from pipelines.errors import ConfigError
from pipelines.evaluation.metrics import column, ranking_metrics
from pipelines.recommenders import recommender_type
from pipelines.recommenders.base import Recommender, TrainingData
from pipelines.recommenders.history_split import divide
from pipelines.sparse import in_places_of


@dataclass(frozen=True)
class Validation:
    """What to learn from, what is given (and when that was, where it is known), and what must be found."""

    training: TrainingData
    given: sp.csr_array
    given_times: sp.csr_array | None
    held_out: sp.csr_array

    @classmethod
    def of(cls, training: TrainingData, tested: np.ndarray, rules: EvaluationRules) -> Validation:
        """Keep the listeners of the rows ``tested`` apart."""
        learned = np.setdiff1d(np.arange(training.histories.shape[0]), tested)
        apart = training.of_listeners(tested)
        given, held_out = divide(apart.histories, rules.given, tested, rules.seed)
        times = None if apart.times is None else in_places_of(given, apart.times)
        return cls(training.of_listeners(learned), given, times, held_out)

    def ndcg(self, name: str, params: Mapping[str, Any]) -> np.ndarray:
        """Fit a recommender and return nDCG@10 of each listener kept apart; NaN where nothing was held out."""
        model = build(name, dict(params)).fit(self.training)
        lists = model.recommend(model.aged(self.given, self.given_times), COMPARED_AT).indices
        return ranking_metrics(lists, self.held_out, (COMPARED_AT,))[column("ndcg", COMPARED_AT)].to_numpy()


def build(name: str, params: dict[str, Any]) -> Recommender:
    """Return an unfitted recommender.

    Raises:
        ConfigError: The recommender or one of its hyper-parameters does not exist, or a value is impossible.
    """
    model = recommender_type(name)
    try:
        return model(model.config_type(**params))
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            f"'{'.'.join(map(str, first['loc']))}': {first['msg']}",
            where=f"candidate '{name}'",
            remedy=f"It takes: {', '.join(model.config_type.model_fields) or 'nothing'}",
        ) from error
