"""How a reading joins the trusted rows, on tables that fit on a screen."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.accumulate import Changes, Joining, join_interactions, join_playlists, join_tracks
from pipelines.data.catalogue import SourcedTracks
from pipelines.data.reading import Reading
from pipelines.data.tables import PlaylistTable

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DIARY = Joining("diary", frozenset())


def plays(*rows, source="diary"):
    """Return interactions from (listener, track, time, kind, value)."""
    names = (c.USER_ID, c.TRACK_ID, c.AT, c.KIND, c.VALUE)
    given = [dict(zip(names, row, strict=True)) | {c.SOURCE: source} for row in rows]
    return pa.Table.from_pylist(given, schema=c.INTERACTION_SCHEMA)


def values(rows):
    return sorted((row[c.TRACK_ID], row[c.VALUE]) for row in rows.to_pylist())


def test_what_is_known_adds_nothing_what_is_new_joins_and_what_was_corrected_is_replaced():
    trusted = plays(("u", "a", NOON, c.PLAY, 1.0), ("u", "b", NOON, c.PLAY, 2.0), ("u", "c", NOON, c.PLAY, 3.0))
    incoming = plays(("u", "a", NOON, c.PLAY, 1.0), ("u", "b", NOON, c.PLAY, 20.0), ("u", "d", NOON, c.PLAY, 4.0))
    joined = join_interactions(trusted, incoming, DIARY)
    assert values(joined.rows) == [("a", 1.0), ("b", 20.0), ("c", 3.0), ("d", 4.0)]
    assert joined.changes == Changes(new=1, updated=1, known=1, dropped=0)


def test_a_late_row_joins_whatever_its_time():
    trusted = plays(("u", "a", NOON, c.PLAY, 1.0))
    joined = join_interactions(trusted, plays(("u", "a", NOON.replace(year=2015), c.PLAY, 1.0)), DIARY)
    assert joined.changes == Changes(new=1)


def test_a_total_read_again_takes_the_place_of_the_older_one_and_is_not_added():
    joined = join_interactions(
        plays(("u", "a", None, c.PLAY_COUNT, 7.0)), plays(("u", "a", None, c.PLAY_COUNT, 9.0)), DIARY
    )
    assert values(joined.rows) == [("a", 9.0)]
    assert joined.changes == Changes(updated=1)


@pytest.mark.parametrize(("before", "now", "new", "after"), [(3, 3, 0, 3), (3, 4, 1, 4), (3, 2, 0, 3)])
def test_plays_without_a_time_are_counted_not_told_apart(before, now, new, after):
    heard = ("u", "a", None, c.PLAY, None)
    joined = join_interactions(plays(*[heard] * before), plays(*[heard] * now), DIARY)
    assert joined.rows.num_rows == after
    assert joined.changes.new == new


def test_a_missing_value_leaves_the_older_one():
    joined = join_interactions(plays(("u", "a", NOON, c.PLAY, 5.0)), plays(("u", "a", NOON, c.PLAY, None)), DIARY)
    assert values(joined.rows) == [("a", 5.0)]
    assert joined.changes == Changes(known=1)


def test_the_same_play_told_by_two_sources_stays_two_rows():
    here = ("u", "a", NOON, c.PLAY, 5.0)
    joined = join_interactions(plays(here, source="radio"), plays(here), DIARY)
    assert sorted(joined.rows[c.SOURCE].to_pylist()) == ["diary", "radio"]
    assert joined.changes == Changes(new=1)


TRUSTED = {"synthetic": Reading.WORLD, "service": Reading.POPULATION, "diary": Reading.PERSON}


@pytest.mark.parametrize(
    ("source", "reading", "gone"),
    [
        ("other world", Reading.WORLD, {"synthetic", "service"}),
        ("synthetic", Reading.WORLD, {"synthetic", "service"}),
        ("service", Reading.POPULATION, {"synthetic"}),
        ("diary", Reading.PERSON, set()),
    ],
)
def test_what_makes_way_depends_on_the_reading(source, reading, gone):
    assert Joining.of(source, reading, TRUSTED).makes_way == gone


def test_a_world_takes_the_place_of_its_own_older_rows_and_says_what_it_kept():
    world = Joining("world", frozenset({"world", "service"}))
    trusted = pa.concat_tables(
        [
            plays(("u", "a", NOON, c.PLAY, 1.0), ("u", "b", NOON, c.PLAY, 1.0), source="world"),
            plays(("v", "a", NOON, c.PLAY, 1.0), source="service"),
            plays(("p", "a", NOON, c.PLAY, 1.0)),
        ]
    )
    joined = join_interactions(trusted, plays(("u", "a", NOON, c.PLAY, 1.0), source="world"), world)
    assert sorted(joined.rows[c.USER_ID].to_pylist()) == ["p", "u"]
    assert joined.changes == Changes(known=1, dropped=2)


def tracks(*rows):
    return pa.Table.from_pylist([{c.SOURCE: "diary"} | row for row in rows], schema=c.TRACK_SCHEMA)


def test_a_track_told_again_is_restated_and_its_gaps_are_filled_from_the_older_row():
    older = tracks({c.TRACK_ID: "a", c.TITLE: "Old", c.TAGS: ["x", "y"], c.TAG_WEIGHTS: [1.0, 2.0], c.TEMPO: 90.0})
    newer = tracks({c.TRACK_ID: "a", c.TITLE: "New", c.TAGS: ["z"]}, {c.TRACK_ID: "b", c.TITLE: "B"})
    joined, changes = join_tracks(SourcedTracks(older), newer, DIARY)
    first = next(row for row in joined.data.to_pylist() if row[c.TRACK_ID] == "a")
    assert (first[c.TITLE], first[c.TEMPO]) == ("New", 90.0)
    assert (first[c.TAGS], first[c.TAG_WEIGHTS]) == (["z"], None), "weights of other tags are not these tags' weights"
    assert changes == Changes(new=1, updated=1)


def test_tags_that_changed_are_an_update_and_equal_ones_are_not():
    older = tracks({c.TRACK_ID: "a", c.TAGS: ["x", "y"]}, {c.TRACK_ID: "b", c.TAGS: ["x", "y"]})
    newer = tracks({c.TRACK_ID: "a", c.TAGS: ["x", "z"]}, {c.TRACK_ID: "b", c.TAGS: ["x", "y"]})
    assert join_tracks(SourcedTracks(older), newer, DIARY)[1] == Changes(updated=1, known=1)


def test_what_another_source_says_of_a_track_stays_its_own_row():
    other = tracks({c.TRACK_ID: "a", c.TITLE: "Theirs", c.SOURCE: "radio"})
    joined, changes = join_tracks(SourcedTracks(other), tracks({c.TRACK_ID: "a", c.TITLE: "Ours"}), DIARY)
    assert sorted(joined.data[c.TITLE].to_pylist()) == ["Ours", "Theirs"]
    assert changes == Changes(new=1)


def entries(*rows):
    names = (c.PLAYLIST_ID, c.POSITION, c.TRACK_ID)
    given = [dict(zip(names, row, strict=True)) | {c.SOURCE: "diary", c.OWNER: "p"} for row in rows]
    return pa.Table.from_pylist(given, schema=c.PLAYLIST_SCHEMA)


def test_a_playlist_read_again_is_what_it_is_now_and_the_others_stay():
    trusted = PlaylistTable(entries(("mine", 0, "a"), ("mine", 1, "b"), ("old", 0, "c")))
    joined, changes = join_playlists(trusted, entries(("mine", 0, "a"), ("mine", 1, "d")), DIARY)
    kept = sorted((row[c.PLAYLIST_ID], row[c.TRACK_ID]) for row in joined.data.to_pylist())
    assert kept == [("mine", "a"), ("mine", "d"), ("old", "c")]
    assert changes == Changes(new=1, known=1, dropped=1)
