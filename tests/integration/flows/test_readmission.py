"""Rows come back from quarantine through the gate, by the rules of today, and none is lost on the way."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from flows.ingestion import ingest
from flows.latest import latest_snapshot
from flows.readmission import readmit
from pipelines.data import columns as c
from pipelines.errors import NotPermittedError, SnapshotError
from tests.support.dirty_tables import NOW
from tests.support.people import agree, withdraw
from validation.quarantine import list_quarantine, write_quarantine
from validation.quarantine_lines import QUARANTINE_SCHEMA

pytestmark = pytest.mark.integration

MILDER = "[interactions]\nplay_ms = { maximum = 100_000_000 }\n[tracks]\ntempo = { maximum = 500 }\n"


@pytest.fixture
def milder(tmp_path, monkeypatch):
    """Let longer plays and faster tracks through from now on."""

    def apply():
        path = tmp_path / "gate.toml"
        path.write_text(MILDER, encoding="utf-8")
        monkeypatch.setenv("CROSSFADE_GATE", str(path))

    return apply


@pytest.fixture
def entry(new_home, tmp_path):
    """A small world and, in quarantine: 1 unreadable, 2 tempo of t3, 3 too long, 4 negative, 5 an unknown track."""
    good = [
        f"u{user},t{track},play,200000,2024-01-{1 + track:02d}T10:00:00Z" for user in range(8) for track in range(12)
    ]
    bad = [
        "u1,t1,play,99000000,2024-02-01T00:00:00Z",
        "u2,t1,play,-5,2024-02-01T00:00:00Z",
        "u3,t99,play,50000,2024-02-02T00:00:00Z",
        "u3,t2,play,fifty,2024-02-02T00:00:00Z",
    ]
    plays, tracks = tmp_path / "plays.csv", tmp_path / "tracks.csv"
    plays.write_text("\n".join(["user_id,track_id,kind,value,at", *good, *bad]) + "\n", encoding="utf-8")
    known = [f"t{track},Song {track},Band {track % 3},{400 if track == 3 else 120}" for track in range(12)]
    tracks.write_text("\n".join(["track_id,title,artists,tempo", *known]) + "\n", encoding="utf-8")
    ingest("files", {"interactions": str(plays), "tracks": str(tracks)})
    (found,) = list_quarantine(new_home.quarantine)
    return found


def reasons_left(home):
    """Return the rule (or the reason) of every row in quarantine."""
    lines = [line for each in list_quarantine(home.quarantine) for line in each.rows().to_pylist()]
    return sorted(line["rule"] or line["reason"] for line in lines)


def values(home):
    rows = latest_snapshot(home).interactions().data
    return rows[c.VALUE].to_pylist()


def titles(home):
    tracks = latest_snapshot(home).catalogue().data
    return dict(zip(tracks[c.TRACK_ID].to_pylist(), tracks[c.TITLE].to_pylist(), strict=True))


def test_what_passes_todays_rules_joins_and_what_fails_stays(new_home, entry, milder):
    before = titles(new_home)
    milder()
    done = readmit(entry.entry_id, [1, 2, 3, 4, 5])
    assert (done.asked, done.passed, done.failed, done.withheld, done.remaining) == (5, 2, 3, 0, 0)
    assert reasons_left(new_home) == ["interactions.known_track", "interactions.play_ms", "unreadable value"]
    assert values(new_home).count(99_000_000.0) == 1
    tracks = latest_snapshot(new_home).catalogue().data.to_pylist()
    assert next(row[c.TEMPO] for row in tracks if row[c.TRACK_ID] == "t3") == 400.0
    assert titles(new_home) == before, "no title was made of an id, and no track made up"


def test_the_gate_is_never_passed_by(new_home, entry):
    before = latest_snapshot(new_home).snapshot_id
    done = readmit(entry.entry_id, [1, 2, 3, 4, 5])
    assert (done.passed, done.failed) == (0, 5)
    assert latest_snapshot(new_home).snapshot_id == before
    assert len(reasons_left(new_home)) == 5


def test_only_the_rows_that_are_named_come_back(new_home, entry, milder):
    milder()
    done = readmit(entry.entry_id, [3])
    assert (done.asked, done.passed, done.remaining) == (1, 1, 4)
    (left,) = list_quarantine(new_home.quarantine)
    assert left.numbers().tolist() == [1, 2, 4, 5]


@pytest.mark.parametrize("broken", ["flows.readmission.QuarantineEntry.let_go", "flows.ingestion.set_latest_snapshot"])
def test_a_run_that_dies_loses_nothing_and_the_next_one_ends_as_if_it_had_not(
    new_home, entry, milder, monkeypatch, broken
):
    milder()

    class DiedError(BaseException):
        """What no code catches, as a kill."""

    def die(*_):
        raise DiedError

    with monkeypatch.context() as patched:
        patched.setattr(broken, die)
        with pytest.raises(DiedError):
            readmit(entry.entry_id, [1, 2, 3, 4, 5])
    again = reasons_left(new_home)
    assert {"interactions.known_track", "unreadable value"} <= set(again)
    assert "interactions.play_ms" in again or values(new_home).count(99_000_000.0) == 1

    readmit(entry.entry_id, [1, 2, 3, 4, 5])
    assert reasons_left(new_home) == ["interactions.known_track", "interactions.play_ms", "unreadable value"]
    assert values(new_home).count(99_000_000.0) == 1


def test_rows_set_aside_again_are_in_quarantine_again(new_home, entry, tmp_path):
    entry.let_go([1, 2, 3])
    ingest("files", {"interactions": str(tmp_path / "plays.csv"), "tracks": str(tmp_path / "tracks.csv")})
    assert len(reasons_left(new_home)) == 5


@pytest.fixture
def of_ada(new_home, entry):
    """An entry with a row about a person whose consent is named."""
    consent = agree(new_home, "ada")
    row = {c.USER_ID: "person:ada", c.TRACK_ID: "t1", c.KIND: c.LIKE, c.CONSENT: consent.consent_id}
    line = {"table": "interactions", "action": "set aside", "rule": "interactions.at", "reason": "expected a time"}
    lines = pa.Table.from_pylist([{**line, "row": json.dumps(row)}], schema=QUARANTINE_SCHEMA)
    return write_quarantine(new_home.quarantine, [lines], source="lastfm", subject="s", now=NOW)


def test_rows_whose_consent_was_withdrawn_stay_where_they_are(new_home, of_ada):
    withdraw(new_home, "ada")
    with pytest.raises(NotPermittedError, match="the consent to 1 rows was withdrawn or never given"):
        readmit(of_ada.entry_id, [1])
    assert of_ada.count == 1


def test_rows_of_a_source_that_was_never_let_in_have_nothing_to_join(new_home, of_ada):
    with pytest.raises(SnapshotError, match="nothing of 'lastfm' was let in so far"):
        readmit(of_ada.entry_id, [1])
