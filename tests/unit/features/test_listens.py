"""One play that several sources tell of counts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.data import columns as c
from pipelines.features.listens import told_once

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EXPORT, BASIC, SCROBBLE = ("export", "spotify:track:1"), ("export", "export:ab"), ("lastfm", "lastfm:cd")


def told(*plays):
    """Return which plays count; a play is (view, seconds after noon, ms played)."""
    rows = [
        {
            c.USER_ID: "p",
            c.TRACK_ID: track,
            c.SOURCE: source,
            c.KIND: c.PLAY,
            c.AT: None if seconds is None else NOON + timedelta(seconds=seconds),
            c.VALUE: value,
        }
        for (source, track), seconds, value in plays
    ]
    table = pa.Table.from_pylist(rows, schema=c.INTERACTION_SCHEMA)
    return told_once(table, pa.chunked_array([["song"] * len(rows)], pa.string())).tolist()


@pytest.mark.parametrize(
    "other", [(BASIC, -43, 210_000.0), (SCROBBLE, -210, None), (SCROBBLE, 100, None)], ids=["minute", "start", "clock"]
)
def test_a_play_seen_through_two_views_counts_once(other):
    assert sum(told((EXPORT, 0, 210_000.0), other)) == 1


def test_plays_of_one_view_all_count_however_close():
    assert told((EXPORT, 0, 30_000.0), (EXPORT, 30, 30_000.0), (EXPORT, 60, 30_000.0)) == [True] * 3


def test_a_song_on_repeat_counts_as_often_as_the_view_that_saw_it_most():
    export = [(EXPORT, seconds, 200_000.0) for seconds in (200, 400, 600)]
    scrobbles = [(SCROBBLE, seconds, None) for seconds in (0, 400)]
    assert told(*export, *scrobbles) == [True] * 3 + [False] * 2


def test_plays_that_lie_apart_both_count():
    assert told((EXPORT, 0, 200_000.0), (SCROBBLE, 121, None)) == [True, True]


def test_plays_without_times_and_other_kinds_are_left_alone():
    assert told((EXPORT, None, None), (SCROBBLE, None, None)) == [True, True]
    like = {c.USER_ID: "p", c.TRACK_ID: "t", c.KIND: c.LIKE, c.AT: NOON}
    rows = [like | {c.SOURCE: source} for source in ("a", "b")]
    table = pa.Table.from_pylist(rows, schema=c.INTERACTION_SCHEMA)
    assert told_once(table, table[c.TRACK_ID]).all()


def test_nothing_is_counted_of_nothing():
    assert told() == []


VIEWS = st.sampled_from([EXPORT, BASIC, SCROBBLE])
PLAYS = st.lists(st.tuples(VIEWS, st.integers(0, 900), st.sampled_from([None, 0.0, 200_000.0])), max_size=12)


@given(PLAYS)
def test_never_fewer_than_any_view_told_and_the_rest_is_told_once_already(plays):
    counted = told(*plays)
    for view in {view for view, *_ in plays}:
        assert sum(counted) >= sum(each == view for each, *_ in plays)
    left = [play for play, counts in zip(plays, counted, strict=True) if counts]
    assert sum(counted) == len(plays) or len({view for view, *_ in plays}) > 1
    assert len(left) == sum(counted)


@given(PLAYS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(plays, random):
    counted = sorted(zip(plays, told(*plays), strict=True), key=repr)
    random.shuffle(plays)
    assert sorted(zip(plays, told(*plays), strict=True), key=repr) == counted
