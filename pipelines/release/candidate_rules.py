"""Rules of the promotion policy about a challenger alone: behaviour, cost, the age of its data, its time as canary."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from pipelines.evaluation.behaviour import BehaviourCheck
from pipelines.evaluation.leakage import LeakCheck, twin_share
from pipelines.release.evidence import Evidence
from pipelines.release.measuring import Measurements
from pipelines.release.online import OnlineVerdict
from pipelines.release.policy import BehaviourDemands, Budget, Freshness, LeakageRules, OnlineRules
from pipelines.release.rule_verdict import RuleVerdict

_SECONDS_A_DAY = 86_400.0
#: Clocks of two machines differ; by more than this, one of them is wrong.
_TOLERATED_DAYS = 1.0
_BUDGETS = {
    "latency_ms": ("latency", "one list takes", "ms"),
    "memory_mb": ("memory", "serving takes", "MB"),
    "bundle_mb": ("size", "the bundle has", "MB"),
}


def behaves(checks: Sequence[BehaviourCheck], demands: BehaviourDemands) -> Iterator[RuleVerdict]:
    """Every named check must have been made, and pass where the data allow it."""
    made = {check.name: check for check in checks}
    for name in demands.must_pass:
        rule = f"behaves: {name.replace('_', ' ')}"
        if name not in made:
            yield RuleVerdict(rule, passed=False, sentence=f"the check '{name}' was not made; train again", figures={})
            continue
        check = made[name]
        figures = {"figure": check.figure, "threshold": check.threshold}
        yield RuleVerdict(rule, check.passed is not False, check.sentence, figures)


def tests_on_strangers(leaks: Sequence[LeakCheck], protocol: str, rules: LeakageRules) -> RuleVerdict:
    """Nothing that is tested may have been learned from, under the same name or another."""
    rule, own = "tests on strangers", [check for check in leaks if check.protocol == protocol]
    if not own:
        return RuleVerdict(rule, passed=False, sentence="nobody looked for leaks; train again", figures={})
    pairs, looked_at, share = sum(each.pairs for each in own), sum(each.listeners for each in own), twin_share(own)
    found = f"{share:.1%} of {looked_at:,}" if looked_at else "none of the"
    sentence = (
        f"{found} tested listeners have nearly the same history as a listener of the training data, at most "
        f"{rules.twins:.0%} may; {pairs:,} held-out preferences were in the training data, none may be"
    )
    figures = {"pairs": float(pairs), "twins": share, "listeners": float(looked_at)}
    return RuleVerdict(rule, not pairs and not share > rules.twins, sentence, figures)


def fits(measured: Measurements | None, budget: Budget) -> Iterator[RuleVerdict]:
    """What serving costs must be within the budget."""
    if measured is None:
        yield RuleVerdict("fits the budget", passed=False, sentence="what serving costs was not measured", figures={})
        return
    for field, (name, words, unit) in _BUDGETS.items():
        figure, most = getattr(measured, field), getattr(budget, field)
        sentence = f"{words} {figure:,.{_digits(figure)}f} {unit}, at most {most:,.0f} {unit} is allowed"
        yield RuleVerdict(f"fits the {name} budget", figure <= most, sentence, {"measured": figure, "most": most})


def is_fresh(evidence: Evidence, freshness: Freshness) -> Iterator[RuleVerdict]:
    """The newest interaction must not be older than the policy allows, nor from the future."""
    if not freshness.max_age_days:
        return
    rule = "rests on fresh data"
    if evidence.newest is None or evidence.now is None:
        yield RuleVerdict(rule, passed=False, sentence="how old the data are is not known", figures={})
        return
    age = (evidence.now - evidence.newest).total_seconds() / _SECONDS_A_DAY
    if age < -_TOLERATED_DAYS:
        sentence = f"the newest interaction is {-age:.1f} days ahead of this machine's clock; set the clock right"
        yield RuleVerdict(rule, passed=False, sentence=sentence, figures={"age_days": age})
        return
    age = max(age, 0.0)
    sentence = f"the newest interaction is {age:.1f} days old, at most {freshness.max_age_days:g} are allowed"
    yield RuleVerdict(rule, age <= freshness.max_age_days, sentence, {"age_days": age})


def holds_as_canary(online: OnlineVerdict | None, rules: OnlineRules) -> Iterator[RuleVerdict]:
    """A canary that broke a guard rail is refused; where the policy asks for it, one has to have held."""
    rule = "holds as canary"
    if online is None:
        if rules.required:
            sentence = "it was no canary yet; start one with 'crossfade canary'"
            yield RuleVerdict(rule, passed=False, sentence=sentence, figures={})
        return
    passed = online.state == "holds" if rules.required else online.state != "breach"
    figures = {
        f"{rail.what} {name}": getattr(rail, name) for rail in online.rails for name in ("low", "high", "margin")
    }
    yield RuleVerdict(rule, passed, online.sentence, figures)


def _digits(figure: float) -> int:
    """Return how many decimals a figure is told with: three digits in all."""
    return max(0, 2 - math.floor(math.log10(figure))) if math.isfinite(figure) and 0 < figure < 100 else 0  # noqa: PLR2004
