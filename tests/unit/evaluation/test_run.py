from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from pipelines.config import CandidateConfig, EvaluationRules, TrainingConfig
from pipelines.errors import ConfigError, CrossfadeError
from pipelines.evaluation.report import (
    best,
    build_reports,
    leaderboard,
    load_reports,
    ranking_flips,
    save_reports,
)
from pipelines.evaluation.run import evaluate, fit_final
from pipelines.evaluation.segments import listener_segments
from pipelines.evaluation.selection import choose
from pipelines.evaluation.splitting import make_splits
from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.significance import significantly_better
from pipelines.testing.worlds import two_tastes_dataset

RULES = EvaluationRules(folds=3, cutoffs=(5, 10), bootstrap=100)


@pytest.fixture(scope="module")
def dataset():
    return two_tastes_dataset()


@pytest.fixture(scope="module")
def results(dataset):
    names = ("popularity", "slim")
    splits = make_splits(dataset, RULES)
    return [evaluate(CandidateConfig(name=name), dataset, split, RULES) for name in names for split in splits]


@pytest.fixture(scope="module")
def reports(results, dataset):
    return build_reports(results, RULES, listener_segments(dataset))


def test_the_model_that_knows_tastes_wins_under_both_protocols(reports):
    assert {report.protocol for report in reports} == {"unseen-users", "holdout"}
    for protocol in RULES.protocols:
        assert best(reports, protocol).candidate == "slim"


def test_every_listener_counts_once_whatever_the_number_of_folds(reports):
    for report in reports:
        assert report.users.index.is_unique
        assert report.metrics["ndcg@10"].n == 40


def test_the_same_seed_gives_the_same_numbers(dataset, results):
    split = make_splits(dataset, RULES)[0]
    again = evaluate(CandidateConfig(name="slim"), dataset, split, RULES)
    first = next(result for result in results if result.candidate == "slim")
    pd.testing.assert_frame_equal(again.users, first.users)
    assert again.summary == first.summary


def test_what_is_held_out_cannot_change_what_is_learned_or_chosen(dataset):
    split = make_splits(dataset, RULES)[0]
    candidate = CandidateConfig(name="slim", search={"weighting": ("binary", "log")})
    other_truth = dataclasses.replace(split, held_out=sp.csr_array(split.held_out[::-1]))
    one, other = (evaluate(candidate, dataset, each, RULES) for each in (split, other_truth))
    assert one.params == other.params
    assert one.summary["coverage@10"] == other.summary["coverage@10"]
    assert not one.users.equals(other.users)


def test_a_search_prefers_what_finds_more(dataset):
    # With one neighbour and a huge ridge the other half of the world ties with the own one; a small ridge does not.
    training = TrainingData(dataset.histories, dataset.items)
    candidate = CandidateConfig(name="item-knn", search={"neighbours": (1, 11)})
    assert choose(candidate, training, RULES) == {"neighbours": 11}


def test_a_value_that_finds_no_more_does_not_take_the_place_of_the_default(dataset):
    training = TrainingData(dataset.histories, dataset.items)
    for values in ((11, 10), (10, 11)):
        assert choose(CandidateConfig(name="item-knn", search={"neighbours": values}), training, RULES) == {
            "neighbours": values[0]
        }


@pytest.mark.parametrize(
    ("new", "better"),
    [
        # Differences 1, 1, 1, 0: mean .75, standard error .25. Then 1, -1, 1, 0: mean .25, standard error .479.
        ([1.0, 1.0, 1.0, 0.0], True),
        ([1.0, -1.0, 1.0, 0.0], False),
        ([0.0, 0.0, 0.0, 0.0], False),
        ([1.0, np.nan, np.nan, np.nan], False),
        ([1.0, 1.0, np.nan, np.nan], True),
    ],
)
def test_better_means_by_more_than_one_standard_error(new, better):
    assert significantly_better(np.array(new), np.zeros(4)) is better


def test_a_search_over_one_value_takes_it(dataset):
    training = TrainingData(dataset.histories, dataset.items)
    assert choose(CandidateConfig(name="slim", search={"reg": (7.0,)}), training, RULES) == {"reg": 7.0}


def test_an_unknown_hyper_parameter_is_refused_with_the_known_ones(dataset):
    with pytest.raises(ConfigError, match="It takes: weighting, neighbours, reg"):
        fit_final(CandidateConfig(name="slim", params={"colour": 1}), dataset, RULES)


def test_the_final_model_learns_from_everybody(dataset):
    model, _ = fit_final(CandidateConfig(name="popularity"), dataset, RULES)
    expected = (dataset.histories.toarray() > 0).mean(axis=0)
    np.testing.assert_allclose(model.arrays()["listeners"], expected, rtol=1e-6)


def test_the_leaderboard_is_ordered_within_each_protocol(reports):
    board = leaderboard(reports)
    assert board["candidate"].tolist() == ["slim", "popularity"] * 2
    assert (board["ndcg@10 low"] <= board["ndcg@10"]).all()
    assert {"precision@5", "recall@10", "f1@10", "map@10", "mrr@10", "hit_rate@10", "rmse", "mae"} <= set(board)


def test_reports_say_what_lists_are_like(reports):
    for report in reports:
        assert {"gini@10", "popularity_lift@10", "novelty@10"} <= set(report.summary)
        assert 0 < report.metrics["diversity@10"].mean < 1
    # Three of six tracks of a genre are given, so nine are left to show, and three of them are of that genre.
    unseen = best(reports, "unseen-users")
    assert unseen.metrics["miscalibration@10"].mean == pytest.approx(-np.log2(0.99 * 3 / 9 + 0.01))


def test_reports_have_means_by_segment(reports):
    for report in reports:
        plays = [mean for mean in report.segments if mean.division == "activity"]
        assert sum(mean.interval.n for mean in plays) == 40
        assert len(plays) == 3


def test_reports_survive_the_disk(reports, tmp_path):
    save_reports(tmp_path, reports)
    for before, after in zip(reports, load_reports(tmp_path), strict=True):
        # As text, in which what is not defined equals itself.
        assert json.dumps(after.to_json()) == json.dumps(before.to_json())
        pd.testing.assert_frame_equal(after.users, before.users, check_names=False)


def test_missing_reports_say_what_to_do(tmp_path):
    with pytest.raises(CrossfadeError, match="Run 'crossfade train'"):
        load_reports(tmp_path)


def test_a_flip_between_protocols_is_named(reports):
    assert ranking_flips(reports) == ()
    held = {report.candidate: report for report in reports if report.protocol == "holdout"}
    swapped = [
        *(report for report in reports if report.protocol == "unseen-users"),
        dataclasses.replace(held["popularity"], candidate="slim"),
        dataclasses.replace(held["slim"], candidate="popularity"),
    ]
    assert ranking_flips(swapped) == ("popularity and slim are ordered differently under unseen-users and holdout",)


def test_the_defaults_are_the_candidates_that_fit_fast():
    names = [candidate.name for candidate in TrainingConfig().candidates]
    assert names == ["popularity", "item-knn", "als", "content", "slim", "hybrid"]


def test_lists_hold_what_was_given_only_where_repeats_are_asked_for(dataset):
    split = make_splits(dataset, RULES)[0]
    again = dataclasses.replace(split, held_out=split.given, repeats=True)
    rules = RULES.model_copy(update={"cutoffs": (10, 100)})
    found = evaluate(CandidateConfig(name="slim"), dataset, again, rules).users["recall@100"]
    assert found.min() == 1.0, "a hundred places hold every track there is"
    without = dataclasses.replace(again, repeats=False)
    assert evaluate(CandidateConfig(name="slim"), dataset, without, rules).users["recall@100"].max() == 0.0


def test_coverage_is_told_at_every_length(dataset):
    rules = RULES.model_copy(update={"cutoffs": (1, 10, 100)})
    summary = evaluate(CandidateConfig(name="slim"), dataset, make_splits(dataset, rules)[0], rules).summary
    assert 0 < summary["coverage@1"] < summary["coverage@10"] <= summary["coverage@100"] == 1.0
