"""Choosing hyper-parameters inside the training part of a split: the tested listeners never take part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pipelines.config import CandidateConfig, EvaluationRules, Range
from pipelines.evaluation.search import Trial, search
from pipelines.evaluation.validation import Validation
from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.significance import significantly_better

_VALIDATION_SHARE = 0.2


def choose(
    candidate: CandidateConfig,
    training: TrainingData,
    rules: EvaluationRules,
    on_trial: Callable[[Trial], None] = lambda _: None,
) -> dict[str, Any]:
    """Return the candidate's hyper-parameters, the searched ones as found best on a validation part of ``training``.

    With a range among the values, Optuna searches all together: see ``pipelines.evaluation.search``. Lists alone are
    searched here: one parameter after the other is tried over its values, the others kept as they stand (coordinate
    descent, one pass), by nDCG@10 on a fifth of the training listeners whom the model has not seen. A later value takes
    the place of an earlier one only where its mean is higher by more than one standard error of the paired difference
    (after the one-standard-error rule of Breiman et al. 1984): on few listeners the highest mean is mostly luck. So the
    first value of each list is the default, and the others have to earn their place.

    Args:
        candidate: What to choose for.
        training: The listeners to learn from and to validate on.
        rules: Share given, and the seed.
        on_trial: Is told of every setting that Optuna tries.
    """
    if candidate.has_ranges:
        return search(candidate, training, rules, on_trial=on_trial).params
    lists = {key: values for key, values in candidate.search.items() if not isinstance(values, Range)}
    params = candidate.params | {key: values[0] for key, values in lists.items()}
    if not any(len(values) > 1 for values in lists.values()):
        return params
    validation = Validation.of(training, _a_fifth_of(training, rules), rules)
    best = validation.ndcg(candidate.name, params | candidate.search_with)
    for key, values in lists.items():
        for value in values[1:]:
            found = validation.ndcg(candidate.name, params | {key: value} | candidate.search_with)
            if significantly_better(found, best):
                best, params = found, params | {key: value}
    return params


def _a_fifth_of(training: TrainingData, rules: EvaluationRules) -> np.ndarray:
    """Draw the listeners to validate on."""
    n = training.histories.shape[0]
    drawn = np.random.default_rng([rules.seed, 5]).permutation(n)
    tested: np.ndarray = np.sort(drawn[: max(1, round(n * _VALIDATION_SHARE))])
    return tested
