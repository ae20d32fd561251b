"""The flow that decides: the last training's winner against the champion and the baselines; and the way back.

The champion file in the home folder is the truth, because the service reads it; it changes in one step. The alias in
the MLflow registry follows it. A crash between the two leaves the alias behind, and the next promotion or rollback
moves it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.consent import may_still_be_used, permissions_of
from flows.latest import TrainingRecord, read_training, snapshot_named
from flows.progress import tell
from flows.registry import Registry
from flows.retrying import PAUSES, is_passing
from flows.servers import python_module
from flows.settings import Settings, load_settings
from flows.words import decision_markdown
from pipelines.atomic import write_text
from pipelines.data.hashing import hash_json
from pipelines.errors import BundleError
from pipelines.evaluation.behaviour import load_checks
from pipelines.evaluation.report import load_reports
from pipelines.evaluation.segments import load_segments
from pipelines.home import Home
from pipelines.release.bundle import read_bundle
from pipelines.release.champion import Champion, bundle_path, read_champion, set_champion
from pipelines.release.champion import rollback as back_to_previous
from pipelines.release.evidence import ChampionRecord, Evidence
from pipelines.release.measuring import Measurements
from pipelines.release.policy import PromotionPolicy
from pipelines.release.promotion import PromotionDecision, decide

#: The file beside a training's report that holds the last decision about it.
DECISION: Final = "decision.json"


@dataclass(frozen=True)
class PromotionSummary:
    """What was decided, and what is served now.

    Attributes:
        decision: Every rule with its figures.
        champion: The champion after the decision; None where there is still none.
        model_version: The version in the MLflow registry that was judged.
    """

    decision: PromotionDecision
    champion: Champion | None
    model_version: str

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "decision": self.decision.to_json(),
            "champion": asdict(self.champion) if self.champion else None,
            "model_version": self.model_version,
        }


@flow(name="promote", flow_run_name="promote")
def promote(training_id: str | None = None) -> PromotionSummary:
    """Judge a training's winner by the promotion policy and, on a yes, make it the champion.

    Args:
        training_id: The training; by default the last one.

    Raises:
        CrossfadeError: Nothing was trained, or a file of the training is missing or damaged.
    """
    settings = load_settings().settings
    record = read_training(settings.layout, training_id)
    tell("decide", f"{record.winner}, bundle {record.bundle_id}")
    decision = judge(record, settings)
    words = decision_markdown(decision, load_checks(record.folder(settings.layout)))
    create_markdown_artifact(words, key="promotion-decision", description=decision.reason)
    write_down(record, decision, words, settings)
    if decision.promote:
        crown(record, decision, settings)
    reconcile(settings)
    tell("decide", f"{record.winner} is {'promoted' if decision.promote else 'refused'}")
    return PromotionSummary(decision, read_champion(settings.layout), record.model_version)


@flow(name="rollback", flow_run_name="rollback")
def rollback(reason: str = "rolled back by hand") -> Champion:
    """Serve the previous champion again.

    Args:
        reason: Why, in a sentence.

    Raises:
        ReleaseError: There is no previous champion.
    """
    settings = load_settings().settings
    champion = back_to_previous(settings.layout, reason)
    reconcile(settings)
    tell("rollback", f"bundle {champion.bundle_id} is served again")
    return champion


@task(name="judge", task_run_name="apply the policy", cache_policy=NO_CACHE, persist_result=False)
def judge(record: TrainingRecord, settings: Settings) -> PromotionDecision:
    """Apply every rule of the policy."""
    policy = policy_of(settings)
    home, folder = settings.layout, record.folder(settings.layout)
    evidence = Evidence(
        reports=load_reports(folder),
        challenger=record.winner,
        data_id=_data_id(record.snapshot_id, record.basis),
        config_hash=record.config_hash,
        champion=champion_record(settings, policy),
        segments=load_segments(folder),
        checks=load_checks(folder),
        measured=measured_apart(bundle_path(home, record.bundle_id)),
        newest=newest_interaction(home, record.snapshot_id) if policy.freshness.max_age_days else None,
        now=datetime.now(UTC),
    )
    return decide(evidence, policy)


def policy_of(settings: Settings) -> PromotionPolicy:
    """Return the promotion policy in force.

    Raises:
        ConfigError: The file cannot be read, or holds an unknown key or an impossible value.
    """
    return PromotionPolicy.from_toml(settings.policy) if settings.policy else PromotionPolicy()


def measured_apart(bundle: Path) -> Measurements:
    """Measure what serving a bundle costs, in a process that does nothing else.

    Raises:
        BundleError: The bundle cannot be read, or the process ended otherwise.
    """
    command = python_module("pipelines.release.measuring", str(bundle))
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise BundleError(f"it cannot be measured: {said[-1]}", where=str(bundle), remedy="Train again")
    return Measurements(**json.loads(done.stdout))


def newest_interaction(home: Home, snapshot_id: str) -> datetime | None:
    """Return the time of the newest interaction of a snapshot; None where none has a time."""
    times = [mark.latest for mark in snapshot_named(home, snapshot_id).watermarks if mark.latest]
    return max(times, default=None)


@task(
    name="write down",
    task_run_name="write the decision on version {record.model_version}",
    retries=len(PAUSES),
    retry_delay_seconds=PAUSES,
    retry_condition_fn=is_passing,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def write_down(record: TrainingRecord, decision: PromotionDecision, words: str, settings: Settings) -> None:
    """Keep the decision beside the report and with the model version, before anything moves."""
    write_text(record.folder(settings.layout) / DECISION, json.dumps(decision.to_json(), indent=2))
    tags = {
        "decision": "promoted" if decision.promote else "refused",
        "policy": decision.policy_hash,
        "reason": decision.reason,
    }
    Registry(settings.tracking_uri).describe(record.model_version, words, tags)


@task(name="crown", task_run_name="make {record.winner} the champion", cache_policy=NO_CACHE, persist_result=False)
def crown(record: TrainingRecord, decision: PromotionDecision, settings: Settings) -> Champion:
    """Move the champion pointer, in one step."""
    return set_champion(settings.layout, record.bundle_id, decision.reason)


@task(
    name="move the alias",
    task_run_name="move the alias",
    retries=len(PAUSES),
    retry_delay_seconds=PAUSES,
    retry_condition_fn=is_passing,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def reconcile(settings: Settings) -> str | None:
    """Let the alias in the registry follow the champion pointer, and return its version."""
    champion = read_champion(settings.layout)
    return Registry(settings.tracking_uri).point_champion_at(champion.bundle_id) if champion else None


def champion_record(settings: Settings, policy: PromotionPolicy) -> ChampionRecord | None:
    """Return what the decision needs to know about the champion; None where there is none to compare with.

    A champion whose bundle is gone cannot be served, and one that learned from rows that may train no longer should not
    be: neither is a reason to refuse a new one.
    """
    home = settings.layout
    champion = read_champion(home)
    if champion is None:
        return None
    try:
        manifest = read_bundle(bundle_path(home, champion.bundle_id), verify=False).manifest
    except BundleError:
        return None
    if not may_still_be_used(manifest["lineage"], permissions_of(settings)):
        return None
    metrics = manifest["figures"].get("metrics", {})
    return ChampionRecord(
        candidate=manifest["recommender"],
        bundle_id=champion.bundle_id,
        data_id=_data_id(manifest["lineage"]["snapshot_id"], manifest["lineage"].get("permissions", {})),
        config_hash=manifest["lineage"]["config_hash"],
        metric=float(metrics.get(policy.metric, {}).get("mean", "nan")),
    )


def _data_id(snapshot_id: str, basis: Mapping[str, Any]) -> str:
    """Name data as a training saw them: a snapshot, and what of it was allowed to train."""
    return f"{snapshot_id} {hash_json(dict(basis))}"
