"""The flow that trains: build matrices, measure every candidate on every fold, compare, fit the winner, register it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.context import TaskRunContext
from prefect.futures import as_completed
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH

from flows.code_version import commit
from flows.consent import basis_of, permissions_of
from flows.kept_folds import drop_other_folds
from flows.latest import TrainingRecord, latest_snapshot, save_training, snapshot_named
from flows.learning import draw_curves
from flows.matrices import Plan, forget_matrices, matrices
from flows.progress import fit_follower, tell
from flows.registry import Registry
from flows.retrying import PAUSES, is_passing
from flows.runners import spread
from flows.settings import Settings, load_settings
from flows.tracking import TrainingRun
from flows.training_page import page_facts, publish_page
from flows.words import behaviour_markdown, board_rows, comparisons_markdown, leaderboard_markdown
from flows.work_time import Kind, note_work, working
from pipelines.config import load_config
from pipelines.data.feedback import SOURCE as FEEDBACK
from pipelines.data.snapshot import Snapshot
from pipelines.data.watermarks import read_until
from pipelines.engines.choosing import LOCAL, THIS_MACHINE, EngineChoice, started
from pipelines.errors import ConfigError
from pipelines.evaluation.behaviour import BehaviourCheck, check_behaviour, save_checks
from pipelines.evaluation.leakage import LeakCheck, look_for_leaks, save_leaks
from pipelines.evaluation.page import TrainingPage
from pipelines.evaluation.report import (
    EvaluationReport,
    best,
    build_reports,
    leaderboard,
    paired_tests,
    ranking_flips,
    save_reports,
)
from pipelines.evaluation.run import FoldResult, evaluate, fit_final
from pipelines.evaluation.segments import listener_segments, save_segments
from pipelines.recommenders.progress import following
from pipelines.release.bundle import ModelBundle, write_bundle
from pipelines.release.examples import examples
from pipelines.spreading import at_work


@dataclass(frozen=True)
class TrainSummary:
    """What a training did.

    Attributes:
        record: What it made and from what.
        facts: Sizes of the data set.
        leaderboard: One row a candidate and protocol, best first.
    """

    record: TrainingRecord
    facts: Mapping[str, int]
    leaderboard: Sequence[Mapping[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)


#: How many listeners the page shows with their lists.
_EXAMPLES = 3


def _run_name() -> str:
    from prefect.runtime import flow_run

    return f"train on {flow_run.parameters.get('snapshot_id') or 'the latest snapshot'}"


@flow(name="train", flow_run_name=_run_name)
def train(
    snapshot_id: str | None = None,
    config: Path | None = None,
    engine: EngineChoice = THIS_MACHINE,
    more: Sequence[str] = (),
) -> TrainSummary:
    """Measure every candidate of the training configuration, fit the best one and register it.

    Args:
        snapshot_id: The snapshot to train on; by default the one ingested last.
        config: The training configuration; by default the file that the settings name.
        engine: What does the work that can be divided, of every fold and of the final fit.
        more: Recommenders to measure beside the candidates of the configuration, as they are by default.

    Raises:
        CrossfadeError: There is no snapshot, it holds too little to learn from, or a setting is impossible; or what the
            engine needs is not there.
    """
    settings = load_settings().settings
    home = settings.layout
    snapshot = snapshot_named(home, snapshot_id) if snapshot_id else latest_snapshot(home)
    given = load_config(config or settings.training).beside(more)
    plan = Plan.of(home, snapshot.snapshot_id, given, permissions_of(settings), engine.name)
    if engine.name != LOCAL:
        if settings.dask_address:
            raise ConfigError(
                "the work cannot be divided by Spark and by Dask at once",
                where="crossfade train",
                remedy="Leave out --engine, or the Dask address (--dask-address, CROSSFADE_DASK_ADDRESS)",
            )
        tell("engine", f"{engine.name} at {engine.master}")
    with started(engine) as running, at_work(running):
        return _tracked(plan, snapshot, settings)


def _tracked(plan: Plan, snapshot: Snapshot, settings: Settings) -> TrainSummary:
    """Train, and keep account of it in MLflow."""
    tell("load", f"snapshot {plan.snapshot_id}")
    facts = build_matrices(plan)
    tell("load", _sizes(facts, matrices(plan).left_out(plan.config.evaluation)))
    tracked = TrainingRun(settings.tracking_uri, settings.artifact_root)
    basis = basis_of(matrices(plan).dataset, plan.permissions)
    tracked.start(_training_name(snapshot), snapshot, plan.config, facts, commit(), basis=basis)
    try:
        return _train(plan, snapshot, facts, tracked, settings)
    except BaseException as error:
        tracked.fail(str(error) or type(error).__name__)
        raise
    finally:
        forget_matrices()


def _train(
    plan: Plan, snapshot: Snapshot, facts: Mapping[str, int], tracked: TrainingRun, settings: Settings
) -> TrainSummary:
    reports = compare(_measure_all(plan, tracked, settings), plan)
    tracked.log_reports(reports)
    board, flips = leaderboard(reports), ranking_flips(reports)
    tracked.log_leaderboard(board)
    tests = paired_tests(reports, plan.config.evaluation.primary, plan.config.evaluation)
    tracked.log_tests(tests)
    words = f"{leaderboard_markdown(board_rows(board), flips)}\n{comparisons_markdown(tests)}"
    create_markdown_artifact(words, key="leaderboard", description="Every candidate, best first")
    curves = draw_curves(plan, reports, tracked)
    winner = best(reports, plan.config.evaluation.primary)
    tell("fit", f"{winner.title} on everyone")
    bundle = fit_winner(plan, winner, _lineage(plan, snapshot))
    leaks = seek_leaks(plan)
    tracked.log_leaks(leaks)
    checks = try_behaviour(plan, bundle)
    tracked.log_behaviour(checks)
    create_markdown_artifact(
        behaviour_markdown(checks), key="behaviour", description=f"What {winner.title} does when a history changes"
    )
    tell("register", f"bundle {bundle.bundle_id}")
    version = register(bundle, tracked.run_id, settings, _tags(plan, bundle))
    record = TrainingRecord(
        training_id=tracked.run_id,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        snapshot_id=plan.snapshot_id,
        config_hash=plan.config_hash,
        basis=basis_of(matrices(plan).dataset, plan.permissions),
        commit=commit(),
        winner=winner.candidate,
        bundle_id=bundle.bundle_id,
        model_version=version,
        flips=flips,
    )
    save_reports(record.folder(plan.home), reports)
    save_checks(record.folder(plan.home), checks)
    save_leaks(record.folder(plan.home), leaks)
    save_segments(record.folder(plan.home), listener_segments(matrices(plan).dataset))
    page = TrainingPage(
        title=f"Training on {_sources(snapshot)}",
        facts=page_facts(plan, record, facts),
        reports=reports,
        primary=plan.config.evaluation.primary,
        winner=record.winner,
        tests=tests,
        flips=flips,
        curves=curves,
        checks=checks,
        examples=examples(bundle, _EXAMPLES, plan.config.evaluation.seed),
    )
    publish_page(page, record, plan, tracked)
    save_training(plan.home, record)
    drop_other_folds(Path(str(PREFECT_LOCAL_STORAGE_PATH.value())), plan)
    tracked.finish(winner, f"Winner: **{winner.title}**, model version {version}.\n\n{words}", _tags(plan, bundle))
    return TrainSummary(record, facts, board_rows(board))


def _measure_all(plan: Plan, tracked: TrainingRun, settings: Settings) -> list[FoldResult]:
    """Measure every candidate on every fold, several at a time; results are tracked as they come."""
    folds = list(matrices(plan).splits)
    wanted = [
        {"plan": plan, "candidate": candidate.name, "protocol": protocol, "fold": fold}
        for candidate in plan.config.candidates
        for protocol, fold in folds
    ]
    results = []
    snapshot = plan.home.snapshots / plan.snapshot_id
    with spread(settings, snapshot, forget=forget_matrices) as runner:
        futures = [runner.submit(measure, each) for each in wanted]
        for done, future in enumerate(as_completed(futures), start=1):
            result = future.result()
            tell("evaluate", f"{result.candidate}, {result.protocol}", done=done, total=len(futures))
            tracked.log_fold(result)
            results.append(result)
    order = [candidate.name for candidate in plan.config.candidates]
    tell("evaluate", f"{len(order)} candidates on {len(folds)} folds", done=len(futures), total=len(futures))
    return sorted(
        results, key=lambda result: (order.index(result.candidate), folds.index((result.protocol, result.fold)))
    )


def _fold_key(_context: TaskRunContext, parameters: dict[str, Any]) -> str:
    plan: Plan = parameters["plan"]
    return plan.fold_key(parameters["candidate"], parameters["protocol"], parameters["fold"])


@task(name="build matrices", task_run_name="build matrices", cache_policy=NO_CACHE, persist_result=False)
def build_matrices(plan: Plan) -> dict[str, int]:
    """Build the matrices and splits that the other tasks of this process read, and return their sizes."""
    return matrices(plan).facts()


@task(
    name="measure",
    task_run_name="{candidate} · {protocol} · fold {fold}",
    cache_key_fn=_fold_key,
    persist_result=True,
)
def measure(plan: Plan, candidate: str, protocol: str, fold: int) -> FoldResult:
    """Measure one candidate on one fold; with the same data, settings and code the kept result is taken."""
    prepared = matrices(plan)
    start = time.perf_counter()
    result = evaluate(
        plan.candidate(candidate), prepared.dataset, prepared.splits[protocol, fold], plan.config.evaluation
    )
    seconds = result.seconds
    shares: dict[Kind, float] = {
        "fit": seconds["select"] + seconds["fit"],
        "evaluate": seconds["rank"] + seconds["measure"],
    }
    note_work(start, time.perf_counter(), shares)
    return result


@task(name="compare", task_run_name="compare candidates", cache_policy=NO_CACHE, persist_result=False)
def compare(results: list[FoldResult], plan: Plan) -> tuple[EvaluationReport, ...]:
    """Turn fold results into one report for each candidate and protocol, with intervals and segments."""
    with working("evaluate"):
        return build_reports(results, plan.config.evaluation, listener_segments(matrices(plan).dataset))


@task(name="fit", task_run_name="fit {winner.candidate} on everyone", cache_policy=NO_CACHE, persist_result=False)
def fit_winner(plan: Plan, winner: EvaluationReport, lineage: Mapping[str, Any]) -> ModelBundle:
    """Fit the winner on all listeners and write its bundle."""
    dataset = matrices(plan).dataset
    with working("fit"), following(fit_follower()):
        model, _ = fit_final(plan.candidate(winner.candidate), dataset, plan.config.evaluation)
    return write_bundle(plan.home.bundles, model, dataset, lineage=lineage, figures=_figures(winner))


@task(name="behaviour", task_run_name="try the model's behaviour", cache_policy=NO_CACHE, persist_result=False)
def try_behaviour(plan: Plan, bundle: ModelBundle) -> tuple[BehaviourCheck, ...]:
    """Change some histories a little and measure what the model makes of it."""
    with working("evaluate"):
        return check_behaviour(
            bundle.recommender, matrices(plan).dataset, plan.config.behaviour, plan.config.evaluation.seed
        )


@task(name="leaks", task_run_name="look for leaks", cache_policy=NO_CACHE, persist_result=False)
def seek_leaks(plan: Plan) -> tuple[LeakCheck, ...]:
    """Look for what the folds test among what they learn from."""
    with working("evaluate"):
        made, seed = matrices(plan), plan.config.evaluation.seed
        return tuple(look_for_leaks(split, made.dataset.histories, seed) for split in made.splits.values())


@task(
    name="register",
    task_run_name="register the model",
    retries=len(PAUSES),
    retry_delay_seconds=PAUSES,
    retry_condition_fn=is_passing,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def register(bundle: ModelBundle, run_id: str, settings: Settings, tags: Mapping[str, str]) -> str:
    """Make the bundle a version of the registered model and return the version."""
    return Registry(settings.tracking_uri).register(bundle, run_id, tags)


def _sizes(facts: Mapping[str, int], left_out: Sequence[str]) -> str:
    """Say how large the data set is and which protocols it does not allow."""
    sizes = f"{facts['listeners']:,} listeners, {facts['tracks']:,} tracks, {facts['preferences']:,} preferences"
    return f"{sizes}; nothing to test for: {', '.join(left_out)}" if left_out else sizes


def _training_name(snapshot: Snapshot) -> str:
    return f"{_sources(snapshot)} {datetime.now(UTC):%Y-%m-%d %H:%M}"


def _sources(snapshot: Snapshot) -> str:
    return ", ".join(entry.source for entry in snapshot.provenance)


def _lineage(plan: Plan, snapshot: Snapshot) -> dict[str, Any]:
    """Return where a bundle comes from; only what is the same when the training is repeated, as it enters the id."""
    return {
        "snapshot_id": plan.snapshot_id,
        "config_hash": plan.config_hash,
        "commit": commit(),
        "engine": plan.engine,
        "sources": [entry.source for entry in snapshot.provenance],
        "permissions": basis_of(matrices(plan).dataset, plan.permissions),
        # So that the service makes the same of a listener's own data, and knows which feedback the model has learned.
        "preferences": plan.config.preferences.model_dump(mode="json"),
        "feedback_until": read_until(snapshot.watermarks, FEEDBACK),
    }


def _figures(winner: EvaluationReport) -> dict[str, Any]:
    """Return what was measured, without what is not defined: JSON has no word for it."""
    metrics = {name: vars(interval) for name, interval in winner.metrics.items() if math.isfinite(interval.mean)}
    summary = {name: value for name, value in winner.summary.items() if math.isfinite(value)}
    return {"protocol": winner.protocol, "metrics": metrics, "summary": summary}


def _tags(plan: Plan, bundle: ModelBundle) -> dict[str, str]:
    """Return what leads from an MLflow run or version to the data, the settings, the code and the bundle."""
    tags = {"snapshot": plan.snapshot_id, "config": plan.config_hash, "bundle": bundle.bundle_id}
    return tags | {"commit": commit() or "unknown", "recommender": bundle.recommender.name}
