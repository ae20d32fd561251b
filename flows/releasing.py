"""The flows of a trial: a shadow beside the champion, a canary for a share of the listeners, and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact

from flows.latest import read_training
from flows.listeners import online_verdict
from flows.progress import name_run, tell
from flows.promoting import author, follow, judged
from flows.promotion_evidence import policy_of
from flows.settings import load_settings
from pipelines.errors import ReleaseError
from pipelines.release.bundle import read_bundle
from pipelines.release.moves import end_trial, start_canary, start_shadow
from pipelines.release.online import OnlineVerdict
from pipelines.release.policy import OnlineRules, PromotionPolicy
from pipelines.release.promotion import PromotionDecision
from pipelines.release.states import Releases, TrialRole, bundle_path, read_releases


@dataclass(frozen=True)
class CanarySummary:
    """What was decided about a canary, and the state now.

    Attributes:
        decision: Every rule with its figures; None where only the share of the canary was changed.
        releases: The state of the release; None where nothing was ever promoted.
    """

    decision: PromotionDecision | None
    releases: Releases | None

    @property
    def goes_on(self) -> bool:
        """Whether listeners are shown it."""
        return self.decision is None or self.decision.promote

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "decision": self.decision.to_json() if self.decision else None,
            "releases": self.releases.to_json() if self.releases else None,
        }


@dataclass(frozen=True)
class CanaryCheck:
    """What listeners say about the canary, and what was done about it.

    Attributes:
        verdict: Every guard rail with its figures.
        ended: Whether the canary was taken back.
        releases: The state of the release.
    """

    verdict: OnlineVerdict
    ended: bool
    releases: Releases

    @property
    def goes_on(self) -> bool:
        """Whether listeners are still shown it."""
        return not self.ended

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {"verdict": self.verdict.to_json(), "ended": self.ended, "releases": self.releases.to_json()}


@flow(name="shadow", flow_run_name="shadow")
def shadow(training_id: str | None = None, why: str = "tried as shadow") -> Releases:
    """Let a training's winner answer beside the champion, unseen.

    Args:
        training_id: The training; by default the last one.
        why: Why, in a sentence.

    Raises:
        CrossfadeError: Nothing was trained, the bundle is damaged, or there is no champion to be beside.
    """
    settings = load_settings().settings
    record = read_training(settings.layout, training_id)
    read_bundle(bundle_path(settings.layout, record.bundle_id))
    releases = start_shadow(settings.layout, record.bundle_id, why, author())
    follow(settings)
    tell("shadow", f"bundle {record.bundle_id} answers beside the champion, unseen")
    name_run(f"shadow: {record.winner} answers unseen")
    return releases


@flow(name="canary", flow_run_name="canary for {share}")
def canary(training_id: str | None = None, share: float = 0.1, why: str = "tried as canary") -> CanarySummary:
    """Judge a training's winner by the policy and, on a yes, show its lists to a share of the listeners.

    A canary that is out already only gets the new share.

    Args:
        training_id: The training; by default the last one.
        share: The share of the listeners, above 0 and below 1.
        why: Why, in a sentence.

    Raises:
        CrossfadeError: Nothing was trained, there is no champion to be beside, or another canary is out.
    """
    settings = load_settings().settings
    record = read_training(settings.layout, training_id)
    now = read_releases(settings.layout)
    decision = None
    if now is None or now.role_of(record.bundle_id) != "canary":
        decision = judged(record, settings, _before_any_listener(policy_of(settings)))
        if not decision.promote:
            tell("canary", f"{record.winner} is refused")
            name_run(f"canary: {record.winner} is refused")
            return CanarySummary(decision, now)
    releases = start_canary(settings.layout, record.bundle_id, share, why, author())
    follow(settings)
    tell("canary", f"bundle {record.bundle_id} is shown to {share:.1%} of the listeners")
    name_run(f"canary: {record.winner} is shown to {share:.1%}")
    return CanarySummary(decision, releases)


@flow(name="end trial", flow_run_name="end the {role}")
def end(role: TrialRole, why: str = "ended by hand") -> Releases:
    """End the shadow or the canary.

    Args:
        role: Which of the two.
        why: Why, in a sentence.

    Raises:
        ReleaseError: There is none.
    """
    settings = load_settings().settings
    releases = end_trial(settings.layout, role, why, author())
    follow(settings)
    tell(role, "ended")
    name_run(f"the {role} has ended")
    return releases


@flow(name="check canary", flow_run_name="check the canary")
def check_canary() -> CanaryCheck:
    """Look at what listeners say about the canary, and take it back where it broke a guard rail.

    May be run as often as one likes: the test allows for that.

    Raises:
        CrossfadeError: There is no canary, or the event store cannot be used.
    """
    settings = load_settings().settings
    releases = read_releases(settings.layout)
    if releases is None or releases.canary is None:
        raise ReleaseError("there is no canary", where=str(settings.layout.root), remedy="Start one: crossfade canary")
    verdict = online_verdict(settings, releases.canary.bundle_id, policy_of(settings).online)
    if verdict is None:
        raise ReleaseError("the canary has changed meanwhile", where=str(settings.layout.root), remedy="Look again")
    ended = verdict.state == "breach"
    if ended:
        releases = end_trial(settings.layout, "canary", f"taken back: {verdict.sentence}", author())
        follow(settings)
    words = "".join(f"- {rail.state}: {rail.sentence}\n" for rail in verdict.rails)
    head = "Taken back." if ended else "Goes on."
    create_markdown_artifact(f"**{head}**\n\n{words}", key="canary", description=verdict.sentence)
    outcome = "taken back" if ended else f"goes on, {verdict.state}"
    tell("canary", outcome)
    name_run(f"check the canary: {outcome}")
    return CanaryCheck(verdict, ended, releases)


@flow(name="watch canary", flow_run_name="watch the canary")
def watch_canary() -> CanaryCheck | None:
    """Check the canary where there is one: what a schedule does, for which it is no failure that there is none.

    Returns:
        What was found and done; None where there is no canary.

    Raises:
        CrossfadeError: The event store cannot be used, or the canary has changed meanwhile.
    """
    releases = read_releases(load_settings().settings.layout)
    if releases is None or releases.canary is None:
        tell("canary", "there is none")
        name_run("watch the canary: there is none")
        return None
    return check_canary()


def _before_any_listener(policy: PromotionPolicy) -> PromotionPolicy:
    """Return the policy without what only a canary can show."""
    lenient: OnlineRules = policy.online.model_copy(update={"required": False})
    return policy.model_copy(update={"online": lenient})
