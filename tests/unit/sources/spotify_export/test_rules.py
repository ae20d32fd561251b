"""Which play becomes which interaction."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.sources.spotify_export.history import KnownPlays, as_columns, basic_plays, extended_plays
from pipelines.sources.spotify_export.records import BasicPlay, ExtendedPlay
from pipelines.sources.spotify_export.rules import judge

URI = "spotify:track:" + "7" * 22
GOOD = {
    "ts": "2024-05-01T10:00:30Z",
    "ms_played": 200_000,
    "spotify_track_uri": URI,
    "master_metadata_track_name": "Teardrop",
    "master_metadata_album_artist_name": "Massive Attack",
    "master_metadata_album_album_name": "Mezzanine",
    "reason_end": "trackdone",
}


def extended(*rows):
    """Return plays of the extended history."""
    return extended_plays(as_columns([ExtendedPlay(**{**GOOD, **row}) for row in rows], ExtendedPlay), "spotify-export")


def outcome(**values):
    """Return what becomes of one play of the extended history: its kind, or why it is left out."""
    judged = judge(extended(values))
    return [*judged.kinds.to_pylist(), *judged.left_out][0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "play"),
        ({"ms_played": 30_000, "reason_end": "fwdbtn", "skipped": True}, "play"),
        ({"ms_played": 29_999, "reason_end": "fwdbtn"}, "skip"),
        ({"ms_played": 29_999, "reason_end": "endplay", "skipped": True}, "skip"),
        ({"ms_played": 29_999, "reason_end": "endplay", "skipped": False}, "stopped within 30 seconds"),
        ({"ms_played": 29_999, "reason_end": "backbtn", "skipped": None}, "stopped within 30 seconds"),
        ({"ms_played": 20_000, "reason_end": "trackdone"}, "play"),
        ({"ms_played": 20_000, "reason_end": "trackdone", "skipped": True}, "play"),
        ({"ms_played": 1_000, "reason_end": "fwdbtn"}, "skip"),
        ({"ms_played": 999, "reason_end": "fwdbtn"}, "played for less than a second"),
        ({"ms_played": 0}, "played for less than a second"),
        ({"incognito_mode": True}, "a private session"),
        ({"incognito_mode": True, "episode_name": "E"}, "a private session"),
        ({"episode_name": "E"}, "a podcast episode"),
        ({"spotify_episode_uri": "spotify:episode:x", "ms_played": 10}, "a podcast episode"),
        ({"audiobook_title": "B"}, "an audiobook"),
        ({"audiobook_uri": "spotify:show:x"}, "an audiobook"),
        ({"spotify_track_uri": None, "master_metadata_track_name": None}, "names no track"),
        ({"spotify_track_uri": "spotify:local:::x:1", "master_metadata_album_artist_name": " "}, "names no track"),
        ({"ts": None}, "says no time"),
        ({"ts": " "}, "says no time"),
        # What cannot be is for cleaning and the gate to reject, with the row.
        ({"ms_played": -1}, "play"),
        ({"ms_played": "long"}, "play"),
        ({"ms_played": None}, "play"),
        ({"ts": "yesterday"}, "play"),
    ],
)
def test_a_play_becomes_what_the_rules_say(values, expected):
    assert outcome(**values) == expected


def test_a_track_is_named_by_its_id_else_by_its_name():
    address = "https://open.spotify.com/intl-de/track/" + "8" * 22 + "?si=1"
    ids = extended(
        *({"spotify_track_uri": uri} for uri in (URI, address, None, "spotify:local:x"))
    ).track_id.to_pylist()
    assert ids[:2] == [URI, "spotify:track:" + "8" * 22]
    assert ids[2] == ids[3]
    assert ids[2].startswith("spotify-export:")
    assert len(ids[2]) == len("spotify-export:") + 20


def test_one_odd_time_leaves_the_others_readable():
    plays = extended({}, {"ts": "x"})
    assert plays.at.to_pylist() == [GOOD["ts"], "x"]
    assert extended({}).at.to_pylist() == [datetime(2024, 5, 1, 10, 0, 30, tzinfo=UTC)]


def basic_outcomes(*rows, known=()):
    plays = KnownPlays()
    if known:
        plays.add(extended(*known))
    judged = judge(basic_plays(as_columns([BasicPlay(**row) for row in rows], BasicPlay), "spotify-export", plays))
    return [*judged.kinds.to_pylist(), *judged.left_out.elements()]


BASIC = {"endTime": "2024-05-01 10:00", "artistName": "Massive Attack", "trackName": "Teardrop", "msPlayed": 200_000}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "play"),
        ({"msPlayed": 30_000}, "play"),
        ({"msPlayed": 29_999}, "stopped within 30 seconds"),
        ({"msPlayed": 999}, "played for less than a second"),
        ({"podcastName": "P"}, "a podcast episode"),
        ({"audiobookName": "B"}, "an audiobook"),
        ({"artistName": None}, "names no track"),
        ({"endTime": None}, "says no time"),
    ],
)
def test_a_basic_play_has_fewer_rules(values, expected):
    assert basic_outcomes({**BASIC, **values}) == [expected]


def test_a_basic_play_the_extended_history_has_is_left_out():
    other_minute, other_name = {**BASIC, "endTime": "2024-05-01 10:01"}, {**BASIC, "trackName": "Angel"}
    assert basic_outcomes(BASIC, other_minute, other_name, known=[{}]) == [
        "play",
        "play",
        "a play the extended history has",
    ]


def test_spelling_does_not_hide_a_play_the_extended_history_has():
    assert basic_outcomes({**BASIC, "trackName": "TEARDROP - Remastered 2019"}, known=[{}]) == [
        "a play the extended history has"
    ]


def test_a_private_play_does_not_come_back_through_the_basic_history():
    assert basic_outcomes(BASIC, known=[{"incognito_mode": True}]) == ["a play the extended history has"]
