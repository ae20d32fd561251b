"""What a challenger has to show by itself: behaviour, no leaks, its costs, fresh data, a canary that holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipelines.evaluation.behaviour import BehaviourCheck
from pipelines.evaluation.leakage import LeakCheck
from pipelines.release.measuring import Measurements
from pipelines.release.policy import (
    BehaviourDemands,
    Freshness,
    OnlineRules,
)
from tests.support.promotions import CHECKS, POLICY, changed, decide_for, rule

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(("passed", "verdict"), [(True, True), (False, False), (None, True)])
def test_named_checks_must_pass_where_the_data_allow_them(passed, verdict):
    check = BehaviourCheck("blocked_tracks", 0.5, 0.0, passed, "50.0% of blocked tracks are shown nevertheless")
    decision = decide_for(0.3, checks=(check, *CHECKS[1:]))
    assert decision.promote is verdict


def test_a_check_that_was_never_made_is_no_check_that_passed():
    decision = decide_for(0.3, checks=())
    assert "the check 'blocked_tracks' was not made" in decision.reason
    assert decide_for(0.3, checks=(), policy=changed(behaviour=BehaviourDemands(must_pass=()))).promote


@pytest.mark.parametrize(
    ("pairs", "listeners", "twins", "promote"),
    [(0, 100, 2, True), (0, 100, 3, False), (1, 100, 0, False), (0, 0, 0, True)],
)
def test_nobody_is_tested_who_was_learned_from(pairs, listeners, twins, promote):
    leaks = (LeakCheck(POLICY.protocol, 0, pairs, listeners, twins), LeakCheck("holdout", 0, 9, 9, 9))
    decision = decide_for(0.3, leaks=leaks)
    assert rule(decision, "tests on strangers").passed is promote
    assert decision.promote is promote


def test_leaks_that_nobody_looked_for_are_not_absent():
    assert "nobody looked for leaks; train again" in decide_for(0.3, leaks=()).reason


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (Measurements(501.0, 300.0, 20.0), "one list takes 501 ms, at most 500 ms is allowed"),
        (Measurements(5.0, 8_001.0, 20.0), "serving takes 8,001 MB"),
        (Measurements(5.0, 300.0, 4_001.0), "the bundle has 4,001 MB"),
        (Measurements(np.nan, 300.0, 20.0), "one list takes nan ms"),
        (None, "what serving costs was not measured"),
    ],
)
def test_what_costs_too_much_to_serve_is_refused(measured, words):
    assert words in decide_for(0.3, measured=measured).reason


@pytest.mark.parametrize(
    ("age", "passed", "words"),
    [
        (timedelta(days=6.9), True, "6.9 days old, at most 7 are allowed"),
        (timedelta(days=7.1), False, "7.1 days old"),
        (timedelta(hours=-3), True, "0.0 days old"),
        (timedelta(days=-3), False, "3.0 days ahead of this machine's clock"),
        (None, False, "how old the data are is not known"),
    ],
)
def test_data_must_be_as_fresh_as_the_policy_asks(age, passed, words):
    newest = None if age is None else NOW - age
    asked = decide_for(0.3, newest=newest, now=NOW, policy=changed(freshness=Freshness(max_age_days=7)))
    fresh = rule(asked, "rests on fresh data")
    assert (fresh.passed, words in fresh.sentence) == (passed, True), fresh.sentence
    assert decide_for(0.3, newest=newest, now=NOW).promote, "by default data of any age may train"


def test_where_a_canary_is_asked_for_none_is_a_refusal():
    decision = decide_for(0.3, policy=changed(online=OnlineRules(required=True)))
    assert "it was no canary yet" in decision.reason
