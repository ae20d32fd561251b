"""Distributions as counts in bins, and the distance between two of them."""

from __future__ import annotations

from datetime import UTC, datetime
from math import log2, sqrt

import numpy as np
import pytest

from pipelines.data import columns as c
from tests.support.dirty_tables import interaction, tables, track
from validation.distributions import DISTRIBUTIONS, distance, hours_moved, new_share


def counted(name, *rows):
    """Return the bins of a distribution that are not empty, with their counts."""
    whole = tables(rows) if DISTRIBUTIONS[name].table == "interactions" else tables(tracks=rows)
    counts = DISTRIBUTIONS[name].count(getattr(whole, DISTRIBUTIONS[name].table).data)
    assert len(counts) == DISTRIBUTIONS[name].bins
    return {place: count for place, count in enumerate(counts.tolist()) if count}


def test_kinds_are_counted_in_the_order_of_the_kinds():
    rows = [interaction(kind=kind) for kind in (c.PLAY, c.RATING, c.RATING)]
    assert counted("kind", *rows) == {c.KINDS.index(c.PLAY): 1, c.KINDS.index(c.RATING): 2}


def test_hours_are_those_of_utc_and_rows_without_a_time_do_not_count():
    times = (datetime(2025, 3, 1, 0, 59, tzinfo=UTC), datetime(2025, 3, 1, 23, tzinfo=UTC), None)
    assert counted("hour", *(interaction(at=time) for time in times)) == {0: 1, 23: 1}


def test_a_value_is_counted_under_its_kind():
    rows = [interaction(kind=c.PLAY, value=999.0), interaction(kind=c.PLAY_COUNT, value=4.0)]
    assert counted("play_ms", *rows) == {0: 1}
    assert counted("play_count", *rows) == {2: 1}  # 1, 2 to 3, 4 to 7
    assert counted("rating", *rows) == {}


def test_a_value_on_an_edge_belongs_to_the_bin_above_and_no_value_is_outside():
    rows = [interaction(value=value) for value in (0.0, 1_000.0, 1e300)]
    assert counted("play_ms", *rows) == {0: 1, 1: 1, DISTRIBUTIONS["play_ms"].bins - 1: 1}


@pytest.mark.parametrize(
    ("name", "low", "high"), [(c.ENERGY, 0.0, 1.0), (c.LOUDNESS, -60.0, 5.0), (c.TEMPO, 0.0, 250.0)]
)
def test_an_audio_feature_is_counted_over_its_whole_range(name, low, high):
    rows = [
        track(track_id="a", **{name: low}),
        track(track_id="b", **{name: high}),
        track(track_id="c", **{name: None}),
    ]
    assert counted(name, *rows) == {0: 1, DISTRIBUTIONS[name].bins - 1: 1}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([5, 0], [9, 0], 0.0),
        ([1, 3], [2, 6], 0.0),
        ([7, 0], [0, 2], 1.0),
        # H(1/4, 3/4) - H(1/2, 1/2) / 2, as H(0, 1) is 0
        ([1, 1], [0, 9], sqrt(-(0.25 * log2(0.25) + 0.75 * log2(0.75)) - 0.5)),
    ],
)
def test_the_distance_is_that_of_the_shares(one, other, expected):
    assert distance(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-12)


EVENING = np.round(10_000 * np.exp(-((np.arange(24) - 18) ** 2) / 20)).astype(int) + 100


@pytest.mark.parametrize(
    ("hours", "moved"), [(0, 0), (1, 1), (-1, 1), (2, 2), (9, 9), (12, 12), (13, 11), (-8, 8), (24, 0)]
)
def test_a_day_that_was_turned_is_turned_back(hours, moved):
    assert hours_moved(np.roll(EVENING, hours), 3 * EVENING) == moved


def test_the_share_of_new_values_is_of_bins_with_hardly_any_rows_before():
    assert new_share(np.array([10, 20, 70]), np.array([999_001, 999, 0])) == 0.9
    assert new_share(np.array([10, 20, 70]), np.array([998_999, 1_001, 0])) == 0.7


def test_a_day_that_became_another_one_was_not_turned():
    nights, flat = EVENING[::-1] + np.roll(EVENING, 12), np.full(24, 100)
    assert hours_moved(flat, EVENING) == 0
    assert hours_moved(EVENING + nights // 20, EVENING) == 0


@pytest.mark.parametrize(("move", "expected"), [(0.5, 0.2), (1.33, 0.5)])
def test_the_thresholds_are_what_the_contract_says_of_bell_curves(move, expected):
    bells = [np.exp(-((np.linspace(-6, 8, 1_000) - middle) ** 2) / 2) for middle in (0, move)]
    assert distance(bells[0], bells[1]) == pytest.approx(expected, abs=0.02)
