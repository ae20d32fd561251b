"""Promotion: a pure function of reports and policy; the decision names each rule, its figures and its verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import Field

from pipelines.config import Protocol, Settings
from pipelines.evaluation.comparison import Interval, paired_difference
from pipelines.evaluation.report import EvaluationReport


class PromotionPolicy(Settings):
    """What a challenger must show.

    Attributes:
        metric: The metric that decides.
        protocol: The protocol that decides.
        baselines: Candidates the challenger must beat, besides the champion.
        min_gain: By how much, as a share of the other's mean, the whole interval must lie above (0: just above).
        refresh_margin: A champion's own recipe, trained on newer data, is promoted unless it is worse than before by
            more than this share.
        confidence: Coverage of each interval.
        resamples: Bootstrap resamples.
        seed: Seed of the resampling.
    """

    metric: str = "ndcg@10"
    protocol: Protocol = "unseen-users"
    baselines: tuple[str, ...] = ("popularity", "item-knn")
    min_gain: float = Field(default=0.0, ge=0)
    refresh_margin: float = Field(default=0.05, ge=0)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    resamples: int = Field(default=2_000, ge=100)
    seed: int = 20_260_630


@dataclass(frozen=True)
class ChampionRecord:
    """What the decision needs to know about the current champion.

    Attributes:
        candidate: Its recommender.
        bundle_id: Its bundle.
        data_id: Names the data it was trained on: the snapshot, and what of it was allowed to train.
        config_hash: The training configuration it came from.
        metric: Its mean of the policy's metric when it was promoted; NaN where unknown.
    """

    candidate: str
    bundle_id: str
    data_id: str
    config_hash: str
    metric: float


@dataclass(frozen=True)
class RuleVerdict:
    """One rule of the policy applied.

    Attributes:
        name: The rule.
        passed: Whether the challenger satisfies it.
        sentence: The figures and the verdict in words.
        figures: The figures as data.
    """

    name: str
    passed: bool
    sentence: str
    figures: dict[str, float]


@dataclass(frozen=True)
class PromotionDecision:
    """Whether the challenger becomes champion, and why."""

    promote: bool
    challenger: str
    champion: str | None
    metric: str
    protocol: str
    rules: tuple[RuleVerdict, ...]
    policy_hash: str

    @property
    def reason(self) -> str:
        """The decision in one sentence."""
        if self.promote:
            return f"{self.challenger} passes all {len(self.rules)} rules"
        failed = next(rule for rule in self.rules if not rule.passed)
        return f"{self.challenger} is refused: {failed.sentence}"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**asdict(self), "reason": self.reason}


def decide(
    reports: Sequence[EvaluationReport],
    challenger: str,
    policy: PromotionPolicy,
    champion: ChampionRecord | None = None,
    *,
    data_id: str,
    config_hash: str,
) -> PromotionDecision:
    """Apply every rule of the policy to the challenger.

    A champion of another recipe is met on the same folds: its recipe is one of the candidates, trained on the same
    data, so that newer data is no advantage. A champion of the same recipe can only be refreshed: trained on newer
    data and no worse than it was beyond a margin.

    Args:
        reports: The evaluation reports of this training.
        challenger: Name of the candidate that would be promoted.
        policy: The rules.
        champion: The champion, or None for the first promotion.
        data_id: The data the challenger was trained on.
        config_hash: The configuration it was trained with.
    """
    deciding = {report.candidate: report for report in reports if report.protocol == policy.protocol}
    if challenger not in deciding:
        rules = [_not_evaluated("was evaluated", challenger, policy)]
    else:
        rules = [
            _beats(deciding[challenger], deciding.get(name), name, policy)
            for name in policy.baselines
            if name != challenger
        ]
        if champion is not None:
            rules.append(_against(deciding, challenger, champion, policy, data_id, config_hash))
    return PromotionDecision(
        promote=all(rule.passed for rule in rules),
        challenger=challenger,
        champion=champion.candidate if champion else None,
        metric=policy.metric,
        protocol=policy.protocol,
        rules=tuple(rules),
        policy_hash=policy.hash(),
    )


def _against(
    deciding: dict[str, EvaluationReport],
    challenger: str,
    champion: ChampionRecord,
    policy: PromotionPolicy,
    data_id: str,
    config_hash: str,
) -> RuleVerdict:
    """Meet the champion: on the same folds where its recipe differs, else against its own past."""
    if champion.candidate != challenger:
        verdict = _beats(deciding[challenger], deciding.get(champion.candidate), champion.candidate, policy)
        return RuleVerdict("beats the champion", verdict.passed, verdict.sentence, verdict.figures)
    if (champion.data_id, champion.config_hash) == (data_id, config_hash):
        return RuleVerdict(
            name="differs from the champion",
            passed=False,
            sentence=f"{challenger} is the champion already, on the same data",
            figures={},
        )
    now = deciding[challenger].metrics[policy.metric].mean
    floor = champion.metric * (1.0 - policy.refresh_margin)
    passed = math.isnan(champion.metric) or now >= floor
    sentence = (
        f"{challenger}, the champion's recipe on newer data, has {policy.metric} {now:.4f}; the champion had "
        f"{champion.metric:.4f}, and {floor:.4f} is the least allowed"
    )
    return RuleVerdict(
        "refreshes the champion", passed, sentence, {"now": now, "then": champion.metric, "least": floor}
    )


def _beats(
    challenger: EvaluationReport, other: EvaluationReport | None, name: str, policy: PromotionPolicy
) -> RuleVerdict:
    """Compare listener by listener; the whole interval of the gain must lie above the least gain."""
    rule = f"beats {name}"
    if other is None:
        return _not_evaluated(rule, name, policy)
    gain = paired_difference(
        challenger.users[policy.metric],
        other.users[policy.metric],
        resamples=policy.resamples,
        confidence=policy.confidence,
        seed=policy.seed,
    )
    least = policy.min_gain * other.metrics[policy.metric].mean
    passed = gain.low > least
    return RuleVerdict(rule, passed, _sentence(challenger, other, gain, least, policy, passed=passed), vars(gain))


def _sentence(
    challenger: EvaluationReport,
    other: EvaluationReport,
    gain: Interval,
    least: float,
    policy: PromotionPolicy,
    *,
    passed: bool,
) -> str:
    verb = "beats" if passed else "does not clearly beat"
    return (
        f"{challenger.candidate} {verb} {other.candidate}: {policy.metric} "
        f"{challenger.metrics[policy.metric].mean:.4f} against {other.metrics[policy.metric].mean:.4f}, gain "
        f"{gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}] at {policy.confidence:.0%} over {gain.n:,} listeners, "
        f"more than {least:+.4f} is asked"
    )


def _not_evaluated(rule: str, name: str, policy: PromotionPolicy) -> RuleVerdict:
    return RuleVerdict(
        name=rule, passed=False, sentence=f"{name} was not evaluated under {policy.protocol}", figures={}
    )
