"""Laws of the promotion: what no policy of this kind may ever do, whatever was measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.evaluation.power import listeners_needed, power_to_see
from pipelines.release.policy import GuardRules, PowerRules
from pipelines.release.promotion import decide
from tests.support.promotions import POLICY, champion, evidence, halves, report

SMALL = POLICY.model_copy(update={"resamples": 100, "baselines": ("popularity",)})
#: Real noise, so that intervals have a width; how much better the challenger is, for odd and for even listeners.
sizes = st.integers(min_value=2, max_value=120)
gains = st.floats(min_value=-0.2, max_value=0.3)
seeds = st.integers(min_value=0, max_value=2**16)
margins = st.floats(min_value=0, max_value=0.5)
shares = st.floats(min_value=0.01, max_value=1)


@st.composite
def cases(draw):
    """A policy, and the metric of a challenger and of whom it would replace, listener by listener."""
    n, odd, even = draw(sizes), draw(gains), draw(gains)
    rng = np.random.default_rng(draw(seeds))
    other = np.clip(0.3 + rng.normal(scale=0.15, size=n), 0, 1)
    gain = np.where(np.arange(n) % 2, odd, even) + rng.normal(scale=draw(st.sampled_from([0.0, 0.02, 0.1])), size=n)
    guard = GuardRules(divisions=("activity",), margin=draw(margins), least_share=0.1)
    power = PowerRules(effect=draw(shares), least=draw(st.sampled_from([0.0, 0.5, 0.8])))
    return SMALL.model_copy(update={"guard": guard, "power": power}), other + gain, other


def judged(policy, mine, other, *, with_champion=False, segments=None):
    about = {"segments": halves(len(mine)) if segments is None else segments}
    if with_champion:
        weak = report("popularity", np.full(len(mine), -1.0))
        return decide(
            evidence(report("hybrid", mine), weak, report("slim", other), champion=champion(), **about), policy
        )
    return decide(evidence(report("hybrid", mine), report("popularity", other), **about), policy)


@given(cases(), st.booleans())
def test_a_model_that_is_worse_is_never_promoted_and_in_no_segment_beyond_the_margin(case, with_champion):
    policy, mine, other = case
    if not judged(policy, mine, other, with_champion=with_champion).promote:
        return
    assert mine.mean() > other.mean()
    for half in (slice(0, None, 2), slice(1, None, 2)):
        assert mine[half].mean() >= other[half].mean() - policy.guard.margin * other[half].mean() - 1e-12


@given(cases(), st.floats(min_value=0, max_value=0.5), st.booleans())
def test_more_gain_never_turns_a_yes_into_a_no(case, more, with_champion):
    policy, mine, other = case
    if judged(policy, mine, other, with_champion=with_champion).promote:
        assert judged(policy, mine + more, other, with_champion=with_champion).promote


@given(cases(), st.integers(min_value=2, max_value=4))
def test_more_listeners_with_the_same_effect_never_turn_a_yes_into_a_no(case, times):
    policy, mine, other = case
    if judged(policy, mine, other).promote:
        # Every listener comes several times, in the same segment as before.
        more = halves(len(mine)).loc[np.repeat(np.arange(len(mine)), times)].reset_index(drop=True)
        assert judged(policy, np.repeat(mine, times), np.repeat(other, times), segments=more).promote


@given(cases())
def test_a_promotion_could_have_seen_the_effect_it_was_asked_to_see(case):
    policy, mine, other = case
    decision = judged(policy, mine, other)
    power = next(rule for rule in decision.rules if rule.name == "has the power to tell")
    assert power.passed == (power.figures["power"] >= policy.power.least)
    if not power.passed:
        assert not decision.promote


@given(cases())
def test_so_many_listeners_as_are_said_to_be_needed_are_enough_and_one_less_is_not(case):
    policy, mine, other = case
    differences = mine - other
    effect = policy.power.effect * 0.3
    needed = listeners_needed(differences, effect, confidence=0.95, power=0.8)
    assume(needed is not None)
    assert needed is not None
    assume(3 <= needed <= 10_000)
    spread = differences.std(ddof=1)

    def power_of(n):
        values = np.tile([-1.0, 1.0], n)[:n]
        scaled = values * spread / values.std(ddof=1)
        return power_to_see(scaled, effect, confidence=0.95)

    assert power_of(needed) >= 0.8 - 1e-9
    assert power_of(needed - 1) < 0.8 + 1e-9


def refreshed(policy, mine, then):
    """Decide about the champion's own recipe: with what is known today, and with what the champion had learned."""
    weak = report("popularity", np.full(len(mine), -1.0))
    about = {"champion": champion("hybrid"), "stand_in": report("hybrid", then), "segments": halves(len(mine))}
    return decide(evidence(report("hybrid", mine), weak, **about), policy)


@given(cases(), margins, st.booleans())
def test_a_refresh_that_is_worse_beyond_the_margin_on_the_same_listeners_is_never_promoted(case, margin, strict):
    policy, mine, then = case
    if refreshed(policy.model_copy(update={"refresh_margin": margin, "strict": strict}), mine, then).promote:
        assert mine.mean() >= then.mean() - margin * then.mean() - 1e-12


@given(cases(), st.floats(min_value=0, max_value=0.5))
def test_a_better_refresh_is_no_worse_a_refresh(case, more):
    policy, mine, then = case
    if refreshed(policy, mine, then).promote:
        assert refreshed(policy, mine + more, then).promote


@given(cases(), st.data())
def test_what_is_not_a_number_is_never_a_reason_to_promote(case, data):
    policy, mine, other = case
    unknown = data.draw(st.lists(st.integers(0, len(mine) - 1), min_size=1, unique=True))
    mine[unknown] = np.nan
    assert not judged(policy, mine, other).promote


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_power_is_how_often_the_gain_is_seen(confidence):
    # 60 listeners, standard deviation 1, a true gain of 0.3: the power of a normal test, met in 4,000 draws.
    rng = np.random.default_rng(0)
    drawn = rng.normal(loc=0.3, size=(4_000, 60))
    low = drawn.mean(axis=1) - {0.8: 1.2816, 0.95: 1.96}[confidence] / np.sqrt(60)
    unit = rng.normal(size=60)
    unit /= unit.std(ddof=1)
    assert np.mean(low > 0) == pytest.approx(power_to_see(unit, 0.3, confidence=confidence), abs=0.03)
