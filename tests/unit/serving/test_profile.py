"""The taste profile, worked out by hand on a handful of plays."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config import PreferenceRules
from pipelines.data import columns as c
from pipelines.data.listening import SERVED_ID, Listening
from pipelines.data.tables import TrackCatalogue, conform
from serving.profile import RADAR, Favourite, Known, Part, profile_of_history, taste_profile

RULES = PreferenceRules()
MINUTE = 60_000.0

JOGA = {
    c.TRACK_ID: "t1",
    c.TITLE: "Jóga",
    c.ARTISTS: ["Björk"],
    c.RELEASE_DATE: "1997-09-22",
    c.GENRES: ["electronic", "art pop"],
    c.ENERGY: 0.8,
    c.TEMPO: 90.0,
    c.SOURCE: "tiny",
}
TEARDROP = {
    c.TRACK_ID: "t4",
    c.TITLE: "Teardrop",
    c.ARTISTS: ["Massive Attack", "Liz Fraser"],
    c.RELEASE_DATE: "1998-04",
    c.TAGS: ["trip hop"],
    c.ENERGY: 0.4,
    c.SOURCE: "tiny",
}
CATALOGUE = TrackCatalogue(pa.Table.from_pylist([JOGA, TEARDROP], schema=c.TRACK_SCHEMA))
#: What the listener's own file says: x is not in the catalogue.
OWN = [
    {c.TRACK_ID: "s1", c.TITLE: "Joga", c.ARTISTS: ["BJORK"], SERVED_ID: "t1"},
    {c.TRACK_ID: "s4", c.TITLE: "Teardrop", c.ARTISTS: ["Massive Attack"], SERVED_ID: "t4"},
    {c.TRACK_ID: "x", c.TITLE: "Mine", c.ARTISTS: ["Me"], SERVED_ID: None},
]


def listening(*plays, tracks=OWN):
    """Rows of (track, kind, milliseconds, year); they lie so far apart that none is told twice."""
    rows = [
        {
            c.USER_ID: "web:me",
            c.TRACK_ID: track,
            c.KIND: kind,
            c.VALUE: value,
            c.AT: datetime(year, 1, 1 + place, tzinfo=UTC) if year else None,
            c.SOURCE: "files",
        }
        for place, (track, kind, value, year) in enumerate(plays)
    ]
    names = [*c.TRACK_SCHEMA.names, SERVED_ID]
    described = [dict.fromkeys(names) | track | {c.SOURCE: "files"} for track in tracks]
    schema = c.TRACK_SCHEMA.append(pa.field(SERVED_ID, pa.string()))
    table = pa.Table.from_pylist(rows, schema=c.INTERACTION_SCHEMA)
    return Listening(table, conform(pa.Table.from_pylist(described, schema=schema), schema, where="test"))


PLAYS = listening(
    ("s1", "play", MINUTE, 2019),
    ("s1", "play", MINUTE, 2020),
    ("s1", "skip", 4_000.0, 2020),
    ("s4", "play", 2 * MINUTE, 2020),
    ("x", "play", None, 2020),
    ("x", "play", 1_000.0, 2020),  # too short to be a play, but listened to all the same
    ("s4", "save", None, 2021),
)


def test_plays_are_divided_by_artist_decade_and_genre():
    found = taste_profile(PLAYS, CATALOGUE, RULES)
    assert (found.plays, found.tracks, found.artists) == (4.0, 3, 3)
    assert found.top_artists == (Part("Björk", 2.0, 0.5), Part("Massive Attack", 1.0, 0.25), Part("Me", 1.0, 0.25))
    assert found.eras == (Part("1990s", 3.0, 1.0),)
    third = pytest.approx(1 / 3)
    assert found.genres == (Part("art pop", 1.0, third), Part("electronic", 1.0, third), Part("trip hop", 1.0, third))


def test_the_radar_weighs_by_plays_and_says_how_much_it_speaks_for():
    radar = taste_profile(PLAYS, CATALOGUE, RULES).radar
    assert tuple(radar) == RADAR
    assert radar[c.ENERGY] == Known(pytest.approx((2 * 0.8 + 0.4) / 3), 0.75)
    assert radar[c.TEMPO] == Known(90.0, 0.5)
    assert radar[c.VALENCE] == Known(None, 0.0)


def test_each_year_is_reviewed_the_latest_first():
    years = taste_profile(PLAYS, CATALOGUE, RULES).years
    assert [(year.year, year.plays, year.ms) for year in years] == [(2020, 3.0, 185_000), (2019, 1.0, 60_000)]
    assert years[0].top_tracks == (
        Favourite("t1", "Jóga", ("Björk",), 1.0),
        Favourite("t4", "Teardrop", ("Massive Attack", "Liz Fraser"), 1.0),
        Favourite("x", "Mine", ("Me",), 1.0),
    )
    assert [part.name for part in years[1].top_artists] == ["Björk"]


def test_where_no_source_tells_how_long_the_hours_are_not_known():
    (year,) = taste_profile(listening(("s1", "play", None, 2020)), CATALOGUE, RULES).years
    assert year.ms is None


def test_a_history_in_the_call_has_no_years_and_unknown_tracks_take_no_part():
    found = profile_of_history({"t1": 3.0, "t4": 1.0, "gone": 9.0}, CATALOGUE)
    assert (found.plays, found.tracks, found.years) == (4.0, 2, ())
    assert found.radar[c.ENERGY] == Known(pytest.approx(0.7), 1.0)
    assert found.top_artists[0] == Part("Björk", 3.0, 0.75)


@pytest.mark.parametrize("empty", [Listening.empty(), listening(("s1", "skip", 4_000.0, 2020))])
def test_nobody_who_played_nothing_gets_made_up_figures(empty):
    found = taste_profile(empty, CATALOGUE, RULES)
    assert (found.plays, found.tracks, found.artists) == (0.0, 0, 0)
    assert (found.top_artists, found.eras, found.genres, found.years) == ((), (), (), ())
    assert set(found.radar.values()) == {Known(None, 0.0)}
    assert profile_of_history({}, CATALOGUE).plays == 0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["s1", "s4", "x"]),
            st.sampled_from(["play", "skip", "like", "dislike", "save"]),
            st.none() | st.floats(0, 1e6),
            st.sampled_from([2019, 2020, None]),
        ),
        max_size=25,
    )
)
def test_shares_are_shares_and_years_add_up(plays):
    found = taste_profile(listening(*plays), CATALOGUE, RULES)
    for parts in (found.top_artists, found.eras, found.genres):
        assert sum(part.share for part in parts) == pytest.approx(1.0 if parts else 0.0)
    assert all(0 <= known.coverage <= 1 for known in found.radar.values())
    assert sum(year.plays for year in found.years) <= found.plays
    heard = [value for _, kind, value, year in plays if kind == "play" and (value is None or value >= 30_000)]
    assert found.plays == len(heard)
    assert np.isfinite([known.mean for known in found.radar.values() if known.mean is not None]).all()
