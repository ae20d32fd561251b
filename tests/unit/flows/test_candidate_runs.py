from __future__ import annotations

from dataclasses import replace

import pandas as pd

from flows.candidate_runs import chosen, deciding, describe, figures
from pipelines.config import EvaluationRules
from pipelines.evaluation.report import build_reports
from pipelines.evaluation.run import FoldResult

SECONDS = {"select": 0.0, "fit": 1.5, "rank": 0.0, "measure": 0.0}


def results(protocol, *params):
    users = pd.DataFrame({"ndcg@10": [0.2, 0.4]})
    return [FoldResult("slim", protocol, fold, each, users, {}, SECONDS) for fold, each in enumerate(params)]


FOLDS = [
    *results("holdout", {"reg": 4.0}),
    *results("unseen-users", {"reg": 8.0, "weighting": "log"}, {"reg": 4.0, "weighting": "log"}, {"reg": 8.0}),
]
REPORTS = build_reports(FOLDS, EvaluationRules(bootstrap=100))


def test_the_settings_most_folds_chose_are_the_columns_of_the_comparison():
    report = deciding(REPORTS, "unseen-users")
    assert chosen(report) == {"model.recommender": "slim", "model.reg": "8.0", "model.weighting": "log"}


def test_where_the_data_do_not_allow_the_deciding_protocol_another_one_speaks():
    assert deciding(REPORTS, "time").protocol == "holdout"


def test_a_run_says_in_words_what_it_is():
    words = describe(REPORTS, "unseen-users", "hetrec-lastfm")
    assert words.startswith("**SLIM-ridge** on hetrec-lastfm: ndcg@10 0.300 over 2 listeners.")
    assert "| unseen-users | 0.300 (0.200-0.400) | 4.5 |" in words
    assert "Most folds chose: reg 8.0, weighting log." in words


def test_a_sample_is_called_one_and_can_be_told_from_the_whole():
    sample = [replace(fold, of=8) for fold in FOLDS]
    reports = build_reports(sample, EvaluationRules(bootstrap=100))
    assert "over 2 listeners, a sample of 25%." in describe(reports, "unseen-users", "hetrec-lastfm")
    shares = [figures(deciding(each, "unseen-users"))["unseen-users/share_tested"] for each in (REPORTS, reports)]
    assert shares == [1.0, 0.25]
    assert figures(REPORTS[0])["holdout/listeners"] == 2


def test_a_sample_of_very_many_listeners_is_not_called_none():
    reports = build_reports([replace(fold, of=2_000) for fold in FOLDS], EvaluationRules(bootstrap=100))
    assert "over 2 listeners, a sample of 0.1%." in describe(reports, "unseen-users", "hetrec-lastfm")
