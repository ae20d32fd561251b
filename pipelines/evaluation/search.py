"""Searching ranges of hyper-parameters with Optuna, on parts of the training listeners only.

Each setting proposed by the tree-structured Parzen estimator (Bergstra et al. 2011; Optuna, Akiba et al. 2019) is
measured on one validation part after the other, and given up where its mean so far is below the median of the settings
before it. At the end the best setting still has to beat the default by more than one standard error over all validation
listeners: the highest of many means is mostly luck on few of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from pipelines.config import CandidateConfig, EvaluationRules, Range, SearchBudget
from pipelines.errors import NotEnoughDataError
from pipelines.evaluation.validation import Validation
from pipelines.recommenders import recommender_type
from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.significance import significantly_better

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial
    from optuna.trial import Trial as OpenTrial

_SECONDS = "seconds"


@dataclass(frozen=True)
class Trial:
    """One setting that was tried.

    Attributes:
        number: Its number in the study, from 0; the default comes first.
        params: The searched hyper-parameters.
        ndcg: Mean nDCG@10 over the validation listeners it was measured on.
        state: "complete", or "pruned" where it was given up before the last validation part.
        seconds: Time it took.
    """

    number: int
    params: dict[str, Any]
    ndcg: float
    state: Literal["complete", "pruned"]
    seconds: float


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        params: The candidate's hyper-parameters: its fixed ones and the chosen.
        default: The searched ones by default.
        best: The searched ones with the highest mean.
        taken: Whether the best clearly beat the default, and so was chosen.
        default_ndcg: Mean nDCG@10 of the default over all validation listeners.
        best_ndcg: The same of the best.
        trials: Every setting tried, those of an earlier run of the same study among them.
    """

    params: dict[str, Any]
    default: dict[str, Any]
    best: dict[str, Any]
    taken: bool
    default_ndcg: float
    best_ndcg: float
    trials: tuple[Trial, ...]


def search(
    candidate: CandidateConfig,
    training: TrainingData,
    rules: EvaluationRules,
    *,
    storage: str | None = None,
    study: str | None = None,
    on_trial: Callable[[Trial], None] = lambda _: None,
) -> Found:
    """Search the candidate's ranges within its budget; the default is the first setting tried.

    Args:
        candidate: What to search, and with which budget.
        training: The listeners to learn from and to validate on.
        rules: Share given, and the seed.
        storage: The address of a database for Optuna; a study of this name there is gone on with. None: in memory.
        study: The study's name there.
        on_trial: Is told of every setting when it is done.

    Raises:
        ConfigError: A hyper-parameter does not exist, or a value is impossible.
        NotEnoughDataError: There are too few listeners to keep some apart.
    """
    measured = _Measured(candidate, _validations(training, rules, candidate.search_budget.folds))
    default = default_of(candidate)
    with _Optuna(storage, study, rules.seed, default) as optuna:
        for done in _within(candidate.search_budget, optuna):
            on_trial(optuna.try_one(done, candidate.search, measured))
        trials = optuna.trials(candidate.search)
    best = max((trial for trial in trials if trial.state == "complete"), key=lambda trial: trial.ndcg).params
    old, new = measured.everywhere(default), measured.everywhere(best)
    taken = significantly_better(new, old)
    means = float(np.nanmean(old)), float(np.nanmean(new))
    return Found(candidate.params | (best if taken else default), default, best, taken, *means, trials)


def default_of(candidate: CandidateConfig) -> dict[str, Any]:
    """Return the searched hyper-parameters by default: as fixed, else the first of a list or the recommender's own.

    A default outside its range becomes the nearest value within.
    """
    own = recommender_type(candidate.name).config_type(**candidate.params).model_dump(mode="json")
    found = {}
    for key, values in candidate.search.items():
        if isinstance(values, Range):
            kind = int if _is_whole(values) else float
            found[key] = kind(min(max(own.get(key, values.low), values.low), values.high))
        else:
            found[key] = candidate.params.get(key, values[0])
    return found


class _Measured:
    """Measures settings, each only once."""

    def __init__(self, candidate: CandidateConfig, validations: tuple[Validation, ...]) -> None:
        self._candidate, self._validations = candidate, validations
        self._known: dict[tuple[str, int], np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._validations)

    def on(self, part: int, params: Mapping[str, Any]) -> np.ndarray:
        """Return nDCG@10 of each listener of a validation part."""
        key = json.dumps(params, sort_keys=True, default=str), part
        if key not in self._known:
            whole = self._candidate.params | dict(params) | self._candidate.search_with
            self._known[key] = self._validations[part].ndcg(self._candidate.name, whole)
        return self._known[key]

    def everywhere(self, params: Mapping[str, Any]) -> np.ndarray:
        """Return nDCG@10 of every validation listener."""
        return np.concatenate([self.on(part, params) for part in range(len(self))])


class _Optuna:
    """A study, new or gone on with; every import of Optuna stands here."""

    def __init__(self, storage: str | None, name: str | None, seed: int, default: Mapping[str, Any]) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._states = optuna.trial.TrialState
        self._storage = optuna.storages.RDBStorage(storage) if storage else None
        self.study: Study = optuna.create_study(
            storage=self._storage,
            study_name=name,
            load_if_exists=True,
            direction="maximize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
        )
        for trial in self.study.get_trials(deepcopy=False, states=(self._states.RUNNING,)):
            # Left behind by a run that was stopped.
            self.study.tell(trial.number, state=self._states.FAIL)
        # A study that is gone on with must not be proposed what it was proposed at first.
        self.study.sampler = optuna.samplers.TPESampler(seed=(seed + len(self.study.trials)) % 2**32)
        self.study.enqueue_trial(dict(default), skip_if_exists=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._storage is not None:
            self._storage.remove_session()
            self._storage.engine.dispose()

    @property
    def finished(self) -> list[FrozenTrial]:
        """The settings that were measured to the end or given up."""
        return self.study.get_trials(deepcopy=False, states=(self._states.COMPLETE, self._states.PRUNED))

    def try_one(self, done: int, space: Mapping[str, Any], measured: _Measured) -> Trial:
        """Measure the next setting; the default, which is the first, is never given up."""
        trial = self.study.ask()
        params = {key: _proposed(trial, key, values) for key, values in space.items()}
        began, values = perf_counter(), np.empty(0)
        state = self._states.COMPLETE
        for part in range(len(measured)):
            values = np.append(values, measured.on(part, params))
            trial.report(float(np.nanmean(values)), part)
            if done and part + 1 < len(measured) and trial.should_prune():
                state = self._states.PRUNED
                break
        trial.set_user_attr(_SECONDS, perf_counter() - began)
        told = self.study.tell(trial, float(np.nanmean(values)) if state == self._states.COMPLETE else None, state)
        return _told(told, space)

    def trials(self, space: Mapping[str, Any]) -> tuple[Trial, ...]:
        """Return every setting tried."""
        return tuple(_told(trial, space) for trial in self.finished)


def _within(budget: SearchBudget, optuna: _Optuna) -> Iterator[int]:
    """Yield how many settings are done, while the budget lasts; the default is always tried."""
    end = None if budget.minutes is None else monotonic() + 60.0 * budget.minutes
    while (done := len(optuna.finished)) < budget.trials and not (done and end is not None and monotonic() > end):
        yield done


def _validations(training: TrainingData, rules: EvaluationRules, folds: int) -> tuple[Validation, ...]:
    """Keep every part of the listeners apart once, except a part in which nothing can be held out."""
    n = training.histories.shape[0]
    if n < folds:
        raise NotEnoughDataError(
            f"{n} listeners cannot be split into {folds} validation parts",
            where="search",
            remedy="Add listening data, or set a smaller 'search_budget.folds'",
        )
    drawn = np.random.default_rng([rules.seed, 7]).permutation(n)
    parts = (Validation.of(training, np.sort(drawn[fold::folds]), rules) for fold in range(folds))
    found = tuple(part for part in parts if part.held_out.nnz)
    if not found:
        raise NotEnoughDataError(
            "no listener has two tracks, so none can be held out to validate on",
            where="search",
            remedy="Add listening data, or give values instead of ranges",
        )
    return found


def _proposed(trial: OpenTrial, key: str, values: tuple[Any, ...] | Range) -> Any:
    if not isinstance(values, Range):
        return trial.suggest_categorical(key, values)
    if _is_whole(values):
        return trial.suggest_int(key, int(values.low), int(values.high), log=values.log)
    return trial.suggest_float(key, float(values.low), float(values.high), log=values.log)


def _is_whole(values: Range) -> bool:
    return isinstance(values.low, int) and isinstance(values.high, int)


def _told(trial: FrozenTrial, space: Mapping[str, Any]) -> Trial:
    params = {key: trial.params[key] for key in space}
    ndcg = trial.intermediate_values[max(trial.intermediate_values)]
    state: Literal["complete", "pruned"] = "complete" if trial.state.name == "COMPLETE" else "pruned"
    return Trial(trial.number, params, ndcg, state, float(trial.user_attrs.get(_SECONDS, 0.0)))
