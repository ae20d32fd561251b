"""Every rule for rows, broken once: the gate finds exactly the rows that break it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.approval import Severity
from pipelines.data.row_parsing import ROW, TABLE
from tests.support.dirty_tables import (
    NOW,
    TRACKS,
    good_interactions,
    good_tracks,
    interaction,
    playlist_row,
    tables,
    track,
)
from validation.gate import check
from validation.quarantine_lines import ACTION, BLANKED, RULE, SET_ASIDE
from validation.rules import GateRules

pytestmark = pytest.mark.integration

FUTURE, ANCIENT = datetime(2026, 6, 3, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)

BAD_INTERACTIONS = [
    ("user_id", interaction(user_id=" ")),
    ("track_id", interaction(track_id="")),
    ("source", interaction(source=" ")),
    ("kind", interaction(kind="dance")),
    ("known_track", interaction(track_id="stranger")),
    ("value", interaction(kind=c.PLAY_COUNT, value=None)),
    ("value", interaction(kind=c.RATING, value=None)),
    ("play_ms", interaction(value=-1.0)),
    ("play_ms", interaction(value=86_400_001.0)),
    ("play_ms", interaction(value=np.nan)),
    ("play_count", interaction(kind=c.PLAY_COUNT, value=0.0)),
    ("play_count", interaction(kind=c.PLAY_COUNT, value=np.inf)),
    ("rating", interaction(kind=c.RATING, value=0.9)),
    ("rating", interaction(kind=c.RATING, value=5.5)),
    ("at", interaction(at=FUTURE)),
    ("at", interaction(at=ANCIENT)),
]

GOOD_AT_THE_EDGE = [
    interaction(value=0.0),
    interaction(value=86_400_000.0),
    interaction(value=None),
    interaction(kind=c.PLAY_COUNT, value=1.0, at=None),
    interaction(kind=c.RATING, value=1.0),
    interaction(kind=c.RATING, value=5.0),
    interaction(kind=c.LIKE, value=None),
    interaction(at=datetime(2002, 1, 1, tzinfo=UTC)),
    interaction(at=datetime(2026, 6, 2, tzinfo=UTC)),
]

#: Rule, the columns that become missing, a track that breaks it.
BAD_VALUES = [
    ("duration_ms", [c.DURATION_MS], track(duration_ms=0)),
    ("release_date", [c.RELEASE_DATE, c.RELEASE_PRECISION], track(release_date="0000")),
    ("released", [c.RELEASE_DATE, c.RELEASE_PRECISION], track(release_date="1492")),
    ("released", [c.RELEASE_DATE, c.RELEASE_PRECISION], track(release_date="2031")),
    ("release_date_precision", [c.RELEASE_PRECISION], track(release_date_precision="decade")),
    ("isrc", [c.ISRC], track(isrc="gb-aaa-98-00322")),
    ("tag_weights", [c.TAG_WEIGHTS], track(tag_weights=[1.0])),
    ("danceability", [c.DANCEABILITY], track(danceability=0.0)),
    ("energy", [c.ENERGY], track(energy=1.01)),
    ("loudness", [c.LOUDNESS], track(loudness=-61.0)),
    ("loudness", [c.LOUDNESS], track(loudness=5.5)),
    ("speechiness", [c.SPEECHINESS], track(speechiness=-0.01)),
    ("acousticness", [c.ACOUSTICNESS], track(acousticness=np.nan)),
    ("instrumentalness", [c.INSTRUMENTALNESS], track(instrumentalness=np.inf)),
    ("liveness", [c.LIVENESS], track(liveness=2.0)),
    ("valence", [c.VALENCE], track(valence=-1.0)),
    ("tempo", [c.TEMPO], track(tempo=0.0)),
    ("tempo", [c.TEMPO], track(tempo=250.5)),
    ("key", [c.KEY], track(key=12)),
    ("mode", [c.MODE], track(mode=2)),
    ("time_signature", [c.TIME_SIGNATURE], track(time_signature=8)),
]

REAL_DIRT = [
    track(loudness=3.744, key=-1, time_signature=0, energy=0.0, instrumentalness=1.0, tempo=241.4),
    track(**dict.fromkeys(name for name in track() if name not in {c.TRACK_ID, c.TITLE, c.SOURCE})),
]


def by_rule(outcome, action):
    return [(line[RULE], json.loads(line[ROW])) for line in outcome.quarantined.to_pylist() if line[ACTION] == action]


def test_a_bad_interaction_goes_to_quarantine_under_the_rule_it_breaks():
    bad = [row for _, row in BAD_INTERACTIONS]
    outcome = check(tables([*good_interactions(), *bad]), GateRules(), docs=None, now=NOW)
    assert outcome.tables.interactions.data.equals(tables(good_interactions()).interactions.data)
    assert [rule for rule, _ in by_rule(outcome, SET_ASIDE)] == [f"interactions.{rule}" for rule, _ in BAD_INTERACTIONS]
    assert outcome.quarantined[TABLE].unique().to_pylist() == ["interactions"]
    assert outcome.judgement.read["interactions"] == 72 + len(bad)


def test_a_good_interaction_passes_up_to_the_edge():
    given = tables([*good_interactions(), *GOOD_AT_THE_EDGE])
    outcome = check(given, GateRules(), docs=None, now=NOW)
    assert outcome.tables == given
    assert outcome.quarantined.num_rows == 0
    assert outcome.verdict.findings == ()


def test_a_bad_value_costs_a_track_the_value_and_nothing_else():
    bad = [{**row, c.TRACK_ID: f"bad-{place:02d}"} for place, (_, _, row) in enumerate(BAD_VALUES)]
    outcome = check(tables(tracks=[*good_tracks(), *bad]), GateRules(), docs=None, now=NOW)
    mended = [{**row, **dict.fromkeys(columns)} for row, (_, columns, _) in zip(bad, BAD_VALUES, strict=True)]
    assert outcome.tables.tracks.data.equals(tables(tracks=[*good_tracks(), *mended]).tracks.data)
    assert outcome.verdict.passed
    found = {row[c.TRACK_ID]: rule for rule, row in by_rule(outcome, BLANKED)}
    assert found == {f"bad-{place:02d}": f"tracks.{rule}" for place, (rule, _, _) in enumerate(BAD_VALUES)}
    assert {finding.severity for finding in outcome.verdict.findings} == {Severity.WARN}


def test_real_values_that_look_odd_pass():
    odd = [{**row, c.TRACK_ID: f"odd-{place}"} for place, row in enumerate(REAL_DIRT)]
    outcome = check(tables(tracks=[*good_tracks(), *odd]), GateRules(), docs=None, now=NOW)
    assert outcome.quarantined.num_rows == 0
    assert [finding.expectation for finding in outcome.verdict.findings] == ["an artist to be given"]


def test_a_track_without_a_title_takes_its_interactions_with_it():
    catalogue = [*good_tracks()[1:], track(title=" ")]
    outcome = check(tables(tracks=catalogue, playlists=[playlist_row()]), GateRules(), docs=None, now=NOW)
    assert [rule for rule, _ in by_rule(outcome, SET_ASIDE)] == (
        ["tracks.title"] + ["interactions.known_track"] * 6 + ["playlists.known_track"]
    )
    assert TRACKS[0] not in outcome.tables.interactions.data[c.TRACK_ID].to_pylist()
    assert outcome.judgement.figures["join_rate"] == 1.0


def test_rows_of_playlists_are_judged_too():
    lists = [
        playlist_row(),
        playlist_row(playlist_id=" "),
        playlist_row(track_id="stranger"),
        playlist_row(position=-1),
        playlist_row(added_at=ANCIENT),
    ]
    outcome = check(tables(playlists=lists), GateRules(), docs=None, now=NOW)
    assert [rule for rule, _ in by_rule(outcome, SET_ASIDE)] == ["playlists.playlist_id", "playlists.known_track"]
    assert [rule for rule, _ in by_rule(outcome, BLANKED)] == ["playlists.position", "playlists.added_at"]
    kept = outcome.tables.playlists.data
    assert kept[c.POSITION].to_pylist() == [0, None, 0]
    assert kept[c.ADDED_AT].to_pylist() == [NOW, NOW, None]


def test_times_of_years_python_does_not_know_are_no_crash():
    given = tables([*good_interactions(), interaction(), interaction()]).interactions.data
    place = given.schema.get_field_index(c.AT)
    times = [*given[c.AT].cast(pa.int64()).to_pylist()[:-2], -(2**62), 2**62]
    absurd = given.set_column(place, given.schema.field(place), pa.array(times).cast(given.schema.field(place).type))
    whole = tables()
    outcome = check(
        type(whole)(type(whole.interactions)(absurd), whole.tracks, whole.playlists), GateRules(), docs=None, now=NOW
    )
    assert [rule for rule, _ in by_rule(outcome, SET_ASIDE)] == ["interactions.at"] * 2
    assert outcome.verdict.findings[0].rows == 2


def test_what_a_breach_leads_to_is_a_setting():
    rules = GateRules(
        interactions={"play_ms": {"action": "blank"}, "at": {"action": "warn"}, "rating": {"action": "stop"}}
    )
    odd = [interaction(value=-1.0), interaction(at=ANCIENT), interaction(kind=c.RATING, value=9.0)]
    outcome = check(tables([*good_interactions(), *odd]), rules, docs=None, now=NOW)
    kept = outcome.tables.interactions.data.slice(72)
    assert kept[c.VALUE].to_pylist() == [None, 200_000.0]
    assert kept[c.AT].to_pylist()[1] == ANCIENT
    assert [rule for rule, _ in by_rule(outcome, SET_ASIDE)] == ["interactions.rating"]
    assert [finding.severity for finding in outcome.verdict.findings] == [Severity.STOP, Severity.WARN, Severity.WARN]
    assert not outcome.verdict.passed
