from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.evaluation.comparison import bootstrap_mean, compare_all, holm, paired_difference, paired_p

HOW = {"resamples": 500, "confidence": 0.95, "seed": 1}


def test_the_interval_of_a_constant_is_the_constant():
    found = bootstrap_mean(np.full(20, 0.3), **HOW)
    assert (found.mean, found.low, found.high, found.n) == (
        pytest.approx(0.3),
        pytest.approx(0.3),
        pytest.approx(0.3),
        20,
    )


def test_unknown_values_take_no_part():
    assert bootstrap_mean(np.array([1.0, np.nan, 0.0]), **HOW).n == 2
    assert bootstrap_mean(np.array([np.nan]), **HOW).n == 0


def test_the_interval_is_about_as_wide_as_theory_says():
    values = np.random.default_rng(3).normal(size=2_000)
    found = bootstrap_mean(values, resamples=2_000, confidence=0.95, seed=1)
    theory = 2 * 1.96 * values.std() / np.sqrt(len(values))
    assert found.high - found.low == pytest.approx(theory, rel=0.1)


def test_pairing_takes_out_what_listeners_have_in_common():
    rng = np.random.default_rng(4)
    ease_of_listener = pd.Series(rng.uniform(size=300))
    gain = paired_difference(ease_of_listener + 0.01, ease_of_listener, **HOW)
    assert gain.low == pytest.approx(0.01)
    assert gain.high == pytest.approx(0.01)


def test_only_listeners_with_both_values_are_compared():
    one = pd.Series([1.0, 1.0, np.nan], index=[1, 2, 3])
    other = pd.Series([0.0, np.nan, 0.0], index=[1, 2, 3])
    assert paired_difference(one, other, **HOW).n == 1


def test_holm_multiplies_the_smallest_most_and_keeps_the_order():
    # Sorted: .01 x 3, .02 x 2, .03 x 1, which may not fall below the .04 before it.
    assert holm([0.03, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_paired_test_is_the_one_of_scipy():
    from scipy.stats import ttest_rel

    one, other = np.random.default_rng(2).uniform(size=(2, 30))
    assert paired_p(one - other) == pytest.approx(ttest_rel(one, other).pvalue)


@pytest.mark.parametrize(("differences", "p"), [([0.0, 0.0], 1), ([0.5, 0.5], 0), ([0.5], 1), ([np.nan, 0.5], 1)])
def test_differences_without_spread_or_pairs_have_a_defined_p(differences, p):
    assert paired_p(np.array(differences)) == p


def test_every_pair_is_tested_and_the_better_one_is_named_first():
    noise = np.random.default_rng(5).normal(scale=0.01, size=(3, 200))
    values = {
        name: pd.Series(level + own)
        for (name, level), own in zip({"a": 0.1, "b": 0.1, "c": 0.3}.items(), noise, strict=True)
    }
    tests = compare_all(values, **HOW)
    assert {(test.better, test.other) for test in tests if test.clear} == {("c", "a"), ("c", "b")}
    assert len(tests) == 3
    for test in tests:
        assert test.gain.mean == pytest.approx(float((values[test.better] - values[test.other]).mean()))
        assert test.gain.mean >= 0
        assert test.p_holm >= test.p
