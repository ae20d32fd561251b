"""How far windows are from each other, as arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipelines.monitoring.distances import fall, ks, popularity, psi, psi_of_kinds, rise, volume

COUNTS = arrays.arrays(np.int64, st.just((4, 30)), elements=st.integers(0, 50)).filter(
    lambda counts: bool((counts.sum(axis=1) > 0).all())
)


def test_the_index_of_two_kinds_is_jeffreys_divergence_of_their_shares():
    # With half a count each: shares of 30.5 / 101 and 70.5 / 101 now, of 50.5 / 101 twice before.
    now, before = np.array([30, 70]), np.array([[50, 50]])
    p, q = np.array([30.5, 70.5]) / 101, np.array([0.5, 0.5])
    assert psi_of_kinds(now, before) == pytest.approx(float(((p - q) * np.log(p / q)).sum()))


def test_a_kind_nobody_has_used_does_not_count():
    assert psi_of_kinds(np.array([30, 70, 0]), np.array([[50, 50, 0]])) == pytest.approx(
        psi_of_kinds(np.array([30, 70]), np.array([[50, 50]]))
    )


def test_bins_are_joined_to_ten_groups_of_equal_shares():
    # Forty bins of 10 each are ten groups of four; all that is new lies in the last four.
    before = np.full((2, 40), 5)
    now = np.zeros(40, dtype=np.int64)
    now[36:] = 100
    p, q = np.array([0.5] * 9 + [400.5]) / 405, np.full(10, 0.1)
    assert psi(now, before) == pytest.approx(float(((p - q) * np.log(p / q)).sum()))


def test_the_largest_difference_of_shares_below_an_edge():
    # Below the edges: 0.1, 0.5, 1 now; 0.4, 0.7, 1 before.
    assert ks(np.array([1, 4, 5]), np.array([[4, 3, 3]])) == pytest.approx(0.3)


def test_popularity_is_about_who_is_popular_and_not_how_much_is_played():
    before = np.array([[40, 30, 20, 10, 0]] * 2)
    assert popularity(np.array([4, 3, 2, 1, 0]) * 100, before) < 0.01
    assert popularity(np.array([0, 1, 2, 3, 4]) * 100, before) > 1


def test_tracks_nobody_played_before_are_like_the_least_popular():
    before = np.array([[500, 300, 100, 100, 0]])
    assert popularity(np.array([500, 300, 100, 0, 100]), before) == pytest.approx(
        popularity(np.array([500, 300, 100, 100, 0]), before)
    )


def test_half_and_double_the_volume_are_equally_far():
    usual = np.array([[90], [100], [300]])
    assert volume(np.array([200]), usual) == pytest.approx(math.log(2)) == pytest.approx(volume(np.array([50]), usual))
    assert volume(np.array([0]), usual) > math.log(100), "none at all is far, not an error"


def test_shares_fall_and_rise():
    before = np.array([[90, 100], [70, 100]])
    assert fall(np.array([30, 50]), before) == pytest.approx(0.8 - 0.6)
    assert rise(np.array([30, 50]), before) == pytest.approx(0.6 - 0.8)


@given(COUNTS)
def test_distances_are_never_negative_and_nothing_is_far_from_itself(counts):
    for distance in (psi, psi_of_kinds, ks, popularity):
        assert distance(counts[0], counts[1:]) >= -1e-12
        assert distance(counts[0], counts[:1]) == pytest.approx(0, abs=1e-9)
