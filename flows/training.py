"""The flow that trains: build matrices, measure every candidate on every fold, compare, fit the winner, register it."""

from __future__ import annotations

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

from flows.artifacts import behaviour_markdown, board_rows, comparisons_markdown, leaderboard_markdown
from flows.bundling import Outcome, OvertakenError, bundle_winner, fit_winner, tags_of, try_behaviour
from flows.code_version import commit
from flows.consent import basis_of, permissions_of
from flows.fold_cache import drop_other_folds, storage_in_use
from flows.latest import TrainingRecord, latest_snapshot, snapshot_named
from flows.learning import draw_curves
from flows.matrices import Plan, forget_matrices, matrices, name_of_fold
from flows.progress import name_run, progress_bar, tell
from flows.promotion_evidence import champion_to_meet, data_id, data_of, policy_of
from flows.registry import answering
from flows.runners import spread
from flows.settings import Settings, load_settings
from flows.stand_in import stand_in_for, stand_in_keys
from flows.tracking import TrainingRun
from flows.work_time import Kind, note_work, working
from pipelines.config import load_config
from pipelines.data.snapshot import Snapshot
from pipelines.engines.choosing import LOCAL, THIS_MACHINE, EngineChoice, started
from pipelines.errors import ConfigError
from pipelines.evaluation.leakage import LeakCheck, look_for_leaks
from pipelines.evaluation.page import TrainingPage
from pipelines.evaluation.report import (
    EvaluationReport,
    best,
    build_reports,
    leaderboard,
    paired_tests,
    ranking_flips,
)
from pipelines.evaluation.run import FoldResult, evaluate
from pipelines.evaluation.segments import listener_segments
from pipelines.parallel import at_work


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
    training = load_config(config or settings.training).beside(more)
    snapshot = snapshot_named(home, snapshot_id) if snapshot_id else latest_snapshot(home)
    if engine.name != LOCAL:
        if settings.dask_address:
            raise ConfigError(
                "the work cannot be divided by Spark and by Dask at once",
                where="crossfade train",
                remedy="Leave out --engine, or the Dask address (--dask-address, CROSSFADE_DASK_ADDRESS)",
            )
        tell("engine", f"{engine.name} at {engine.master}")
    with started(engine) as running, at_work(running):
        while True:
            plan = Plan.of(home, snapshot.snapshot_id, training, permissions_of(settings), engine.name)
            try:
                return _tracked(plan, snapshot, settings)
            except OvertakenError:
                tell("load", "somebody was forgotten meanwhile; it begins again without them")
                snapshot = snapshot_named(home, plan.snapshot_id)
            finally:
                forget_matrices()


def _tracked(plan: Plan, snapshot: Snapshot, settings: Settings) -> TrainSummary:
    """Train, and keep account of it in MLflow."""
    tell("load", f"snapshot {plan.snapshot_id}")
    facts = build_matrices(plan)
    tell("load", _sizes(facts, matrices(plan).left_out(plan.config.evaluation)))
    basis = basis_of(matrices(plan).dataset, plan.permissions)
    with answering(settings.tracking_uri):
        tracked = TrainingRun(settings.tracking_uri, settings.artifact_root)
        tracked.start(_training_name(snapshot), snapshot, plan.config, facts, commit(), basis=basis)
    try:
        with answering(settings.tracking_uri, files=()):
            return _measured(plan, snapshot, facts, tracked, settings)
    except BaseException as error:
        tracked.fail(str(error) or type(error).__name__)
        raise


def _measured(
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
    champion = _champion_of_its_recipe(winner, plan, settings)
    tell("fit", f"{winner.title} on everyone")
    model = fit_winner(plan, winner)
    leaks = seek_leaks(plan)
    tracked.log_leaks(leaks)
    checks = try_behaviour(plan, model)
    tracked.log_behaviour(checks)
    create_markdown_artifact(
        behaviour_markdown(checks), key="behaviour", description=f"What {winner.title} does when a history changes"
    )
    page = TrainingPage(
        title=f"Training on {_sources(snapshot)}",
        facts={},
        reports=reports,
        primary=plan.config.evaluation.primary,
        winner=winner.candidate,
        tests=tests,
        flips=flips,
        curves=curves,
        checks=checks,
    )
    found = Outcome(winner, model, page, leaks, champion)
    record = bundle_winner(plan, snapshot, found, facts, tracked, settings)
    stand_ins = stand_in_keys(plan, champion[0], champion[1].protocol) if champion else ()
    drop_other_folds(storage_in_use(), plan, stand_ins)
    note = f"Winner: **{winner.title}**, model version {record.model_version}.\n\n{words}"
    tracked.finish(winner, note, tags_of(plan, record.bundle_id, record.winner))
    name_run(f"{_run_name()}: {record.winner} is best")
    return TrainSummary(record, facts, board_rows(board))


def _champion_of_its_recipe(
    winner: EvaluationReport, plan: Plan, settings: Settings
) -> tuple[str, EvaluationReport] | None:
    """Return the champion's bundle and what it would do on these folds, where the winner would refresh it."""
    champion = champion_to_meet(settings)
    if champion is None or champion.recommender.name != winner.candidate:
        return None
    basis = basis_of(matrices(plan).dataset, plan.permissions)
    same_data = data_of(champion) == data_id(plan.snapshot_id, basis)
    if same_data and champion.manifest["lineage"]["config_hash"] == plan.config_hash:
        return None  # it is the champion already
    report = stand_in_for(plan, champion.bundle_id, policy_of(settings).protocol, settings)
    return (champion.bundle_id, report) if report else None


def _measure_all(plan: Plan, tracked: TrainingRun, settings: Settings) -> list[FoldResult]:
    """Measure every candidate on every fold, several at a time; results are tracked as they come."""
    folds = list(matrices(plan).splits)
    wanted = [
        {"plan": plan, "candidate": candidate.name, "protocol": protocol, "fold": fold}
        for candidate in plan.config.candidates
        for protocol, fold in folds
    ]
    results, show = [], progress_bar("evaluation", "How much of the evaluation is done")
    snapshot = plan.home.snapshots / plan.snapshot_id
    with spread(settings, snapshot, forget=forget_matrices) as runner:
        futures = [runner.submit(measure, each) for each in wanted]
        for done, future in enumerate(as_completed(futures), start=1):
            result = future.result()
            tell("evaluate", f"{result.candidate}, {result.protocol}", done=done, total=len(futures))
            show(done, len(futures))
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
    task_run_name=name_of_fold,
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


@task(name="leaks", task_run_name="look for leaks", cache_policy=NO_CACHE, persist_result=False)
def seek_leaks(plan: Plan) -> tuple[LeakCheck, ...]:
    """Look for what the folds test among what they learn from."""
    with working("evaluate"):
        made, seed = matrices(plan), plan.config.evaluation.seed
        return tuple(look_for_leaks(split, made.dataset.histories, seed) for split in made.splits.values())


def _sizes(facts: Mapping[str, int], left_out: Sequence[str]) -> str:
    """Say how large the data set is and which protocols it does not allow."""
    sizes = f"{facts['listeners']:,} listeners, {facts['tracks']:,} tracks, {facts['preferences']:,} preferences"
    return f"{sizes}; nothing to test for: {', '.join(left_out)}" if left_out else sizes


def _training_name(snapshot: Snapshot) -> str:
    return f"{_sources(snapshot)} {datetime.now(UTC):%Y-%m-%d %H:%M}"


def _sources(snapshot: Snapshot) -> str:
    return ", ".join(entry.source for entry in snapshot.provenance)
