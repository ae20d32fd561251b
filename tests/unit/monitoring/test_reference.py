"""With which weeks the newest is compared, and when a second drift is told: on tables of rows a week."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipelines.monitoring.distances import fall, ks, psi, psi_of_kinds, volume
from pipelines.monitoring.reference import Allowance, contrast, noise, reference

#: Half as many again is no breach, nor is what the weeks show among themselves; four of them stay.
SHIPPED = Allowance(threshold=math.log(1.5), noise=1.5, outlier=2, least=4)
ALL_STAY = Allowance(threshold=math.log(1.5), noise=1.5, outlier=2, least=8)
COUNTS = arrays.arrays(np.int64, st.just((8, 10)), elements=st.integers(0, 50)).filter(
    lambda counts: bool((counts.sum(axis=1) > 0).all())
)

QUIET = [100, 110, 90, 100, 105, 95, 100, 100]
JUMP = [100, 100, 110, 100, 300, 310, 300, 300]
LONG_AGO = [100, 300, 300, 310, 290, 300, 300, 300]
LAST_WEEK = [100, 110, 90, 100, 105, 95, 100, 300]
ODD_WEEK = [100, 110, 90, 100, 20, 95, 100, 100]
OUTAGE = [100, 110, 20, 25, 105, 95, 100, 100]
TWO_CHANGES = [900, 900, 100, 100, 40, 100, 100, 100]
TWO_ALIKE = [20, 100, 100, 100, 20, 100, 100, 100]
EVERY_OTHER = [100, 300, 100, 300, 100, 300, 100, 300]
THREE_AGO = [100, 100, 100, 100, 100, 300, 300, 300]


def column(*rows):
    return np.array(rows)[:, None]


def told(past, newest, allowance=SHIPPED):
    seen = contrast(column(*past, newest), volume, allowance)
    return seen.figure > seen.limit


@pytest.mark.parametrize(
    ("past", "kept"),
    [
        (QUIET, QUIET),
        (JUMP, [300, 310, 300, 300]),
        (LONG_AGO, [300, 300, 310, 290, 300, 300, 300]),
        (LAST_WEEK, LAST_WEEK),
        (ODD_WEEK, [100, 110, 90, 100, 95, 100, 100]),
        (OUTAGE, [100, 110, 105, 95, 100, 100]),
        (TWO_CHANGES, [100, 100, 100, 100, 100]),
        # Two odd weeks of the same size, each of them noise to the other, and a habit.
        (TWO_ALIKE, TWO_ALIKE),
        (EVERY_OTHER, EVERY_OTHER),
        # Of eight weeks five would have to leave.
        (THREE_AGO, THREE_AGO),
    ],
)
def test_weeks_that_had_drifted_are_left_out(past, kept):
    assert reference(column(*past), volume, SHIPPED).ravel().tolist() == kept


@pytest.mark.parametrize(
    ("past", "quiet", "drifts"),
    [
        (QUIET, [100, 140, 75], [160, 60]),
        (JUMP, [300, 310, 420], [900, 100]),
        (LONG_AGO, [300, 310, 420], [900, 100]),
        (LAST_WEEK, [300, 100], [900]),
        (EVERY_OTHER, [100, 300], [1200]),
        (ODD_WEEK, [100, 140, 75], [20, 160]),
        (OUTAGE, [100, 140, 75], [20, 160]),
    ],
)
def test_a_second_drift_is_told_and_what_has_become_usual_is_not(past, quiet, drifts):
    assert [told(past, rows) for rows in quiet] == [False] * len(quiet)
    assert [told(past, rows) for rows in drifts] == [True] * len(drifts)


@pytest.mark.parametrize(("past", "drift"), [(LONG_AGO, 900), (LONG_AGO, 100), (ODD_WEEK, 20), (ODD_WEEK, 160)])
def test_without_leaving_weeks_out_it_would_be_hidden(past, drift):
    assert not told(past, drift, ALL_STAY)


def test_noise_is_the_largest_difference_of_windows_among_themselves():
    # Against the other two: 10 of 10 and 20 is 10 of the median 15; 20 of 10 and 10 is double.
    assert noise(column(10, 20, 10), volume) == pytest.approx(math.log(2))
    assert noise(column(10), volume) == 0


def test_the_newest_is_measured_against_what_is_left():
    seen = contrast(column(*JUMP, 600), volume, SHIPPED)
    assert (seen.figure, seen.limit) == (pytest.approx(math.log(2)), pytest.approx(math.log(1.5)))
    assert (len(seen.reference), seen.left_out) == (4, 4)


@given(COUNTS, st.sampled_from([psi, psi_of_kinds, ks, fall]), st.integers(2, 8))
def test_the_last_window_and_as_many_as_asked_for_stay_in_their_order(counts, distance, least):
    counts = counts[:, :2] + 1 if distance is fall else counts
    kept = reference(counts, distance, Allowance(0.05, 1.0, 1.0, least))
    rows = iter(counts)
    assert len(kept) >= least
    assert (kept[-1] == counts[-1]).all()
    assert all(any((row == window).all() for row in rows) for window in kept)


@given(COUNTS)
def test_the_order_of_windows_changes_their_noise_in_nothing(counts):
    for distance in (psi, psi_of_kinds, ks):
        assert noise(counts[::-1], distance) == pytest.approx(noise(counts, distance))
