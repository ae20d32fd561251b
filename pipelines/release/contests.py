"""Rules of the promotion policy that compare a challenger with another model, listener by listener."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from pipelines.evaluation.comparison import Interval, bootstrap_mean
from pipelines.evaluation.power import listeners_needed, power_to_see
from pipelines.evaluation.report import EvaluationReport
from pipelines.release.evidence import ChampionRecord, Evidence
from pipelines.release.policy import PromotionPolicy
from pipelines.release.verdict import RuleVerdict

Reports = Mapping[str, EvaluationReport]


def beats(deciding: Reports, challenger: str, other: str, policy: PromotionPolicy, rule: str = "") -> RuleVerdict:
    """The whole interval of the gain must lie above the least gain, over all listeners the other was tested on."""
    rule = rule or f"beats {other}"
    if other not in deciding:
        return not_evaluated(rule, other, policy)
    mine, theirs = deciding[challenger], deciding[other]
    missing = int((theirs.users[policy.metric].notna() & ~_known(mine, theirs, policy.metric)).sum())
    if missing:
        sentence = f"{challenger} has no {policy.metric} for {missing:,} of the listeners {other} was tested on"
        return RuleVerdict(rule, passed=False, sentence=sentence, figures={"missing": missing})
    gain = _interval(_differences(mine, theirs, policy.metric), policy)
    least = policy.min_gain * theirs.metrics[policy.metric].mean
    passed = gain.low > least
    sentence = (
        f"{challenger} {'beats' if passed else 'does not clearly beat'} {other}: {policy.metric} "
        f"{mine.metrics[policy.metric].mean:.4f} against {theirs.metrics[policy.metric].mean:.4f}, gain "
        f"{gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}] at {policy.confidence:.0%} over {gain.n:,} listeners, "
        f"more than {least:+.4f} is asked"
    )
    return RuleVerdict(rule, passed, sentence, {**vars(gain), "least": least})


def meets_the_champion(
    deciding: Reports, evidence: Evidence, champion: ChampionRecord, policy: PromotionPolicy
) -> RuleVerdict:
    """Meet the champion: on the same folds where its recipe differs, else against its own past."""
    challenger = evidence.challenger
    if champion.candidate != challenger:
        return beats(deciding, challenger, champion.candidate, policy, "beats the champion")
    if (champion.data_id, champion.config_hash) == (evidence.data_id, evidence.config_hash):
        sentence = f"{challenger} is the champion already, on the same data"
        return RuleVerdict("differs from the champion", passed=False, sentence=sentence, figures={})
    now = deciding[challenger].metrics[policy.metric].mean
    floor = champion.metric * (1.0 - policy.refresh_margin)
    # A champion of unknown figure cannot be fallen short of; a challenger of unknown figure is not promoted.
    passed = now >= floor or (math.isnan(floor) and math.isfinite(now))
    sentence = (
        f"{challenger}, the champion's recipe on newer data, has {policy.metric} {now:.4f}; the champion had "
        f"{champion.metric:.4f}, and {floor:.4f} is the least allowed"
    )
    figures = {"now": now, "then": champion.metric, "least": floor}
    return RuleVerdict("refreshes the champion", passed, sentence, figures)


def reference(deciding: Reports, evidence: Evidence, policy: PromotionPolicy) -> EvaluationReport | None:
    """Return whom the challenger is measured against: the champion's recipe, or the strongest baseline."""
    champion = evidence.champion.candidate if evidence.champion else evidence.challenger
    if champion != evidence.challenger:
        return deciding.get(champion)
    others = [deciding[name] for name in policy.baselines if name in deciding and name != evidence.challenger]
    return max(others, key=lambda report: np.nan_to_num(report.metrics[policy.metric].mean, nan=-1.0), default=None)


def has_power(mine: EvaluationReport, other: EvaluationReport, policy: PromotionPolicy) -> RuleVerdict:
    """The comparison must be able to see a gain worth seeing; where it is not, say how many listeners would do."""
    differences = _differences(mine, other, policy.metric)
    n = int((~np.isnan(differences)).sum())
    effect = policy.power.effect * max(mine.metrics[policy.metric].mean, other.metrics[policy.metric].mean)
    power = power_to_see(differences, effect, confidence=policy.confidence)
    needed = listeners_needed(differences, effect, confidence=policy.confidence, power=policy.power.least)
    passed = power >= policy.power.least
    sentence = f"over {n:,} listeners a gain of {effect:.4f} over {other.candidate} would be seen with {power:.0%}"
    if not passed:
        enough = "how many would be enough cannot be told" if needed is None else f"{needed:,} listeners would do"
        sentence = f"too few listeners to tell: {sentence}, and {policy.power.least:.0%} is asked; {enough}"
    figures = {"power": power, "effect": effect, "n": n, "needed": math.nan if needed is None else needed}
    return RuleVerdict("has the power to tell", passed, sentence, figures)


def guards(
    mine: EvaluationReport, other: EvaluationReport, segments: pd.DataFrame | None, policy: PromotionPolicy
) -> Iterator[RuleVerdict]:
    """In no guarded segment may the challenger be worse beyond the margin; that it is not has to be shown."""
    if segments is None:
        sentence = "which segments the listeners belong to was not kept; train again"
        yield RuleVerdict("guards segments", passed=False, sentence=sentence, figures={})
        return
    for division in policy.guard.divisions:
        if division in segments:
            yield _guard(mine, other, segments[division], policy)


def not_evaluated(rule: str, name: str, policy: PromotionPolicy) -> RuleVerdict:
    """Refuse because a candidate was not evaluated."""
    return RuleVerdict(
        name=rule, passed=False, sentence=f"{name} was not evaluated under {policy.protocol}", figures={}
    )


def _guard(
    mine: EvaluationReport, other: EvaluationReport, segments: pd.Series, policy: PromotionPolicy
) -> RuleVerdict:
    """Judge one division by the segment that comes closest to its margin, or furthest beyond it."""
    rule, metric = f"guards {segments.name}", policy.metric
    theirs = other.users[metric].dropna()
    own = segments.reindex(theirs.index)
    if own.isna().any():
        sentence = f"{own.isna().sum():,} listeners belong to no segment by {segments.name}; train again"
        return RuleVerdict(rule, passed=False, sentence=sentence, figures={})
    figures: dict[str, float] = {}
    worst: tuple[float, str] = (math.inf, "no segment, as none has enough listeners")
    for segment, inside in theirs.groupby(own.astype(str)):
        if len(inside) < policy.guard.least_share * len(theirs):
            continue
        gain = _interval((mine.users[metric].reindex(inside.index) - inside).to_numpy(dtype=float), policy)
        allowed = policy.guard.margin * float(inside.mean())
        # What cannot be computed has not been shown.
        room = -math.inf if math.isnan(gain.low) else gain.low + allowed
        figures |= {f"{segment}: gain": gain.mean, f"{segment}: low": gain.low, f"{segment}: allowed": allowed}
        words = f"{segment}: {gain.mean:+.4f}, at worst {gain.low:+.4f} over {gain.n:,} listeners; a loss of up to "
        worst = min(worst, (room, f"{words}{allowed:.4f} is allowed"))
    sentence = f"by {segments.name}, against {other.candidate}, the closest is {worst[1]}"
    return RuleVerdict(rule, worst[0] >= 0, sentence, figures)


def _known(mine: EvaluationReport, theirs: EvaluationReport, metric: str) -> pd.Series:
    known: pd.Series = mine.users[metric].reindex(theirs.users.index).notna()
    return known


def _differences(mine: EvaluationReport, theirs: EvaluationReport, metric: str) -> np.ndarray:
    """Return mine - theirs for each listener of theirs; NaN where one of the two is not known."""
    difference: np.ndarray = (mine.users[metric].reindex(theirs.users.index) - theirs.users[metric]).to_numpy(float)
    return difference


def _interval(differences: np.ndarray, policy: PromotionPolicy) -> Interval:
    return bootstrap_mean(differences, resamples=policy.resamples, confidence=policy.confidence, seed=policy.seed)
