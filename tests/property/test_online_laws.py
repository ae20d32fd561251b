"""Laws of the test of a canary: how often it is wrong when one looks sixty times, and that it finds what is there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.release.online import judge_canary
from pipelines.release.policy import OnlineRules
from tests.support.canaries import World, differs_at, naively_differs_at

RULES = OnlineRules()
RUNS = 300
SMALL = World(listeners=1_500, looks=60)


def differs(world, seed):
    return differs_at(world, seed, alarm=RULES.alarm, scale=RULES.scale, least=RULES.least_listeners)


@pytest.mark.parametrize("spread", [0.5, 5.0], ids=["listeners who differ much", "listeners alike"])
def test_however_often_one_looks_a_canary_like_the_champion_is_called_different_no_more_often_than_stated(spread):
    world = World(listeners=1_500, looks=60, spread=spread)
    found = [
        differs_at(world, seed, alarm=RULES.alarm, scale=RULES.scale, least=RULES.least_listeners)
        for seed in range(RUNS)
    ]
    alarms = np.mean([look is not None for look in found])
    # Two standard errors of a share of 5 % in 300 runs.
    assert alarms <= RULES.alarm + 2 * np.sqrt(RULES.alarm * (1 - RULES.alarm) / RUNS)


def test_the_usual_test_made_anew_at_each_look_is_wrong_more_than_twice_as_often():
    found = [naively_differs_at(SMALL, seed, least=RULES.least_listeners) for seed in range(RUNS)]
    assert np.mean([look is not None for look in found]) > 2 * RULES.alarm


def test_a_canary_that_makes_people_skip_half_as_often_again_is_nearly_always_found():
    worse = World(listeners=1_500, looks=60, effect=1.5)
    found = [differs(worse, seed) for seed in range(60)]
    assert np.mean([look is not None for look in found]) > 0.9


@st.composite
def tables(draw):
    n = draw(st.integers(2, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    lists = rng.integers(0, 20, n)
    return pd.DataFrame(
        {
            "model_version": np.where(np.arange(n) % 2, "canary", "champion"),
            "lists": lists,
            "likes": rng.binomial(lists, draw(st.floats(0, 1))),
            "skips": rng.binomial(lists, draw(st.floats(0, 1))),
        }
    )


EAGER = OnlineRules(least_listeners=2, least_events=1)


@given(tables())
def test_the_order_of_the_rows_does_not_matter(table):
    shuffled = table.sample(frac=1, random_state=0)
    one, other = (judge_canary(rows, "canary", "champion", EAGER) for rows in (table, shuffled))
    assert [rail.state for rail in one.rails] == [rail.state for rail in other.rails]


@given(tables(), st.floats(0, 2), st.floats(0, 2))
def test_a_wider_margin_never_makes_a_breach(table, one, other):
    narrow, wide = sorted((one, other))

    def state(margin):
        rules = EAGER.model_copy(update={"skips_margin": margin, "likes_margin": margin})
        return judge_canary(table, "canary", "champion", rules).state

    if state(narrow) != "breach":
        assert state(wide) != "breach"


@given(tables())
def test_a_breach_is_never_called_on_a_canary_that_does_better_in_both(table):
    totals = table.groupby("model_version")[["lists", "likes", "skips"]].sum()
    rates = totals.div(totals["lists"].where(totals["lists"] > 0), axis=0)
    if rates.isna().any(axis=None) or len(rates) < 2:
        return
    better = rates.loc["canary", "skips"] <= rates.loc["champion", "skips"]
    if better and rates.loc["canary", "likes"] >= rates.loc["champion", "likes"]:
        assert judge_canary(table, "canary", "champion", EAGER).state != "breach"
