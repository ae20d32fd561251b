from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from pipelines.release.candidate_rules import holds_as_canary
from pipelines.release.online import COLUMNS, confidence_sequence, judge_canary, rate_and_variance
from pipelines.release.policy import OnlineRules

RULES = OnlineRules()


def arm(version, listeners, *, skips, likes, lists=10, seed=0):
    """Listeners with ten lists each; skips and likes for each list, as drawn."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "model_version": version,
            "lists": lists,
            "likes": rng.poisson(likes * lists, listeners),
            "skips": rng.poisson(skips * lists, listeners),
        }
    )


def judged(*arms, rules=RULES):
    return judge_canary(pd.concat(arms, ignore_index=True), "canary", "champion", rules)


CHAMPION = arm("champion", 5_000, skips=0.5, likes=0.2, seed=1)


def test_a_rate_is_a_ratio_of_sums_and_its_variance_that_of_listeners():
    # Three listeners: 3 events in 6 lists. Residuals 1 - 0.5, 0 - 1, 2 - 1.5 sum to 0; their squares to 1.5.
    rate, variance = rate_and_variance(np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 2.0]))
    assert rate == 0.5
    assert variance == pytest.approx(1.5 / 36 * 3 / 2)


def test_the_confidence_sequence_is_the_mixture_test_turned_inside_out():
    # At the end of the interval the mixture's likelihood ratio against 0 is 1 / alarm (Johari et al. 2017, eq. 7).
    variance, scale, alarm = 0.02, 0.3, 0.05
    half = confidence_sequence(variance, scale, alarm)
    ratio = math.sqrt(variance / (variance + scale**2)) * math.exp(
        scale**2 * half**2 / (2 * variance * (variance + scale**2))
    )
    assert ratio == pytest.approx(1 / alarm)
    assert half > 1.96 * math.sqrt(variance), "looking at any time costs something"


def test_a_canary_that_makes_people_skip_is_a_breach():
    verdict = judged(CHAMPION, arm("canary", 1_000, skips=0.7, likes=0.2))
    assert verdict.state == "breach"
    assert [rail.state for rail in verdict.rails] == ["breach", "undecided"]
    assert verdict.sentence.startswith("skips: 0.7")
    assert not next(holds_as_canary(verdict, RULES)).passed


def test_a_canary_that_is_liked_less_is_a_breach():
    verdict = judged(CHAMPION, arm("canary", 1_000, skips=0.5, likes=0.1))
    assert [rail.state for rail in verdict.rails] == ["undecided", "breach"]
    assert verdict.state == "breach"


def test_a_canary_that_is_clearly_better_holds():
    verdict = judged(CHAMPION, arm("canary", 2_000, skips=0.3, likes=0.4))
    assert verdict.state == "holds"
    assert next(holds_as_canary(verdict, OnlineRules(required=True))).passed


def test_a_canary_like_the_champion_is_undecided_for_long_and_no_obstacle_unless_it_is_asked_for():
    verdict = judged(CHAMPION, arm("canary", 500, skips=0.5, likes=0.2))
    assert verdict.state == "undecided"
    assert next(holds_as_canary(verdict, RULES)).passed
    assert not next(holds_as_canary(verdict, OnlineRules(required=True))).passed


@pytest.mark.parametrize(
    "canary",
    [
        arm("canary", 99, skips=5.0, likes=0.0),
        arm("other", 1_000, skips=5.0, likes=0.0),
        pd.DataFrame(columns=list(COLUMNS)),
        arm("canary", 1_000, skips=5.0, likes=0.0).assign(lists=0),
    ],
    ids=["too few listeners", "of another model", "no rows", "no lists"],
)
def test_before_there_is_enough_to_go_by_nothing_is_decided(canary):
    verdict = judged(CHAMPION, canary)
    assert verdict.state == "undecided"
    assert "too little is known yet" in verdict.sentence


def test_before_anybody_skipped_or_liked_nothing_is_decided():
    silent = [arm(name, 1_000, skips=0.0, likes=0.0) for name in ("champion", "canary")]
    assert judged(*silent).state == "undecided"


def test_the_margin_is_how_much_worse_is_allowed():
    canary = arm("canary", 4_000, skips=0.6, likes=0.2)
    assert judged(CHAMPION, canary).rails[0].state == "breach"
    assert judged(CHAMPION, canary, rules=OnlineRules(skips_margin=0.4)).rails[0].state == "holds"
