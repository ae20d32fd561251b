"""What each rule reads of a table."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from pipelines.data import columns as c
from tests.support.dirty_tables import TRACKS, interaction, playlist_row, tables, track
from validation.frames import interactions_frame, playlists_frame, tracks_frame
from validation.rules import GateRules

NOTHING = None
YEAR_10000 = pa.scalar(253_402_300_800 * 10**6, pa.timestamp("us", tz="UTC"))


def interactions(*rows):
    return interactions_frame(tables(rows).interactions.data, pa.chunked_array([list(TRACKS)]))


def tracks(*rows):
    return tracks_frame(tables(tracks=[{**row, "track_id": f"t{i}"} for i, row in enumerate(rows)]).tracks.data)


def values(column):
    return column.to_pylist()


def test_there_is_one_column_for_each_rule():
    whole = tables(playlists=[playlist_row()])
    known = whole.tracks.data[c.TRACK_ID]
    frames = {
        "interactions": interactions_frame(whole.interactions.data, known),
        "tracks": tracks_frame(whole.tracks.data),
        "playlists": playlists_frame(whole.playlists.data, known),
    }
    for section, frame in frames.items():
        assert set(frame.column_names) == {each.reads for each in GateRules().expectations(section)}


def test_blank_text_counts_as_missing():
    frame = interactions(interaction(user_id=" \t "), interaction(user_id=""), interaction(user_id=" u "))
    assert values(frame["user_id"]) == [NOTHING, NOTHING, 1]
    assert values(tracks(track(title=None), track())["title"]) == [NOTHING, 1]


def test_a_value_is_read_only_where_its_kind_gives_it_a_meaning():
    frame = interactions(
        interaction(kind=c.PLAY, value=30_000.0),
        interaction(kind=c.PLAY_COUNT, value=7.0),
        interaction(kind=c.RATING, value=4.0),
        interaction(kind=c.LIKE, value=-1.0),
    )
    assert values(frame["play_ms"]) == [30_000, NOTHING, NOTHING, NOTHING]
    assert values(frame["play_count"]) == [NOTHING, 7, NOTHING, NOTHING]
    assert values(frame["rating"]) == [NOTHING, NOTHING, 4, NOTHING]


def test_only_counts_and_ratings_need_a_value():
    kinds = (c.PLAY, c.LIKE, c.PLAY_COUNT, c.RATING)
    frame = interactions(*(interaction(kind=kind, value=None) for kind in kinds))
    assert frame["value"].is_valid().to_pylist() == [True, True, False, False]


def test_not_a_number_is_outside_every_range():
    frame = interactions(interaction(value=np.nan), interaction(value=None), interaction(value=-np.inf))
    assert values(frame["play_ms"]) == [np.inf, NOTHING, -np.inf]


def test_an_unknown_track_is_named():
    frame = interactions(interaction(track_id=TRACKS[3]), interaction(track_id="stranger"))
    assert values(frame["known_track"]) == [NOTHING, "stranger"]


def test_times_no_calendar_shows_are_cut_to_the_years_1_to_9999():
    rows = tables([interaction(), interaction(at=None)]).interactions.data
    rows = rows.set_column(2, rows.schema.field(2), pa.chunked_array([[YEAR_10000, None]]))
    frame = interactions_frame(rows, pa.chunked_array([list(TRACKS)]))
    assert values(frame["at"]) == [datetime(9999, 1, 1, tzinfo=UTC), NOTHING]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1998", datetime(1998, 1, 1, tzinfo=UTC)),
        ("1998-04", datetime(1998, 4, 1, tzinfo=UTC)),
        ("2000-02-29", datetime(2000, 2, 29, tzinfo=UTC)),
    ],
)
def test_a_release_date_is_the_first_day_it_can_mean(text, day):
    frame = tracks(track(release_date=text))
    assert values(frame["released"]) == [day]
    assert values(frame["release_date"]) == [NOTHING]


@pytest.mark.parametrize("text", ["0000", "1999-02-29", "1998-13", "98", "1998-4", "1998-04-01T00", "soon", ""])
def test_a_release_date_that_is_none_is_named(text):
    frame = tracks(track(release_date=text))
    assert values(frame["released"]) == [NOTHING]
    assert values(frame["release_date"]) == [text]


def test_weights_have_to_line_up_with_tags():
    frame = tracks(
        track(tags=["a", "b"], tag_weights=[1.0, 0.0]),
        track(tags=["a"], tag_weights=None),
        track(tags=None, tag_weights=None),
        track(tags=["a", "b"], tag_weights=[1.0]),
        track(tags=["a", "b"], tag_weights=[1.0, -1.0]),
        track(tags=["a", "b"], tag_weights=[1.0, np.inf]),
        track(tags=["a", "b"], tag_weights=[1.0, None]),
        track(tags=None, tag_weights=[1.0]),
    )
    assert values(frame["tag_weights"]) == [NOTHING, NOTHING, NOTHING, "a|b", "a|b", "a|b", "a|b", ""]


def test_artists_are_missing_where_there_is_none_with_a_name():
    frame = tracks(track(artists=["a", "b"]), track(artists=[]), track(artists=None), track(artists=[" "]))
    assert values(frame["artists"]) == [1, NOTHING, NOTHING, NOTHING]


def test_empty_tables_give_empty_frames():
    whole = tables((), ())
    known = whole.tracks.data[c.TRACK_ID]
    assert len(interactions_frame(whole.interactions.data, known)) == 0
    assert len(tracks_frame(whole.tracks.data)) == 0
    assert len(playlists_frame(whole.playlists.data, known)) == 0
