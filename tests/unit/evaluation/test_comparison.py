from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.evaluation.comparison import bootstrap_mean, paired_difference

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
