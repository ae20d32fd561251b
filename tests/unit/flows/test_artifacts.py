"""What flows write in Markdown."""

from __future__ import annotations

import pandas as pd

from flows.artifacts import board_rows, comparisons_markdown, curves_markdown, decision_markdown, leaderboard_markdown
from pipelines.evaluation.behaviour import BehaviourCheck
from pipelines.evaluation.comparison import Interval, PairedTest
from pipelines.evaluation.learning import CurvePoint
from pipelines.release.promotion import PromotionDecision
from pipelines.release.rule_verdict import RuleVerdict

BOARD = pd.DataFrame(
    [
        {"protocol": "unseen-users", "title": "SLIM", "ndcg@10": 0.3, "ndcg@10 low": 0.28, "ndcg@10 high": 0.32}
        | {"recall@20": 0.4, "coverage@10": 0.25, "rmse": float("nan"), "fit seconds": 1.5},
        {"protocol": "holdout", "title": "A|B", "ndcg@10": 0.1, "ndcg@10 low": 0.09, "ndcg@10 high": 0.11}
        | {"recall@20": 0.2, "coverage@10": 0.5, "rmse": 1.0, "fit seconds": 0.0},
    ]
)


def test_a_leaderboard_has_one_table_a_protocol_and_a_dash_for_what_is_not_defined():
    text = leaderboard_markdown(board_rows(BOARD), ["SLIM and ALS are ordered differently"])
    assert text.splitlines() == [
        "### Unseen users",
        "",
        "| candidate | nDCG@10 | 95 % interval | recall@20 | coverage | RMSE | fit, s |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| SLIM | 0.300 | 0.280-0.320 | 0.400 | 0.250 | - | 1.5 |",
        "",
        "### Holdout",
        "",
        "| candidate | nDCG@10 | 95 % interval | recall@20 | coverage | RMSE | fit, s |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| A\\|B | 0.100 | 0.090-0.110 | 0.200 | 0.500 | 1.000 | 0.0 |",
        "",
        "**Note:** SLIM and ALS are ordered differently.",
    ]


def test_who_beats_whom_has_a_line_a_pair():
    tests = [
        PairedTest("slim", "als", Interval(0.05, 0.04, 0.06, 9), p=0.00001, p_holm=0.00002, clear=True),
        PairedTest("als", "content", Interval(0.01, -0.01, 0.03, 9), p=0.2, p_holm=0.2, clear=False),
    ]
    assert comparisons_markdown(tests).splitlines()[2:] == [
        "| pair | gain in nDCG@10 | 95 % interval | p, Holm |",
        "| --- | ---: | ---: | ---: |",
        "| slim beats als | +0.0500 | +0.0400 to +0.0600 | < 0.001 |",
        "| als does not clearly beat content | +0.0100 | -0.0100 to +0.0300 | 0.200 |",
    ]
    assert comparisons_markdown([]) == ""


def decision(*, promote, champion):
    rules = (
        RuleVerdict(name="beats popularity", passed=True, sentence="slim beats popularity", figures={}),
        RuleVerdict(name="beats item-knn", passed=promote, sentence="slim against item-knn", figures={}),
    )
    return PromotionDecision(promote, "slim", champion, "ndcg@10", "holdout", rules, policy_hash="abc")


def test_a_decision_names_the_verdict_and_every_rule():
    text = decision_markdown(decision(promote=False, champion="als"))
    assert text.startswith("**Refused**: slim is refused: slim against item-knn. The champion before: als.")
    assert "- passed: slim beats popularity\n- **failed**: slim against item-knn\n" in text
    assert "Policy `abc`, protocol holdout." in text


def test_the_first_promotion_says_that_there_was_no_champion():
    text = decision_markdown(decision(promote=True, champion=None))
    assert text.startswith("**Promoted**: slim passes all 2 rules. There was no champion before.")


def test_behaviour_stands_below_the_rules_for_information():
    checks = [
        BehaviourCheck("duplicate_play", 0.8, 0.9, passed=False, sentence="80% stays; at least 90% is asked"),
        BehaviourCheck("blocked_tracks", float("nan"), 0.0, passed=None, sentence="cannot be measured"),
    ]
    text = decision_markdown(decision(promote=True, champion=None), checks)
    assert text.startswith("**Promoted**")
    assert text.splitlines()[5:9] == [
        "### Behaviour, for information",
        "",
        "- **failed**: 80% stays; at least 90% is asked",
        "- not measured: cannot be measured",
    ]


def test_a_learning_curve_is_a_line_a_candidate():
    points = [
        CurvePoint("slim", 10, 0.1, 1.0, 5.0),
        CurvePoint("slim", 20, 0.25, 2.0, 7.25),
        CurvePoint("als", 10, 0.2, 1.0, 1.0),
        CurvePoint("als", 20, 0.2, 1.0, 2.0),
    ]
    assert curves_markdown(points).splitlines() == [
        "| candidate | 10 listeners | 20 listeners | MB for the last fit |",
        "| --- | ---: | ---: | ---: |",
        "| slim | 0.1000 | 0.2500 | 7.2 |",
        "| als | 0.2000 | 0.2000 | 2.0 |",
    ]
