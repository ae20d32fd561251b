"""Promotion: a pure function of evidence and policy; the decision names each rule, its figures and its verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from pipelines.release.candidate_rules import behaves, fits, holds_as_canary, is_fresh, tests_on_strangers
from pipelines.release.comparison_rules import (
    Reports,
    beats,
    guards,
    has_power,
    keeps_the_tracks,
    meets_the_champion,
    not_evaluated,
    reference,
)
from pipelines.release.evidence import Evidence
from pipelines.release.policy import PromotionPolicy
from pipelines.release.rule_verdict import RuleVerdict


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
        failed = [rule.sentence for rule in self.rules if not rule.passed]
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return f"{self.challenger} is refused: {failed[0]}{more}"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form; a figure that is not defined is None, as JSON has no word for it."""
        rules = [
            {**asdict(rule), "figures": {name: x if math.isfinite(x) else None for name, x in rule.figures.items()}}
            for rule in self.rules
        ]
        return {**asdict(self), "rules": rules, "reason": self.reason}


def decide(evidence: Evidence, policy: PromotionPolicy) -> PromotionDecision:
    """Apply every rule of the policy to the challenger.

    A champion of another recipe is met on the same folds: its recipe is one of the candidates, trained on the same
    data, so that newer data is no advantage. A champion of the same recipe can only be refreshed: on the same folds,
    the recipe with what is known today must not be worse beyond a margin than with what the champion had learned.
    Either way most of the champion's tracks must still be known. Whether the comparison is able to tell, and whether
    anybody is worse off, is judged against the champion's recipe; where that is the challenger's own, it is told of
    the champion's past, or of the strongest baseline, and decides only where the policy is strict.

    Args:
        evidence: All that was measured.
        policy: The rules.
    """
    rules = tuple(_rules(evidence, policy))
    return PromotionDecision(
        promote=all(rule.passed for rule in rules),
        challenger=evidence.challenger,
        champion=evidence.champion.candidate if evidence.champion else None,
        metric=policy.metric,
        protocol=policy.protocol,
        rules=rules,
        policy_hash=policy.hash(),
    )


def _rules(evidence: Evidence, policy: PromotionPolicy) -> Iterator[RuleVerdict]:
    """Apply the rules one after the other; what can be told without a report of the challenger comes last."""
    deciding = {report.candidate: report for report in evidence.reports if report.protocol == policy.protocol}
    if evidence.challenger not in deciding:
        yield not_evaluated("was evaluated", evidence.challenger, policy)
        return
    yield from _comparisons(deciding, evidence, policy)
    yield tests_on_strangers(evidence.leaks, policy.protocol, policy.leakage)
    yield from behaves(evidence.checks, policy.behaviour)
    yield from fits(evidence.measured, policy.budget)
    yield from is_fresh(evidence, policy.freshness)
    yield from holds_as_canary(evidence.online, policy.online)


def _comparisons(deciding: Reports, evidence: Evidence, policy: PromotionPolicy) -> Iterator[RuleVerdict]:
    for name in policy.baselines:
        if name != evidence.challenger:
            yield beats(deciding, evidence.challenger, name, policy)
    if evidence.champion is not None:
        yield meets_the_champion(deciding, evidence, evidence.champion, policy)
        yield from keeps_the_tracks(evidence.champion, policy)
    other = reference(deciding, evidence, policy)
    if other is not None:
        counts = policy.strict or (other.candidate != evidence.challenger and evidence.champion is not None)
        mine = deciding[evidence.challenger]
        for verdict in (has_power(mine, other, policy), *guards(mine, other, evidence.segments, policy)):
            yield verdict if counts or verdict.passed else _for_information(verdict)


def _for_information(verdict: RuleVerdict) -> RuleVerdict:
    sentence = f"{verdict.sentence}; not asked where there is no champion of another recipe to lose"
    return replace(verdict, passed=True, sentence=sentence)
