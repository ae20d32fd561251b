"""The flow that decides: the last training's winner against the champion and the baselines; and the way back.

The state file in the home folder is the truth, because the service reads it; it changes in one step. The aliases in the
MLflow registry follow it. A crash between the two leaves the aliases behind, and the next move brings them into line.
"""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import asdict, dataclass
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.alarming import MODEL_REFUSED, send
from flows.artifacts import decision_markdown
from flows.latest import TrainingRecord, read_training
from flows.progress import name_run, tell
from flows.promotion_evidence import evidence_about, policy_of
from flows.publishing import publish_if_set
from flows.registry import DECISION_TAG, PROMOTED, Registry
from flows.retrying import PAUSES, is_passing
from flows.settings import Settings, load_settings
from pipelines.atomic import write_text
from pipelines.errors import RegistryError
from pipelines.evaluation.behaviour import KEPT_CHECKS
from pipelines.release.bundle import read_bundle
from pipelines.release.champion import Champion, bundle_path, read_champion, set_champion
from pipelines.release.champion import rollback as back_to_previous
from pipelines.release.moves import Author
from pipelines.release.policy import PromotionPolicy
from pipelines.release.promotion import PromotionDecision, decide
from pipelines.release.states import read_releases


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
def promote(training_id: str | None = None, why: str = "") -> PromotionSummary:
    """Judge a training's winner by the promotion policy and, on a yes, make it the champion.

    Args:
        training_id: The training; by default the last one.
        why: What a person wants to add to the reason.

    Raises:
        CrossfadeError: Nothing was trained, or a file of the training is missing or damaged.
    """
    settings = load_settings().settings
    record = read_training(settings.layout, training_id)
    before = read_champion(settings.layout)
    decision = judged(record, settings, policy_of(settings))
    if decision.promote:
        reason = f"{decision.reason}; {why}" if why else decision.reason
        crown(record, settings, reason, before.bundle_id if before else None)
    follow(settings)
    outcome = f"{record.winner} is {'promoted' if decision.promote else 'refused'}"
    tell("decide", outcome)
    name_run(f"promote: {outcome}")
    return PromotionSummary(decision, read_champion(settings.layout), record.model_version)


@flow(name="rollback", flow_run_name="rollback")
def rollback(reason: str = "rolled back by hand") -> Champion:
    """Serve the previous champion again.

    Args:
        reason: Why, in a sentence.

    Raises:
        ReleaseError: There is no previous champion.
        BundleError: Its bundle is damaged; what is served stays.
    """
    settings = load_settings().settings
    before = read_champion(settings.layout)
    if before is not None and before.previous is not None:
        # The service would refuse a damaged one and go on with what it has; better to say so here.
        read_bundle(bundle_path(settings.layout, before.previous))
    champion = back_to_previous(settings.layout, reason, author())
    follow(settings)
    tell("rollback", f"bundle {champion.bundle_id} is served again")
    name_run(f"rollback: bundle {champion.bundle_id} is served again")
    return champion


def judged(record: TrainingRecord, settings: Settings, policy: PromotionPolicy) -> PromotionDecision:
    """Apply the policy and keep the decision where people look: Prefect, MLflow, beside the report. Nothing moves yet.

    Raises:
        CrossfadeError: A file of the training is missing or damaged, or the registry does not answer.
    """
    tell("decide", f"{record.winner}, bundle {record.bundle_id}")
    decision = judge(record, settings, policy)
    words = decision_markdown(decision, KEPT_CHECKS.load(record.folder(settings.layout)))
    create_markdown_artifact(words, key="promotion-decision", description=decision.reason)
    write_down(record, decision, words, settings)
    _tell_of_refusal(record, decision, settings)
    return decision


def _tell_of_refusal(record: TrainingRecord, decision: PromotionDecision, settings: Settings) -> None:
    """Send the event of a refusal; the same model once more, where nothing new has come in, is no news."""
    champion = read_champion(settings.layout)
    if decision.promote or (champion is not None and champion.bundle_id == record.bundle_id):
        return
    details = {
        "sentences": [rule.sentence for rule in decision.rules if not rule.passed],
        "training": record.training_id,
        "model_version": record.model_version,
        "policy": decision.policy_hash,
    }
    send(MODEL_REFUSED, decision.reason, details)


def author() -> Author:
    """Return who is at work here: the user of the operating system."""
    try:
        return Author(getpass.getuser())
    except (OSError, KeyError):
        # A container may run as a user without a name.
        return Author(f"user {os.getuid()}")


def follow(settings: Settings) -> None:
    """Let the registry follow, then the bucket; what is down holds up nothing and follows with the next move."""
    try:
        reconcile(settings)
    except RegistryError as error:
        get_run_logger().warning("%s The aliases follow with the next move.", error)
        tell("aliases", "the registry does not answer; they follow with the next move")
    publish_if_set(settings)


@task(name="judge", task_run_name="apply the policy", cache_policy=NO_CACHE, persist_result=False)
def judge(record: TrainingRecord, settings: Settings, policy: PromotionPolicy) -> PromotionDecision:
    """Gather the evidence and apply every rule of the policy."""
    return decide(evidence_about(record, settings, policy), policy)


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
    write_text(record.decision(settings.layout), json.dumps(decision.to_json(), indent=2))
    tags = {
        DECISION_TAG: PROMOTED if decision.promote else "refused",
        "policy": decision.policy_hash,
        "reason": decision.reason,
    }
    Registry(settings.tracking_uri).describe(record.model_version, words, tags)


@task(name="crown", task_run_name="make {record.winner} the champion", cache_policy=NO_CACHE, persist_result=False)
def crown(record: TrainingRecord, settings: Settings, reason: str, instead_of: str | None) -> Champion:
    """Make a training's winner the champion, in one step, unless another one came first."""
    return set_champion(settings.layout, record.bundle_id, reason, author(), instead_of=instead_of)


@task(
    name="move the aliases",
    task_run_name="move the aliases",
    retries=len(PAUSES),
    retry_delay_seconds=PAUSES,
    retry_condition_fn=is_passing,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def reconcile(settings: Settings) -> dict[str, str]:
    """Let the aliases in the registry follow the state of the release, and return them with their versions."""
    releases = read_releases(settings.layout)
    return Registry(settings.tracking_uri).follow(releases.in_use()) if releases else {}
