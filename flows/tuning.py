"""The flow that tunes: search every candidate's hyper-parameters, and write a configuration to train with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tomli_w
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.code_version import commit, core_fingerprint
from flows.consent import basis_of, permissions_of
from flows.latest import latest_snapshot, snapshot_named
from flows.matrices import Plan, forget_matrices, matrices
from flows.progress import tell
from flows.registry import answering
from flows.settings import load_settings
from flows.tracking.tuning import TuningRun
from flows.training import build_matrices
from flows.work_time import working
from pipelines.atomic import write_text
from pipelines.config import CandidateConfig, SearchBudget, TrainingConfig, load_config
from pipelines.data.hashing import hash_json
from pipelines.errors import ConfigError
from pipelines.evaluation.search import Found, Trial, search
from pipelines.evaluation.spaces import to_be_tuned
from pipelines.recommenders.base import TrainingData

_DATABASE = "searches.sqlite3"


@dataclass(frozen=True)
class Tuned:
    """What the search of one candidate found.

    Attributes:
        candidate: Its name.
        trials: How many settings were tried, in this run and before.
        default_ndcg: Mean nDCG@10 of the default over the validation listeners; likewise the next.
        best_ndcg: That of the best setting.
        taken: Whether the best clearly beat the default.
        params: The chosen hyper-parameters.
    """

    candidate: str
    trials: int
    default_ndcg: float
    best_ndcg: float
    taken: bool
    params: Mapping[str, Any]

    def line(self) -> list[str]:
        """Return the candidate's row of a table."""
        chosen = ", ".join(f"{key} {_shown(value)}" for key, value in self.params.items()) if self.taken else "default"
        return [self.candidate, str(self.trials), f"{self.default_ndcg:.4f}", f"{self.best_ndcg:.4f}", chosen]


@dataclass(frozen=True)
class TuneSummary:
    """What a tuning did.

    Attributes:
        configuration: The training configuration it wrote.
        candidates: What it found for each candidate.
        run_id: Its MLflow run.
    """

    configuration: Path
    candidates: Sequence[Tuned]
    run_id: str

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self) | {"configuration": str(self.configuration)}


@flow(name="tune", flow_run_name="tune")
def tune(
    snapshot_id: str | None = None,
    config: Path | None = None,
    candidates: list[str] | None = None,
    trials: int | None = None,
    minutes: float | None = None,
) -> TuneSummary:
    """Search hyper-parameters by cross-validation over all listeners, one candidate after the other.

    A search that was stopped goes on where it was, as long as data, settings and code are the same; asked for more
    trials it goes on as well.

    Args:
        snapshot_id: The snapshot; by default the one ingested last.
        config: The training configuration to start from; by default the file that the settings name.
        candidates: What to tune; by default every candidate of the configuration that has something to tune.
        trials: Settings to try for each candidate, instead of what the configuration says.
        minutes: Time for each candidate.

    Raises:
        CrossfadeError: There is no snapshot or too little in it, or a candidate does not exist.
    """
    settings = load_settings().settings
    home = settings.layout
    snapshot = snapshot_named(home, snapshot_id) if snapshot_id else latest_snapshot(home)
    start = load_config(config or settings.training)
    plan = Plan.of(home, snapshot.snapshot_id, start, permissions_of(settings))
    chosen = [_limited(candidate, trials, minutes) for candidate in _wanted(start, candidates)]
    tell("load", f"snapshot {plan.snapshot_id}")
    facts = build_matrices(plan)
    basis = basis_of(matrices(plan).dataset, plan.permissions)
    name = f"tune {', '.join(candidate.name for candidate in chosen)}"
    with answering(settings.tracking_uri):
        tracked = TuningRun(settings.tracking_uri, settings.artifact_root)
        tracked.start(name, snapshot, start, facts, commit(), basis=basis)
    try:
        with answering(settings.tracking_uri, files=()):
            found = {candidate.name: search_candidate(plan, candidate, tracked) for candidate in chosen}
            return _finish(plan, found, tracked)
    except BaseException as error:
        tracked.fail(str(error) or type(error).__name__)
        raise
    finally:
        forget_matrices()


@task(name="search", task_run_name="search {candidate.name}", cache_policy=NO_CACHE, persist_result=False)
def search_candidate(plan: Plan, candidate: CandidateConfig, tracked: TuningRun) -> Found:
    """Search one candidate's hyper-parameters, or go on with the search; every setting is tracked as it is done."""
    dataset = matrices(plan).dataset
    training = TrainingData(dataset.histories, dataset.items, dataset.times)
    best = 0.0

    def on_trial(trial: Trial) -> None:
        nonlocal best
        best = max(best, trial.ndcg if trial.state == "complete" else 0.0)
        tracked.log_trial(candidate.name, trial)
        detail = f"{candidate.name}, best nDCG@10 {best:.4f}"
        tell("search", detail, done=trial.number + 1, total=max(trial.number + 1, candidate.search_budget.trials))

    plan.home.tuning.mkdir(parents=True, exist_ok=True)
    with working("fit"):
        found = search(
            candidate,
            training,
            plan.config.evaluation,
            storage=f"sqlite:///{plan.home.tuning / _DATABASE}",
            study=_study_name(plan, candidate),
            on_trial=on_trial,
        )
    tracked.log_found(candidate.name, found)
    return found


def _finish(plan: Plan, found: Mapping[str, Found], tracked: TuningRun) -> TuneSummary:
    """Write the configuration, say what was found, end the run."""
    path = plan.home.tuning / f"{plan.snapshot_id[:12]}-{plan.config_hash}.toml"
    text = tomli_w.dumps(with_found(plan.config, found).model_dump(mode="json", exclude_none=True))
    write_text(path, f"# Found by 'crossfade tune' on snapshot {plan.snapshot_id}.\n\n{text}")
    rows = [
        Tuned(name, len(one.trials), one.default_ndcg, one.best_ndcg, one.taken, one.params)
        for name, one in found.items()
    ]
    header = "| candidate | trials | nDCG@10 by default | best | chosen |\n|---|---|---|---|---|\n"
    note = header + "\n".join(f"| {' | '.join(row.line())} |" for row in rows)
    create_markdown_artifact(note, key="tuning", description="What the search found")
    tracked.end(path, f"{note}\n\nNext: `crossfade train --config {path.name}`")
    return TuneSummary(path, rows, tracked.run_id)


def with_found(config: TrainingConfig, found: Mapping[str, Found]) -> TrainingConfig:
    """Return a configuration whose tuned candidates have what was found, fixed; new ones stand at the end."""
    fixed = {name: CandidateConfig(name=name, params=one.params) for name, one in found.items()}
    kept = [fixed.pop(candidate.name, candidate) for candidate in config.candidates]
    return config.model_copy(update={"candidates": (*kept, *fixed.values())})


def _wanted(config: TrainingConfig, names: Sequence[str] | None) -> list[CandidateConfig]:
    """Return the named candidates with their ranges; one the configuration does not have is taken as it comes."""
    configured = {candidate.name: candidate for candidate in config.candidates}
    wanted = [configured.get(name, CandidateConfig(name=name)) for name in names or configured]
    tuned = {candidate.name: to_be_tuned(candidate) for candidate in wanted}
    nothing = [name for name, candidate in tuned.items() if candidate is None]
    if nothing and (names or len(nothing) == len(tuned)):
        raise ConfigError(
            f"there are no ranges to search for '{nothing[0]}'",
            where="tune",
            remedy="Give it a range in the training configuration: search = { reg = { low = 0.5, high = 50.0 } }",
        )
    return [candidate for candidate in tuned.values() if candidate is not None]


def _limited(candidate: CandidateConfig, trials: int | None, minutes: float | None) -> CandidateConfig:
    """Return the candidate with the budget asked for; time alone is not held back by a number of trials."""
    given = {"trials": trials or (10_000 if minutes else None), "minutes": minutes}
    budget = candidate.search_budget.model_dump() | {name: value for name, value in given.items() if value}
    return candidate.model_copy(update={"search_budget": SearchBudget(**budget)})


def _study_name(plan: Plan, candidate: CandidateConfig) -> str:
    """Return a name for all that decides what a setting is worth; the budget does not."""
    asked = candidate.model_dump(mode="json") | {"search_budget": candidate.search_budget.folds}
    shared = plan.config.model_dump(mode="json", exclude={"candidates", "behaviour"})
    key = hash_json([plan.snapshot_id, plan.permissions_hash, shared, asked, core_fingerprint()])
    return f"{candidate.name}-{key[:16]}"


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
