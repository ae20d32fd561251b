from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from pipelines.data.entities import Corrections, Matches, resolve
from pipelines.data.entities.evidence import MOST_ALIKE
from tests.support.catalogues import catalogue, track

SPOTIFY, OTHER_SPOTIFY = "spotify:track:4uLU6hMCjMI75M1A2tKUQC", "spotify:track:7GhIk7Il098yCjg4BQjzvb"
MBID = "mbid:8f3471b5-7e6a-48da-86a9-c1c07a0f47ae"
OTHER_MBID = "mbid:00000000-7e6a-48da-86a9-c1c07a0f47ae"
NAMED = "lastfm:0c2f9a51e88b4d3f0a7e"
ISRC, OTHER_ISRC = "GBAYE0601498", "USRC17607839"


def aliases(*rows, **corrections):
    return resolve(catalogue(*rows), Corrections(**corrections)).matches.aliases


def evidence(*rows, **corrections):
    found = resolve(catalogue(*rows), Corrections(**corrections)).matches.data.to_pylist()
    return [(row["track_id"], row["matched_id"], row["rule"], row["evidence"]) for row in found]


def test_the_same_isrc_is_the_same_recording_whatever_the_names():
    rows = [track("a:1", "Jóga", "Björk", isrc=ISRC), track("b:1", "State of Emergency", "B.", isrc="gb-aye-06-01498")]
    assert evidence(*rows) == [("b:1", "a:1", "isrc", ISRC)]


def test_the_same_isrc_joins_two_tracks_of_one_catalogue():
    assert aliases(track(SPOTIFY, isrc=ISRC), track(OTHER_SPOTIFY, isrc=ISRC)) == {OTHER_SPOTIFY: SPOTIFY}


def test_what_has_not_the_form_of_an_isrc_joins_nothing():
    assert aliases(track("a:1", isrc="unknown"), track("b:1", isrc="unknown")) == {}


def test_a_code_that_a_crowd_shares_is_a_placeholder():
    crowd = [track(f"a:{number}", isrc=ISRC) for number in range(MOST_ALIKE + 1)]
    assert aliases(*crowd) == {}
    assert len(aliases(*crowd[1:])) == MOST_ALIKE - 1


def test_one_musicbrainz_recording_is_one_track_however_it_is_spelled():
    rows = [track(MBID), track(MBID.upper().replace("MBID", "mbid"))]
    assert [found[2:] for found in evidence(*rows)] == [("mbid", MBID.removeprefix("mbid:"))]


def test_a_track_without_an_id_is_found_by_its_name():
    rows = [track(SPOTIFY, "Jóga - 2015 Remaster", "Björk", "Guest"), track(NAMED, "joga", "BJÖRK")]
    assert evidence(*rows) == [(NAMED, SPOTIFY, "name", "bjork - joga; a length is not known")]


def test_a_name_says_how_far_the_lengths_are_apart_and_whether_the_album_is_the_same():
    rows = [
        track(SPOTIFY, "Jóga", "Björk", duration_ms=305_000, album="Homogenic"),
        track(MBID, "Jóga", "Björk", duration_ms=303_800, album="Homogenic (Deluxe)"),
    ]
    assert evidence(*rows) == [(MBID, SPOTIFY, "name", "bjork - joga; lengths 1.2 s apart; the same album")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"isrc": ISRC}, {"isrc": OTHER_ISRC}),
        ({"duration_ms": 300_000}, {"duration_ms": 305_001}),
        ({"title": "Jóga (Live)"}, {}),
        ({"artists": ["Björk", "A"]}, {"artists": ["Björk", "B"]}),
        ({"artists": ["Björk", "A"]}, {"title": "Jóga (feat. B)"}),
        ({"artists": ["Someone"]}, {}),
        ({"artists": None}, {"artists": None}),
        ({"title": None}, {"title": None}),
        ({"title": " "}, {"title": " "}),
    ],
)
def test_a_name_joins_nothing_where_something_speaks_against_it(one, other):
    assert aliases(track(SPOTIFY, "Jóga", "Björk") | one, track(NAMED, "Jóga", "Björk") | other) == {}
    assert aliases(track(SPOTIFY, "Jóga", "Björk"), track(NAMED, "Jóga", "Björk")) == {NAMED: SPOTIFY}


def test_a_length_just_within_the_tolerance_is_no_obstacle():
    rows = [track(SPOTIFY, "Jóga", "Björk", duration_ms=300_000), track(MBID, "Jóga", "Björk", duration_ms=305_000)]
    assert aliases(*rows) == {MBID: SPOTIFY}


@pytest.mark.parametrize(("one", "other"), [(SPOTIFY, OTHER_SPOTIFY), (MBID, OTHER_MBID), ("files:1", "files:2")])
def test_a_name_never_joins_two_tracks_of_one_catalogue(one, other):
    assert aliases(track(one, "Jóga", "Björk"), track(other, "Jóga", "Björk")) == {}


def test_nor_does_it_join_them_through_a_third():
    rows = [track(SPOTIFY, "Jóga", "Björk"), track(OTHER_SPOTIFY, "Jóga", "Björk"), track(NAMED, "Jóga", "Björk")]
    assert aliases(*rows) == {NAMED: SPOTIFY}


def test_spotify_ids_are_one_catalogue_whatever_source_they_came_through():
    export, api = (track(SPOTIFY, "Jóga", "Björk", source="spotify-export"), track(OTHER_SPOTIFY, "Jóga", "Björk"))
    basic = track("spotify-export:0c2f9a51e88b4d3f0a7e", "Jóga", "Björk")
    assert aliases(export, api) == {}
    assert aliases(export, basic) == {basic["track_id"]: SPOTIFY}


@pytest.mark.parametrize(
    "better",
    [{"duration_ms": 300_000}, {"album": "Homogenic"}, {"title": "Jóga (Album Version)"}, {"explicit": False}],
    ids=["a length that agrees", "the same album", "the same spelling", "the more complete row"],
)
def test_of_several_that_fit_the_best_one_is_taken(better):
    asked = track(NAMED, "Jóga (Album Version)", "Björk", duration_ms=301_000, album="Homogenic")
    first, second = track(SPOTIFY, "Jóga", "Björk"), track(OTHER_SPOTIFY, "Jóga", "Björk")
    assert aliases(asked, first | better, second) == {NAMED: SPOTIFY}
    assert aliases(asked, first, second | better) == {NAMED: OTHER_SPOTIFY}


def test_the_tie_breaks_stand_in_their_order():
    asked = track(NAMED, "Jóga (Album Version)", "Björk", duration_ms=301_000, album="Homogenic")
    better: list[dict[str, Any]] = [
        {"duration_ms": 300_000}, {"album": "Homogenic"}, {"title": "Jóga (Album Version)"}, {"explicit": False},
    ]  # fmt: skip
    for place, (one, other) in enumerate(pairwise(better)):
        rows = [track(SPOTIFY, "Jóga", "Björk") | other, track(OTHER_SPOTIFY, "Jóga", "Björk") | one]
        assert aliases(asked, *rows) == {NAMED: OTHER_SPOTIFY}, better[place]


def test_lengths_have_to_agree_between_all_that_come_together():
    rows = [
        track("a:1", "Jóga", "Björk", duration_ms=200_000),
        track("b:1", "Jóga", "Björk", duration_ms=204_000),
        track("c:1", "Jóga", "Björk", duration_ms=208_000),
    ]
    assert aliases(*rows) == {"b:1": "a:1"}


def test_a_crowd_of_one_name_is_left_alone():
    rows = [track(f"{source}:{number}", "Allegro", "Mozart") for source in "ab" for number in range(MOST_ALIKE // 2)]
    assert len(aliases(*rows)) == MOST_ALIKE // 2
    assert aliases(*rows, track("c:1", "Allegro", "Mozart")) == {}


def test_a_correction_joins_what_no_rule_joins():
    rows = [track("a:1", "Jóga", "Björk"), track("a:2", "Something else", "Somebody", isrc=ISRC)]
    assert evidence(*rows, same=(("a:1", "a:2"),)) == [("a:1", "a:2", "correction", "matches.csv")]


def test_a_correction_keeps_apart_what_a_name_or_a_code_joins():
    by_name = [track(SPOTIFY, "Jóga", "Björk"), track(NAMED, "Jóga", "Björk")]
    assert aliases(*by_name, apart=((NAMED, SPOTIFY),)) == {}
    by_code = [track("a:1", isrc=ISRC), track("a:2", isrc=ISRC), track("a:3", isrc=ISRC)]
    assert aliases(*by_code, apart=(("a:2", "a:1"),)) == {"a:3": "a:1"}
    assert aliases(*by_code, apart=(("a:1", "a:2"), ("a:1", "a:3"))) == {"a:3": "a:2"}


def test_a_correction_holds_for_all_that_came_together():
    rows = [track(SPOTIFY, "Jóga", "Björk"), track(NAMED, "Jóga", "Björk"), track("files:1", "Jóga", "Björk")]
    assert aliases(*rows, apart=(("files:1", SPOTIFY),)) == {NAMED: "files:1"}


def test_corrections_of_tracks_that_are_not_here_are_named_and_do_nothing():
    found = resolve(catalogue(track("a:1"), track("a:2")), Corrections(same=(("a:1", "z"),), apart=(("y", "z"),)))
    assert found.unknown == ("y", "z")
    assert found.matches.aliases == {}


def test_a_recording_goes_by_a_services_own_id_then_spotifys_then_musicbrainzs():
    rows = [track(each, "Jóga", "Björk") for each in ("files:9", SPOTIFY, MBID, NAMED)]
    for place in range(3):
        assert set(aliases(*rows[place:]).values()) == {rows[place]["track_id"]}


def test_of_ids_of_one_kind_the_most_complete_rows_is_taken():
    rows = [track("a:1", isrc=ISRC), track("b:1", isrc=ISRC, album="Homogenic"), track("c:1", isrc=ISRC, album="H")]
    assert aliases(*rows) == {"a:1": "b:1", "c:1": "b:1"}


def test_an_empty_catalogue_has_no_matches():
    assert resolve(catalogue()).matches == Matches.none()
