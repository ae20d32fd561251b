"""Choosing hyper-parameters inside the training part of a split: the tested listeners never take part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from pydantic import ValidationError

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.errors import ConfigError
from pipelines.evaluation.metrics import column, ranking_metrics
from pipelines.recommenders import recommender_type
from pipelines.recommenders.base import Recommender, TrainingData
from pipelines.recommenders.dividing import divide
from pipelines.recommenders.evidence import clearly_better
from pipelines.sparse import in_places_of

_VALIDATION_SHARE = 0.2
_CUTOFF = 10


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


def choose(candidate: CandidateConfig, training: TrainingData, rules: EvaluationRules) -> dict[str, Any]:
    """Return the candidate's hyper-parameters, the searched ones as found best on a validation part of ``training``.

    One parameter after the other is tried over its values, the others kept as they stand (coordinate descent, one
    pass), by nDCG@10 on a fifth of the training listeners whom the model has not seen. A later value takes the place of
    an earlier one only where its mean is higher by more than one standard error of the paired difference (after the
    one-standard-error rule of Breiman et al. 1984): on few listeners the highest mean is mostly luck. So the first
    value of each list is the default, and the others have to earn their place.
    """
    params = dict(candidate.params)
    if not any(len(values) > 1 for values in candidate.search.values()):
        return params | {key: values[0] for key, values in candidate.search.items()}
    validation = _validation(training, rules)
    params |= {key: values[0] for key, values in candidate.search.items()}
    best = _ndcg(candidate, params, validation)
    for key, values in candidate.search.items():
        for value in values[1:]:
            found = _ndcg(candidate, params | {key: value}, validation)
            if clearly_better(found, best):
                best, params = found, params | {key: value}
    return params


@dataclass(frozen=True)
class _Validation:
    """What to learn from, what is given (and when that was, where it is known), and what must be found."""

    training: TrainingData
    given: sp.csr_array
    given_times: sp.csr_array | None
    held_out: sp.csr_array


def _validation(training: TrainingData, rules: EvaluationRules) -> _Validation:
    """Keep a fifth of the listeners apart."""
    n = training.histories.shape[0]
    drawn = np.random.default_rng([rules.seed, 5]).permutation(n)
    n_tested = max(1, round(n * _VALIDATION_SHARE))
    tested, learned = np.sort(drawn[:n_tested]), np.sort(drawn[n_tested:])
    apart = training.of_listeners(tested)
    given, held_out = divide(apart.histories, rules.given, tested, rules.seed)
    times = None if apart.times is None else in_places_of(given, apart.times)
    return _Validation(training.of_listeners(learned), given, times, held_out)


def _ndcg(candidate: CandidateConfig, params: dict[str, Any], validation: _Validation) -> np.ndarray:
    """Return nDCG@10 of each validation listener."""
    model = build(candidate.name, params | candidate.search_with).fit(validation.training)
    lists = model.recommend(model.aged(validation.given, validation.given_times), _CUTOFF).indices
    return ranking_metrics(lists, validation.held_out, (_CUTOFF,))[column("ndcg", _CUTOFF)].to_numpy()
