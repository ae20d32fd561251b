"""Laws of an evaluation that tests a sample of the listeners: it says what testing everybody says, about fewer."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.config import CandidateConfig, EvaluationRules, Protocol
from pipelines.data.vocabulary import Vocabulary
from pipelines.evaluation.report import PRIMARY_METRIC, build_reports, paired_tests
from pipelines.evaluation.run import evaluate
from pipelines.evaluation.splitting import make_splits
from pipelines.evaluation.stand_in import Learned, measure_stand_in
from pipelines.features.timeline import Timeline
from pipelines.testing.worlds import N_TRACKS, two_tastes_dataset

RULES = EvaluationRules(folds=2, bootstrap=100, protocols=get_args(Protocol), cutoffs=(10,))
KNN = CandidateConfig(name="item-knn", params={"neighbours": 5})
POPULARITY = CandidateConfig(name="popularity")
seeds = st.integers(min_value=0, max_value=2**16)
sizes = st.integers(min_value=1, max_value=30)


def world(seed, listeners=40):
    """Random histories with a random day for every preference."""
    rng = np.random.default_rng(seed)
    plays = rng.integers(0, 3, (listeners, N_TRACKS)).astype(np.float32)
    histories = sp.csr_array(plays)
    n = histories.nnz
    timeline = Timeline(histories, np.arange(n), np.ones(n), rng.random(n) * 10)
    users = Vocabulary.of(f"u{number:03d}" for number in range(listeners))
    return replace(two_tastes_dataset(), users=users, histories=histories, ratings=histories, timeline=timeline)


def folds(dataset, listeners, seed=0):
    rules = RULES.model_copy(update={"listeners": listeners, "seed": seed})
    return {(split.protocol, split.fold): split for split in make_splits(dataset, rules)}


def same(one, other):
    return (one is None and other is None) or (one.shape == other.shape and abs(one - other).nnz == 0)


@settings(max_examples=25)
@given(seeds, sizes)
def test_a_sample_is_a_part_of_those_tested_and_everything_else_stays(seed, most):
    dataset = world(seed)
    whole = folds(dataset, None, seed)
    sampled = folds(dataset, most, seed)
    assert whole.keys() == sampled.keys()
    assert {protocol for protocol, _ in whole} == set(RULES.protocols)
    for fold, split in sampled.items():
        full = whole[fold]
        rows = np.flatnonzero(np.isin(full.listeners, split.listeners))
        assert full.listeners[rows].tolist() == split.listeners.tolist()
        assert len(rows) == min(most, len(full.listeners))
        assert (split.of or len(split.listeners)) == len(full.listeners)
        assert split.learners.tolist() == full.learners.tolist()
        assert same(split.train, full.train)
        assert same(split.train_times, full.train_times)
        assert same(split.given, full.given[rows])
        assert same(split.given_times, full.given_times[rows])
        assert same(split.held_out, full.held_out[rows])


@settings(max_examples=25)
@given(seeds, sizes)
def test_a_larger_sample_holds_the_smaller_one_and_the_draw_is_of_the_seed(seed, most):
    dataset = world(seed)
    small, again, large = folds(dataset, most, seed), folds(dataset, most, seed), folds(dataset, most + 3, seed)
    for fold, split in small.items():
        assert split.listeners.tolist() == again[fold].listeners.tolist()
        assert set(split.listeners) <= set(large[fold].listeners)


@settings(max_examples=10)
@given(seeds, st.integers(min_value=2, max_value=15))
def test_whoever_is_tested_has_the_figures_that_testing_everybody_gives_them(seed, most):
    dataset = world(seed)
    for protocol in RULES.protocols:
        rules = RULES.model_copy(update={"protocols": (protocol,), "primary": protocol, "seed": seed})
        fewer = rules.model_copy(update={"listeners": most})
        results = [
            [evaluate(candidate, dataset, split, each) for candidate in (KNN, POPULARITY) for split in splits]
            for each in (rules, fewer)
            for splits in (make_splits(dataset, each),)
        ]
        for whole, part in zip(*results, strict=True):
            assert part.users.equals(whole.users.loc[part.users.index])
        everybody, sample = (build_reports(each, rules) for each in results)
        tested = sample[0].users.index
        assert all(report.users.index.equals(tested) for report in sample)
        assert sample[0].share == len(np.concatenate([part.users.index for part in results[1][:2]])) / sum(
            len(whole.users) for whole in results[0][:2]
        )
        (test,) = paired_tests(sample, protocol, rules)
        figures = {report.candidate: report.users[PRIMARY_METRIC] for report in sample}
        assert test.gain.n == (figures[test.better] - figures[test.other]).notna().sum() <= len(tested)
        if protocol != "holdout":  # there a listener's figure is the mean over folds, who are the same in all of them
            continue
        assert sample[0].users.equals(everybody[0].users.loc[tested])


@settings(max_examples=10)
@given(seeds, sizes, st.sampled_from(["unseen-users", "holdout"]))
def test_a_champion_that_learned_from_the_same_data_still_does_what_its_recipe_does(seed, most, protocol):
    # Else the stand-in would learn from listeners of the fold whom the candidates may not learn from.
    dataset = replace(world(seed), timeline=None)
    rules = RULES.model_copy(update={"protocols": (protocol,), "primary": protocol, "listeners": most})
    learned = Learned(KNN, dataset.users.ids, dataset.tracks.ids, dataset.histories)
    for split in make_splits(dataset, rules):
        assert measure_stand_in(learned, dataset, split, rules).users.equals(evaluate(KNN, dataset, split, rules).users)
