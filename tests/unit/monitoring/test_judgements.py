"""Lists, outcomes, ages and the service: each figure, its threshold and the verdict."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.monitoring.freshness import freshness_checks
from pipelines.monitoring.outcomes import outcome_checks
from pipelines.monitoring.predictions import Earlier, mean_overlap, prediction_checks
from pipelines.monitoring.rules import FreshnessRules, OutcomeRules, PredictionRules, ServiceRules
from pipelines.monitoring.service import ServiceWords, service_checks

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LISTS = [["a", "b"], ["a", "c"]]
FEW = PredictionRules(least_histories=1)


def named(checks):
    return {check.name: check for check in checks}


def verdicts(checks):
    return {check.name: check.verdict for check in checks}


# --- lists


def test_coverage_is_of_what_so_many_lists_could_show():
    # Three different tracks in four places, of a catalogue of a hundred.
    found = named(prediction_checks(LISTS, 100, frozenset("a"), None, FEW))
    assert found["coverage"].figure == pytest.approx(3 / 4)
    assert found["popularity"].figure == pytest.approx(2 / 4)
    assert found["coverage"].sentence.startswith("3 different tracks stand in 2 lists, 75.0% of what could")


def test_the_same_list_for_everybody_is_a_breach():
    lists = [["a", "b", "c"]] * 100
    assert verdicts(prediction_checks(lists, 1_000, frozenset("abc"), Earlier("m", lists), FEW)) == {
        "coverage": "breach",
        "popularity": "breach",
        "overlap": "quiet",
    }


def test_lists_that_have_nothing_in_common_with_yesterdays_are_a_breach():
    found = named(
        prediction_checks(
            LISTS,
            9,
            frozenset("a"),
            Earlier("m", [["x", "y"], ["a", "z"]]),
            PredictionRules(least_histories=1, overlap=0.3),
        )
    )
    assert (found["overlap"].figure, found["overlap"].verdict) == (0.25, "breach")


def test_without_an_earlier_model_nothing_is_said_about_it():
    assert verdicts(prediction_checks(LISTS, 9, frozenset(), None, FEW))["overlap"] == "unknown"
    assert verdicts(prediction_checks(LISTS, 9, frozenset(), Earlier("m", None), FEW))["overlap"] == "unknown"


def test_few_histories_say_nothing():
    assert set(verdicts(prediction_checks(LISTS, 9, frozenset(), None, PredictionRules())).values()) == {"unknown"}


def test_an_empty_list_has_no_overlap():
    assert mean_overlap([["a", "b"], []], [["b", "c"], []]) == 0.5


# --- outcomes


def arm(listeners, *, skips, likes=0.2, version="m2", seed=0):
    rng = np.random.default_rng(seed)
    lists = rng.integers(1, 20, listeners)
    return pd.DataFrame(
        {
            "model_version": version,
            "lists": lists,
            "likes": rng.poisson(likes * lists),
            "skips": rng.poisson(skips * lists),
        }
    )


BEFORE = arm(2_000, skips=0.5, seed=1).drop(columns="model_version")


def test_a_model_that_makes_many_skip_is_a_breach_and_one_like_those_before_is_not():
    now = pd.concat([arm(500, skips=0.8), arm(500, skips=0.5, version="m3", seed=2)])
    assert verdicts(outcome_checks(now, BEFORE, OutcomeRules())) == {
        "likes of m2": "quiet",
        "skips of m2": "breach",
        "likes of m3": "quiet",
        "skips of m3": "quiet",
    }


def test_likes_may_fall_only_so_far():
    found = named(outcome_checks(arm(500, skips=0.5, likes=0.1), BEFORE, OutcomeRules()))["likes of m2"]
    assert found.verdict == "breach"
    assert found.threshold == pytest.approx(BEFORE["likes"].sum() / BEFORE["lists"].sum() * 0.8)


def test_a_large_difference_of_few_listeners_may_be_chance_and_is_called_so():
    # Fifty listeners of one list each: 29 skips where 24 would be usual.
    few = pd.DataFrame({"model_version": "m2", "lists": 1, "likes": 0, "skips": [1] * 29 + [0] * 21})
    before = pd.DataFrame({"lists": 1, "likes": 0, "skips": [1] * 480 + [0] * 520})
    skips = named(outcome_checks(few, before, OutcomeRules()))["skips of m2"]
    assert (skips.figure, skips.verdict) == (0.58, "quiet")
    assert skips.sentence.endswith("it may be chance")


def test_a_real_difference_that_is_small_is_no_breach():
    now = pd.DataFrame({"model_version": "m2", "lists": 1, "likes": 0, "skips": [1] * 55_000 + [0] * 45_000})
    before = pd.DataFrame({"lists": 1, "likes": 0, "skips": [1] * 50_000 + [0] * 50_000})
    assert named(outcome_checks(now, before, OutcomeRules()))["skips of m2"].verdict == "quiet"


def test_a_model_few_have_seen_is_not_judged_and_the_first_one_has_nothing_to_be_compared_with():
    assert set(verdicts(outcome_checks(arm(10, skips=9), BEFORE, OutcomeRules())).values()) == {"unknown"}
    first = named(outcome_checks(arm(500, skips=0.5), BEFORE.iloc[:0], OutcomeRules()))["skips of m2"]
    assert first.verdict == "unknown"
    assert first.figure == pytest.approx(0.5, abs=0.05), "the rate itself is known"


# --- ages


def test_what_is_older_than_allowed_is_a_breach_and_no_limit_means_any_age():
    rules = FreshnessRules(interactions=0, ingestion=2, champion=2)
    ages = {"interaction": NOW - timedelta(days=900), "ingestion": NOW - timedelta(days=3), "champion": None}
    found = named(freshness_checks(**ages, now=NOW, rules=rules))
    assert {name: check.verdict for name, check in found.items()} == {
        "age of interactions": "quiet",
        "age of ingestion": "breach",
        "age of champion": "unknown",
    }
    assert found["age of ingestion"].sentence == "the last ingestion is 3.0 days old; 2 are allowed"


def test_a_clock_that_went_backwards_makes_nothing_younger_than_now():
    later = NOW + timedelta(days=5)
    found = freshness_checks(interaction=later, ingestion=later, champion=later, now=NOW, rules=FreshnessRules())
    assert [check.figure for check in found] == [0.0, 0.0, 0.0]


# --- the service

WELL = {"store": "up", "spool": 0, "refused_bundle": None, "refused_trials": [], "model_version": "m1", "canary": None}


def said(**health):
    return ServiceWords("http://service", ready=True, health=WELL | health)


def test_a_service_that_is_well_is_quiet():
    assert set(verdicts(service_checks(said(), "m1", ServiceRules())).values()) == {"quiet"}
    assert set(verdicts(service_checks(said(model_version="c", canary="c"), "m1", ServiceRules())).values()) == {
        "quiet"
    }


@pytest.mark.parametrize(
    ("health", "name"),
    [
        ({"store": "down"}, "store"),
        ({"spool": 2_000_000}, "spool"),
        ({"refused_bundle": "m2"}, "refused"),
        ({"refused_trials": ["c"]}, "refused"),
        ({"model_version": "m0"}, "behind"),
    ],
)
def test_each_thing_that_is_wrong_is_a_breach_of_its_own(health, name):
    checks = service_checks(said(**health), "m1", ServiceRules())
    assert [check.name for check in checks if check.verdict == "breach"] == [name]


def test_a_service_that_does_not_answer_is_one_breach_and_says_why():
    checks = service_checks(
        ServiceWords("http://service", ready=False, problem="connection refused"), "m1", ServiceRules()
    )
    assert [check.name for check in checks if check.verdict == "breach"] == ["ready"]
    assert checks[0].sentence == "http://service cannot answer calls (connection refused)"
    assert all(math.isnan(check.figure) for check in checks[1:])
