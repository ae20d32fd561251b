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
from pipelines.release.rule_verdict import RuleVerdict

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
    """Meet the champion on the same folds: its recipe on the same data, or, where that is the challenger, its past."""
    challenger = evidence.challenger
    if champion.candidate != challenger:
        return beats(deciding, challenger, champion.candidate, policy, "beats the champion")
    if (champion.data_id, champion.config_hash) == (evidence.data_id, evidence.config_hash):
        sentence = f"{challenger} is the champion already, on the same data"
        return RuleVerdict("differs from the champion", passed=False, sentence=sentence, figures={})
    return refreshes(deciding[challenger], stand_in_of(evidence, policy), champion, policy)


def refreshes(
    mine: EvaluationReport, stand_in: EvaluationReport | None, champion: ChampionRecord, policy: PromotionPolicy
) -> RuleVerdict:
    """A refresh must not be worse beyond the margin than what the champion would do on the same data.

    Where the policy is strict it has to show that, with its whole interval. Few listeners cannot, and to stay with the
    old model is no safer a choice then: it gets older every night. So the mean decides otherwise.
    """
    rule, metric = "refreshes the champion", policy.metric
    if stand_in is None:
        nothing_in_common = champion.kept == 0
        sentence = (
            "the champion knows none of these tracks, so there is nothing to lose"
            if nothing_in_common
            else f"what the champion would do on these data was not measured under {policy.protocol}; train again"
        )
        return RuleVerdict(rule, passed=nothing_in_common, sentence=sentence, figures={"kept": champion.kept})
    gain = _interval(_differences(mine, stand_in, metric), policy)
    then = stand_in.metrics[metric].mean
    least, on = -policy.refresh_margin * then, "at worst" if policy.strict else "on average"
    # A gain that cannot be computed, or only for a part of the listeners, is not known.
    passed = (gain.low if policy.strict else gain.mean) >= least and gain.n == stand_in.metrics[metric].n
    sentence = (
        f"{mine.candidate} has {metric} {mine.metrics[metric].mean:.4f} with what is known today and {then:.4f} with "
        f"what the champion had learned, gain {gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}] at "
        f"{policy.confidence:.0%} over {gain.n:,} listeners; {on} {least:+.4f} is allowed"
    )
    return RuleVerdict(rule, passed, sentence, {**vars(gain), "then": then, "least": least})


def keeps_the_tracks(champion: ChampionRecord, policy: PromotionPolicy) -> Iterator[RuleVerdict]:
    """Of what the champion's listeners like, the challenger must know enough: half a catalogue is no newer one.

    No test shows this, as what is lost is lost for the tests, too. Where other sources took the champion's place, its
    tracks are not missed.
    """
    if champion.same_sources:
        sentence = (
            f"{champion.kept:.1%} of what the champion had learned is about tracks known today, "
            f"at least {policy.least_kept:.0%} is asked"
        )
        figures = {"kept": champion.kept, "least": policy.least_kept}
        yield RuleVerdict("keeps the tracks", champion.kept >= policy.least_kept, sentence, figures)


def stand_in_of(evidence: Evidence, policy: PromotionPolicy) -> EvaluationReport | None:
    """Return what the champion would do, as measured under the protocol that decides."""
    found = evidence.stand_in
    return found if found is not None and found.protocol == policy.protocol else None


def reference(deciding: Reports, evidence: Evidence, policy: PromotionPolicy) -> EvaluationReport | None:
    """Return whom the challenger is measured against: the champion's recipe, its past, or the strongest baseline."""
    champion = evidence.champion.candidate if evidence.champion else evidence.challenger
    if champion != evidence.challenger:
        return deciding.get(champion)
    stand_in = stand_in_of(evidence, policy)
    if stand_in is not None:
        return stand_in
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
    sentence = f"with {n:,} listeners, the power to detect a gain of {effect:.4f} over {other.candidate} is {power:.0%}"
    if not passed:
        enough = "how many would be enough is not known" if needed is None else f"{needed:,} listeners would be enough"
        sentence = f"too few listeners: {sentence}, and {policy.power.least:.0%} is required; {enough}"
        if mine.share < 1:
            sentence += f"; {mine.share_in_words} were tested, a larger 'evaluation.listeners' tests more"
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
    worst: tuple[float, str] = (math.inf, "not known, as no segment has enough listeners")
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
    sentence = f"by {segments.name}, against {other.candidate}, the segment closest to its limit is {worst[1]}"
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
