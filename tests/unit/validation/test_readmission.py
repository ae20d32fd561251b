"""Rows in quarantine as a source: they read again as they were written, and only with consent."""

from __future__ import annotations

import json
import math

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.approval import Verdict, fingerprint
from pipelines.data.cleaning import clean
from pipelines.data.consent import Consent
from pipelines.data.provenance import ALL_USES, Provenance
from pipelines.data.reading import Reading
from pipelines.data.snapshot_writing import write_snapshot
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables
from pipelines.errors import SnapshotError
from pipelines.testing.worlds import catalogue_of
from validation.quarantine_lines import QUARANTINE_SCHEMA
from validation.readmission import QuarantinedRows, may_come_back

ORIGIN = Provenance("diary", "made up", "CC0-1.0")


def line(row, table="interactions"):
    return {"table": table, "action": "set aside", "rule": "r", "reason": "expected more", "row": json.dumps(row)}


def lines(*rows):
    return pa.Table.from_pylist(list(rows), schema=QUARANTINE_SCHEMA)


def snapshot(folder, *, titles=None, playlists=()):
    """One listener who likes a and b, and lists."""
    interactions = {c.USER_ID: ["u", "u"], c.TRACK_ID: ["a", "b"], c.KIND: [c.LIKE] * 2, c.SOURCE: ["diary"] * 2}
    named = {"title": titles} if titles else {}
    lists = pa.Table.from_pylist(list(playlists), schema=c.PLAYLIST_SCHEMA)
    tables = Tables(
        InteractionTable(pa.table(interactions)),
        catalogue_of(["a", "b"], source=["diary"] * 2, **named),
        PlaylistTable(lists),
    )
    verdict = Verdict(subject=fingerprint(tables), suite="rules", checked=1)
    return write_snapshot(folder, tables, verdict, (ORIGIN,), {"diary": Reading.WORLD})


def test_rows_are_read_again_as_they_were_written(tmp_path):
    play = {c.USER_ID: "u", c.TRACK_ID: "a", c.KIND: c.PLAY, c.VALUE: 5.0, c.AT: "2024-01-01 00:00:00.000000Z"}
    count = {c.USER_ID: "u", c.TRACK_ID: "b", c.KIND: c.PLAY_COUNT, c.VALUE: "7", c.AT: None}
    found = clean(QuarantinedRows("diary", lines(line(play), line(count)), snapshot(tmp_path))).tables.interactions.data
    rows = {row[c.TRACK_ID]: row for row in found.to_pylist()}
    assert (rows["a"][c.VALUE], rows["a"][c.AT].isoformat()) == (5.0, "2024-01-01T00:00:00+00:00")
    assert (rows["b"][c.VALUE], rows["b"][c.AT]) == (7.0, None)
    assert set(found[c.SOURCE].to_pylist()) == {"diary"}


def test_a_value_that_is_no_number_does_not_come_back_as_a_missing_one(tmp_path):
    row = {c.USER_ID: "u", c.TRACK_ID: "a", c.KIND: c.PLAY, c.VALUE: "nan"}
    (batch,) = QuarantinedRows("diary", lines(line(row)), snapshot(tmp_path)).interactions()
    assert math.isnan(batch[c.VALUE][0].as_py())


def test_lists_come_back_as_lists(tmp_path):
    row = {c.TRACK_ID: "a", c.TITLE: "T", c.TAGS: ["x|y", "z"], c.TAG_WEIGHTS: [1.5, 2.0], c.TEMPO: 400.0}
    found = clean(
        QuarantinedRows("diary", lines(line(row, "tracks")), snapshot(tmp_path))
    ).tables.tracks.data.to_pylist()
    assert [(row[c.TAGS], row[c.TAG_WEIGHTS], row[c.TEMPO]) for row in found] == [(["x|y", "z"], [1.5, 2.0], 400.0)]


def test_no_catalogue_is_made_up_beside_one_that_was_told(tmp_path):
    row = {c.USER_ID: "u", c.TRACK_ID: "unknown", c.KIND: c.LIKE}
    told = clean(QuarantinedRows("diary", lines(line(row)), snapshot(tmp_path)))
    assert told.counts["tracks"].built == len(told.tables.tracks) == 0


def test_where_the_catalogue_was_made_of_ids_it_still_is(tmp_path):
    row = {c.USER_ID: "u", c.TRACK_ID: "new", c.KIND: c.LIKE}
    made = clean(QuarantinedRows("diary", lines(line(row)), snapshot(tmp_path, titles=["a", "b"])))
    assert made.tables.tracks.data[c.TRACK_ID].to_pylist() == ["new"]


def test_a_playlist_keeps_the_rows_it_has(tmp_path):
    entry = {c.PLAYLIST_ID: "p", c.TRACK_ID: "a", c.POSITION: 0, c.SOURCE: "diary"}
    other = {**entry, c.PLAYLIST_ID: "q"}
    row = {c.PLAYLIST_ID: "p", c.TRACK_ID: "b", c.POSITION: 1}
    source = QuarantinedRows("diary", lines(line(row, "playlists")), snapshot(tmp_path, playlists=[entry, other]))
    found = clean(source).tables.playlists.data.to_pylist()
    assert [(row[c.PLAYLIST_ID], row[c.TRACK_ID]) for row in found] == [("p", "a"), ("p", "b")]


def test_rows_of_a_source_nobody_trusts_have_nothing_to_join(tmp_path):
    with pytest.raises(SnapshotError, match="nothing of 'letters' was let in so far"):
        QuarantinedRows("letters", lines(), snapshot(tmp_path))


def consent(person="person:ada", source="diary", consent_id="c1"):
    return Consent(consent_id, person, source, ALL_USES, "own-data", 1, "0", "2026-01-01T00:00:00+00:00")


ADA = {c.USER_ID: "person:ada", c.TRACK_ID: "a", c.CONSENT: "c1"}


@pytest.mark.parametrize(
    ("row", "table", "standing", "expected"),
    [
        ({c.USER_ID: "u", c.TRACK_ID: "a"}, "interactions", [], True),
        (ADA, "interactions", [consent()], True),
        (ADA, "interactions", [], False),
        (ADA, "interactions", [consent(person="person:ben")], False),
        (ADA, "interactions", [consent(source="letters")], False),
        (ADA, "interactions", [consent(consent_id="c2")], False),
        ({**ADA, c.CONSENT: None}, "interactions", [consent()], False),
        ({c.OWNER: "person:ada", c.TRACK_ID: "a"}, "playlists", [consent()], True),
        ({c.OWNER: "person:ada", c.TRACK_ID: "a"}, "playlists", [], False),
        ({c.TRACK_ID: "a"}, "tracks", [consent(person="person:ben")], True),
        ({c.TRACK_ID: "a"}, "tracks", [], False),
    ],
)
def test_rows_about_a_person_come_back_only_while_their_consent_stands(row, table, standing, expected):
    assert may_come_back(line(row, table), "diary", Reading.PERSON, standing) is expected


def test_tracks_of_other_sources_need_nobodys_consent():
    assert may_come_back(line({c.TRACK_ID: "a"}, "tracks"), "diary", Reading.POPULATION, [])
