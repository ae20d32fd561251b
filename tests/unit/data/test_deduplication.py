"""Rows that say the same become one."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.deduplication import merge_interactions, merge_playlists, merge_tracks

NOON = 1_767_355_200_000_000


def merged(*rows):
    """Merge rows of (user, track, kind, value, at) and return them in the same form, with the account."""
    names = (c.USER_ID, c.TRACK_ID, c.KIND, c.VALUE, c.AT)
    filled = [{**dict(zip(names, row, strict=True)), c.SOURCE: "s"} for row in rows]
    table = pa.Table.from_pylist(
        [{**dict.fromkeys(c.INTERACTION_SCHEMA.names), **row} for row in filled],
        schema=c.INTERACTION_SCHEMA.set(2, pa.field(c.AT, pa.int64())),
    ).cast(c.INTERACTION_SCHEMA)
    result = merge_interactions(table)
    kept = result.rows.set_column(2, c.AT, result.rows[c.AT].cast(pa.int64())).to_pylist()
    return [tuple(row[name] for name in names) for row in kept], dict(result.merged)


def test_the_same_play_at_the_same_time_is_one_event_and_the_first_is_kept():
    first, later = ("ann", "t1", "play", 200.0, NOON), ("ann", "t1", "play", 100.0, NOON)
    assert merged(first, later) == ([first], {"the same event": 1})


@pytest.mark.parametrize(
    "other",
    [
        ("bob", "t1", "play", 200.0, NOON),
        ("ann", "t2", "play", 200.0, NOON),
        ("ann", "t1", "skip", 200.0, NOON),
        ("ann", "t1", "play", 200.0, NOON + 1),
        ("ann", "t1", "play", 200.0, None),
    ],
)
def test_events_that_differ_in_listener_track_kind_or_time_are_kept_apart(other):
    event = ("ann", "t1", "play", 200.0, NOON)
    assert merged(event, other) == ([event, other], {})


def test_play_counts_of_a_listener_and_track_are_added_up_in_the_place_of_the_first():
    rows = [("ann", "t1", "play_count", 3.0, None), ("bob", "t1", "play_count", 1.0, None)]
    more = ("ann", "t1", "play_count", 4.0, None)
    assert merged(*rows, more, more) == (
        [("ann", "t1", "play_count", 3.0 + 4.0 + 4.0, None), rows[1]],
        {"play counts added up": 2},
    )


def test_play_counts_of_different_days_stay_apart():
    one, two = ("ann", "t1", "play_count", 3.0, NOON), ("ann", "t1", "play_count", 3.0, NOON + 1)
    assert merged(one, two, one) == ([("ann", "t1", "play_count", 6.0, NOON), two], {"play counts added up": 1})


@pytest.mark.parametrize("value", [0.0, -2.0, float("inf"), float("-inf")])
def test_an_impossible_play_count_is_not_added_to_a_good_one(value):
    bad = ("ann", "t1", "play_count", value, None)
    rows = [("ann", "t1", "play_count", 3.0, None), bad, bad]
    assert merged(*rows) == (rows, {})


def test_the_last_rating_without_a_time_counts():
    rows = [("ann", "t1", "rating", stars, None) for stars in (5.0, 2.0, 4.0)]
    assert merged(*rows) == ([rows[2]], {"replaced by a later rating": 2})


def test_ratings_of_different_times_are_events_of_their_own():
    rows = [("ann", "t1", "rating", 5.0, NOON), ("ann", "t1", "rating", 2.0, NOON + 1)]
    assert merged(*rows) == (rows, {})


def test_plays_without_a_time_are_all_kept():
    play = ("ann", "t1", "play", 200.0, None)
    assert merged(play, play) == ([play, play], {})


def test_a_like_without_a_time_is_said_once():
    like = ("ann", "t1", "like", None, None)
    assert merged(like, like) == ([like], {"the same event": 1})


def test_nothing_merges_to_nothing():
    assert merged() == ([], {})


def tracks(*rows):
    return pa.Table.from_pylist(
        [{**dict.fromkeys(c.TRACK_SCHEMA.names), c.SOURCE: "s", **row} for row in rows], schema=c.TRACK_SCHEMA
    )


def test_the_most_complete_row_of_a_track_is_kept_and_the_first_among_equals():
    result = merge_tracks(
        tracks(
            {c.TRACK_ID: "t1", c.TITLE: "bare"},
            {c.TRACK_ID: "t2", c.TITLE: "first"},
            {c.TRACK_ID: "t1", c.TITLE: "full", c.TEMPO: 120.0},
            {c.TRACK_ID: "t2", c.TITLE: "second"},
        )
    )
    assert result.rows[c.TITLE].to_pylist() == ["first", "full"]
    assert dict(result.merged) == {"a less complete row of the same track": 2}


def test_only_equal_playlist_entries_are_one():
    entry = dict.fromkeys(c.PLAYLIST_SCHEMA.names)
    entry |= {c.SOURCE: "s", c.PLAYLIST_ID: "p", c.TRACK_ID: "t", c.POSITION: 1}
    rows = pa.Table.from_pylist([entry, {**entry, c.POSITION: 2}, entry], schema=c.PLAYLIST_SCHEMA)
    result = merge_playlists(rows)
    assert result.rows[c.POSITION].to_pylist() == [1, 2]
    assert dict(result.merged) == {"the same playlist entry": 1}
