"""What follows from matches: one catalogue, rates, explanations."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.data.entities import (
    Corrections,
    JoinRate,
    Matches,
    explain_match,
    join_catalogue,
    join_rates,
    resolve,
)
from pipelines.errors import UnknownIdError
from tests.support.catalogues import catalogue, track

SPOTIFY, OTHER_SPOTIFY = "spotify:track:4uLU6hMCjMI75M1A2tKUQC", "spotify:track:7GhIk7Il098yCjg4BQjzvb"
NAMED = "lastfm:0c2f9a51e88b4d3f0a7e"


def joined(*rows):
    table = catalogue(*rows)
    return join_catalogue(table, resolve(table).matches).data.to_pylist()


def test_gaps_are_filled_from_the_other_rows_and_what_nobody_knows_stays_missing():
    (row,) = joined(
        track(SPOTIFY, "Jóga", "Björk", energy=0.5, source="spotify-api"),
        track("mbid:8f3471b5-7e6a-48da-86a9-c1c07a0f47ae", "Joga", "Björk", album="Homogenic", energy=0.25),
        track(NAMED, "jóga", "Björk", album="H", tags=["trip hop"], tag_weights=[2.0]),
    )
    assert row["track_id"] == SPOTIFY
    assert row["source"] == "spotify-api"
    assert (row["title"], row["energy"], row["album"], row["tags"]) == ("Jóga", 0.5, "Homogenic", ["trip hop"])
    assert row["valence"] is None


def test_values_that_belong_together_come_from_one_row():
    (row,) = joined(
        track(SPOTIFY, "Jóga", "Björk", release_date="1997", release_date_precision=None, tags=["a"], key=5),
        track(NAMED, "Jóga", "Björk", release_date="1998-01-01", release_date_precision="day", tags=["b"],
              tag_weights=[3.0], key=7, mode=1),
    )  # fmt: skip
    assert (row["release_date"], row["release_date_precision"]) == ("1997", None)
    assert (row["tags"], row["tag_weights"]) == (["a"], None)
    assert (row["key"], row["mode"]) == (5, None)


def test_tracks_that_nothing_joins_stay_as_they_are():
    table = catalogue(track("b:1", "Jóga", "Björk"), track("a:1", "Army of Me", "Björk"))
    assert join_catalogue(table, Matches.none()) == table
    both = joined(track("z:1", "Army of Me", "Björk"), track(SPOTIFY, "Jóga", "Björk"), track(NAMED, "Jóga", "Björk"))
    assert [row["track_id"] for row in both] == [SPOTIFY, "z:1"]


def test_ids_are_replaced_by_the_one_a_recording_goes_by():
    matches = resolve(catalogue(track(SPOTIFY, "Jóga", "Björk"), track(NAMED, "Jóga", "Björk"))).matches
    rows = pa.table({"track_id": ["x", NAMED, SPOTIFY, NAMED], "value": [1, 2, 3, 4]})
    assert matches.renamed(rows).to_pydict() == {"track_id": ["x", SPOTIFY, SPOTIFY, SPOTIFY], "value": [1, 2, 3, 4]}
    assert Matches.none().renamed(rows).equals(rows)
    assert len(matches.of_tracks([NAMED])) == 0
    assert len(matches.of_tracks([SPOTIFY])) == 1


def test_a_rate_counts_recordings_that_another_source_knows():
    table = catalogue(
        track(SPOTIFY, "Jóga", "Björk", source="spotify-export", isrc="GBAYE0601498"),
        track(OTHER_SPOTIFY, "Joga", "Björk", source="spotify-export", isrc="GBAYE0601498"),
        track("spotify:track:1", "Army of Me", "Björk", source="spotify-export"),
        track(NAMED, "Jóga", "Björk"),
    )
    matches = resolve(table).matches
    assert join_rates(table.data, matches) == (
        JoinRate("lastfm", 1, 1, {"name": 1}),
        JoinRate("spotify-export", 3, 2, {"isrc": 1}),
    )
    assert str(join_rates(table.data, matches)[1]) == "2 of 3 of spotify-export (66.7%)"


def test_a_rate_counts_a_track_that_two_sources_know_by_one_id():
    rows = pa.table({"track_id": ["t", "t", "u"], "source": ["a", "b", "b"]})
    assert join_rates(rows, Matches.none()) == (JoinRate("a", 1, 1, {}), JoinRate("b", 2, 1, {}))


def test_an_explanation_names_what_was_joined_and_what_was_not_and_why():
    table = catalogue(
        track(SPOTIFY, "Jóga", "Björk", duration_ms=305_000, explicit=False),
        track(OTHER_SPOTIFY, "Jóga", "Björk", duration_ms=305_000),
        track(NAMED, "Jóga", "Björk"),
        track("mbid:8f3471b5-7e6a-48da-86a9-c1c07a0f47ae", "Jóga", "Björk", duration_ms=330_000),
    )
    found = explain_match(table, resolve(table).matches, NAMED, Corrections())
    assert found.canonical_id == SPOTIFY
    assert [(each.track.track_id, each.matched_id, each.rule) for each in found.members] == [
        (SPOTIFY, None, None),
        (NAMED, SPOTIFY, "name"),
    ]
    assert [(each.track.track_id[:5], each.reason) for each in found.not_joined] == [
        ("mbid:", "their lengths differ by more than 5 s"),
        ("spoti", "the same catalogue holds them as two tracks"),
    ]
    assert found.to_json()["members"][1]["track"]["artists"] == "Björk"


def test_an_explanation_knows_the_corrections():
    table = catalogue(track(SPOTIFY, "Jóga", "Björk"), track(NAMED, "Jóga", "Björk"))
    corrections = Corrections(apart=((SPOTIFY, NAMED),))
    found = explain_match(table, resolve(table, corrections).matches, NAMED, corrections)
    assert [each.reason for each in found.not_joined] == ["a correction says they are not the same"]


def test_an_unknown_track_cannot_be_explained():
    with pytest.raises(UnknownIdError, match="no track 'x'"):
        explain_match(catalogue(), Matches.none(), "x", Corrections())
