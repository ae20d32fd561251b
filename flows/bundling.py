"""The end of a training: the winner is fitted on everyone and tried; then it becomes a bundle, a version and a record.

Somebody may be forgotten while a training goes on, and what it writes afterwards would still hold them. So all of that
is written under the lock that forgetting holds, and only where the data that were learned from are still there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.code_version import commit
from flows.consent import basis_of
from flows.latest import TrainingRecord, save_training
from flows.matrices import Plan, matrices
from flows.progress import fit_follower, tell
from flows.registry import Registry
from flows.retrying import PAUSES, is_passing
from flows.settings import Settings
from flows.stand_in import save_stand_in
from flows.tracking import TrainingRun
from flows.training_page import page_facts, publish_page
from flows.work_time import working
from pipelines.data.feedback import SOURCE as FEEDBACK
from pipelines.data.snapshot import Snapshot
from pipelines.data.watermarks import read_until
from pipelines.evaluation.behaviour import KEPT_CHECKS, BehaviourCheck, check_behaviour
from pipelines.evaluation.leakage import KEPT_LEAKS, LeakCheck
from pipelines.evaluation.page import TrainingPage
from pipelines.evaluation.report import EvaluationReport, save_reports
from pipelines.evaluation.run import fit_final
from pipelines.evaluation.segments import listener_segments, save_segments
from pipelines.locking import only_one
from pipelines.recommenders.base import Recommender
from pipelines.recommenders.progress import following
from pipelines.release.bundle import ModelBundle, write_bundle
from pipelines.release.examples import examples

#: How many listeners the page shows with their lists.
_EXAMPLES: Final = 3
_PATIENCE_SECONDS: Final = 3600.0


class OvertakenError(Exception):
    """The data a training learned from are not there any more: somebody in them was forgotten meanwhile."""


@dataclass(frozen=True)
class Outcome:
    """What a training has found, before anything of it is written.

    Attributes:
        winner: The best candidate's report under the deciding protocol.
        model: It, fitted on everyone.
        page: All that stands on the page but the facts and the examples.
        leaks: What was found among the folds that had leaked.
        champion: The bundle of a champion of the same recipe, and what it would do; None where there is none.
    """

    winner: EvaluationReport
    model: Recommender
    page: TrainingPage
    leaks: Sequence[LeakCheck]
    champion: tuple[str, EvaluationReport] | None


@contextmanager
def settled(plan: Plan) -> Iterator[None]:
    """Keep forgetting and ingestions out while what was learned is written.

    Raises:
        OvertakenError: Somebody was forgotten since the training began.
        CrossfadeError: Somebody else is at work too long.
    """

    def waiting() -> None:
        tell("wait", "somebody else is at work on this home folder")

    with only_one(plan.home.root, patience=_PATIENCE_SECONDS, waiting=waiting):
        if not (plan.home.snapshots / plan.snapshot_id).is_dir():
            raise OvertakenError(plan.snapshot_id)
        yield


def bundle_winner(
    plan: Plan, snapshot: Snapshot, found: Outcome, facts: Mapping[str, int], tracked: TrainingRun, settings: Settings
) -> TrainingRecord:
    """Write the bundle, register it and keep the training's reports and record, which comes last.

    Raises:
        OvertakenError: Somebody was forgotten since the training began; nothing was written.
        CrossfadeError: The disk is full, or the registry does not answer.
    """
    with settled(plan):
        bundle = write(plan, found, snapshot)
        tell("register", f"bundle {bundle.bundle_id}")
        version = register(bundle, tracked.run_id, settings, tags_of(plan, bundle.bundle_id, found.winner.candidate))
        record = TrainingRecord(
            training_id=tracked.run_id,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            snapshot_id=plan.snapshot_id,
            config_hash=plan.config_hash,
            basis=basis_of(matrices(plan).dataset, plan.permissions),
            commit=commit(),
            winner=found.winner.candidate,
            bundle_id=bundle.bundle_id,
            model_version=version,
            flips=tuple(found.page.flips),
        )
        shown = examples(bundle, _EXAMPLES, plan.config.evaluation.seed)
        page = replace(found.page, facts=page_facts(plan, record, facts), examples=shown)
        save(plan, record, page, found, tracked)
    return record


@task(name="fit", task_run_name="fit {winner.candidate} on everyone", cache_policy=NO_CACHE, persist_result=False)
def fit_winner(plan: Plan, winner: EvaluationReport) -> Recommender:
    """Fit the winner on all listeners."""
    with working("fit"), following(fit_follower()):
        return fit_final(plan.candidate(winner.candidate), matrices(plan).dataset, plan.config.evaluation)[0]


@task(name="behaviour", task_run_name="try the model's behaviour", cache_policy=NO_CACHE, persist_result=False)
def try_behaviour(plan: Plan, model: Recommender) -> tuple[BehaviourCheck, ...]:
    """Change some histories a little and measure what the model makes of it."""
    with working("evaluate"):
        return check_behaviour(model, matrices(plan).dataset, plan.config.behaviour, plan.config.evaluation.seed)


@task(name="write", task_run_name="write the bundle", cache_policy=NO_CACHE, persist_result=False)
def write(plan: Plan, found: Outcome, snapshot: Snapshot) -> ModelBundle:
    """Write the winner's bundle."""
    dataset, lineage = matrices(plan).dataset, _lineage(plan, snapshot)
    return write_bundle(plan.home.bundles, found.model, dataset, lineage=lineage, figures=_figures(found.winner))


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


@task(name="keep", task_run_name="keep the reports", cache_policy=NO_CACHE, persist_result=False)
def save(
    plan: Plan,
    record: TrainingRecord,
    page: TrainingPage,
    found: Outcome,
    tracked: TrainingRun,
) -> None:
    """Keep reports, checks, segments and page; the record, by which they are found, comes last."""
    folder = record.folder(plan.home)
    save_reports(folder, page.reports)
    KEPT_CHECKS.save(folder, page.checks)
    KEPT_LEAKS.save(folder, found.leaks)
    save_segments(folder, listener_segments(matrices(plan).dataset))
    if found.champion is not None:
        save_stand_in(folder, *found.champion)
    publish_page(page, record, plan, tracked)
    save_training(plan.home, record)


def tags_of(plan: Plan, bundle_id: str, recommender: str) -> dict[str, str]:
    """Return what leads from an MLflow run or version to the data, the settings, the code and the bundle."""
    tags = {"snapshot": plan.snapshot_id, "config": plan.config_hash, "bundle": bundle_id}
    return tags | {"commit": commit() or "unknown", "recommender": recommender}


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
    return {"protocol": winner.protocol, "share_tested": winner.share, "metrics": metrics, "summary": summary}
