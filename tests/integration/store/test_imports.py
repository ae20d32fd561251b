"""Imports in the store: one at a time for a listener, kept whole or not at all, and never after a forgetting."""

from datetime import timedelta

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.listening import SERVED_ID, Listening
from pipelines.store.events import EventLog
from pipelines.store.forgetting import Forgetting
from pipelines.store.imports import DONE, FAILED, READING, SILENCE, Imported, ImportLog, ImportState
from tests.support.stores import NOON

pytestmark = pytest.mark.integration

LATER = NOON + SILENCE + timedelta(seconds=1)


def listening(*tracks):
    rows = [
        {c.USER_ID: "ada", c.TRACK_ID: track, c.KIND: c.PLAY, c.SOURCE: "lastfm", c.CONSENT: "c1"} for track in tracks
    ]
    described = [{c.TRACK_ID: track, c.SOURCE: "lastfm", c.TITLE: track} for track in dict.fromkeys(tracks)]
    return Listening.of(
        pa.Table.from_pylist(rows, schema=c.INTERACTION_SCHEMA), pa.Table.from_pylist(described, schema=c.TRACK_SCHEMA)
    )


def imported(*tracks, source="lastfm", bundle="b1"):
    return Imported(source, listening(*tracks), {"t1": 2.0}, bundle, {"kept": len(tracks)})


@pytest.fixture
def history(database):
    return EventLog(database).imported


@pytest.fixture
def imports(database):
    return ImportLog(database)


def test_an_import_is_begun_told_of_and_done(imports, history):
    assert imports.begin("i1", "ada", "c1", now=NOON)
    assert imports.note("i1", 0.5, now=NOON)
    assert imports.find("i1", "ada", now=NOON) == ImportState("i1", READING, 0.5)
    assert not imports.has_imported("ada")
    assert imports.finish("i1", imported("x", "x", "y"), now=NOON)
    assert imports.find("i1", "ada", now=LATER) == ImportState("i1", DONE, 1.0, {"kept": 3})
    assert imports.has_imported("ada")
    assert history("ada") == {"t1": 2.0}
    (kept,) = imports.listening("ada").values()
    assert kept.rows.equals(listening("x", "x", "y").rows)
    assert [(source, each.rows.num_rows) for source, each in imports.everybody()] == [("lastfm", 3)]


def test_nobody_elses_import_is_found(imports, history):
    imports.begin("i1", "ada", "c1", now=NOON)
    assert imports.find("i1", "bob", now=NOON) is None
    assert imports.find("i2", "ada", now=NOON) is None
    assert history("bob") == imports.listening("bob") == {}


def test_one_file_of_a_listener_is_read_at_a_time_unless_its_reader_is_gone(imports, history):
    assert imports.begin("i1", "ada", "c1", now=NOON)
    assert not imports.begin("i2", "ada", "c1", now=NOON)
    assert imports.begin("i3", "bob", "c1", now=NOON)
    assert imports.find("i1", "ada", now=LATER).state == FAILED
    assert imports.begin("i4", "ada", "c1", now=LATER)


def test_a_file_that_failed_says_why_and_stays_failed(imports, history):
    imports.begin("i1", "ada", "c1", now=NOON)
    imports.fail("i1", "it is damaged", "Download it again", now=NOON)
    found = imports.find("i1", "ada", now=LATER)
    assert (found.state, found.problem) == (FAILED, {"what": "it is damaged", "remedy": "Download it again"})
    assert not imports.note("i1", 0.9, now=NOON)
    assert not imports.finish("i1", imported("x"), now=NOON)
    assert not imports.has_imported("ada")


def test_whoever_is_forgotten_while_their_file_is_read_stays_forgotten(database, imports, history):
    imports.begin("i1", "ada", "c1", now=NOON)
    Forgetting(database).forget("ada", now=NOON, mac="m")
    assert not imports.note("i1", 0.5, now=NOON)
    assert not imports.finish("i1", imported("x"), now=NOON)
    assert imports.listening("ada") == history("ada") == {}


def test_a_later_import_of_a_source_takes_the_place_of_the_earlier_and_leaves_other_sources(imports, history):
    for number, (source, tracks) in enumerate([("lastfm", "x"), ("exportify", "y"), ("lastfm", "xz")]):
        imports.begin(f"i{number}", "ada", "c1", now=NOON)
        imports.finish(f"i{number}", imported(*tracks, source=source), now=NOON)
    assert {source: each.rows.num_rows for source, each in imports.listening("ada").items()} == {
        "exportify": 1,
        "lastfm": 2,
    }


def test_tracks_looked_up_again_while_a_file_was_read_do_not_take_the_place_of_what_it_told(imports, history):
    imports.begin("i1", "ada", "c1", now=NOON)
    imports.finish("i1", imported("x"), now=NOON)
    looked_up = imports.listening("ada")
    imports.begin("i2", "ada", "c1", now=NOON)
    imports.finish("i2", imported("x", "y"), now=NOON)
    imports.look_up_again("ada", looked_up, {"t9": 1.0}, "b2", now=NOON)
    assert imports.listening("ada")["lastfm"].tracks[c.TRACK_ID].to_pylist() == ["x", "y"]
    assert (imports.served_by("ada"), history("ada")) == ("b1", {"t1": 2.0})


def test_tracks_that_were_looked_up_again_are_kept_with_the_new_history(database, imports, history):
    imports.begin("i1", "ada", "c1", now=NOON)
    imports.finish("i1", imported("x"), now=NOON)
    (old,) = imports.listening("ada").values()
    place = old.tracks.schema.get_field_index(SERVED_ID)
    new = Listening(old.rows, old.tracks.set_column(place, SERVED_ID, pa.array(["t9"])))
    assert imports.served_by("ada") == "b1"
    imports.look_up_again("ada", {"lastfm": new}, {"t9": 1.0}, "b2", now=NOON)
    assert (imports.served_by("ada"), history("ada")) == ("b2", {"t9": 1.0})
    assert imports.listening("ada")["lastfm"].served().to_pylist() == ["t9"]
    Forgetting(database).forget("ada", now=NOON, mac="m")
    imports.look_up_again("ada", {"lastfm": new}, {"t9": 1.0}, "b2", now=NOON)
    assert history("ada") == {}
