"""Files are read by a process of their own: what comes of it is in the store, and the file is gone."""

import io
import json
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.listening import SERVED_ID, Listening
from pipelines.errors import NotSupportedError, StoreError
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from pipelines.store.forgetting import Forgetting
from pipelines.store.imports import Imported, ImportLog
from pipelines.store.migrating import bring_up_to_date
from pipelines.testing import spotify_exports
from pipelines.testing.spotify_exports import Fault, Plan
from serving.imports import running, worker
from serving.imports.jobs import Job
from serving.imports.running import Importer
from serving.imports.worker import carry_out
from tests.support.exports import ME, PLAYS, zip_of
from tests.support.tiny_world import write_tiny_bundle

pytestmark = pytest.mark.integration


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def database(home):
    database = Database.of(home)
    bring_up_to_date(database)
    yield database
    database.close()


@pytest.fixture
def imports(database):
    return ImportLog(database)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return write_tiny_bundle(tmp_path_factory.mktemp("bundles"))


@pytest.fixture
def job(home, bundle):
    return Job("i1", "", ME, "c1", str(bundle.path), f"sqlite:///{home.events}")


def state(imports, import_id="i1"):
    return imports.find(import_id, ME, now=datetime.now(UTC))


def begin(imports, import_id="i1"):
    assert imports.begin(import_id, ME, "c1", now=datetime.now(UTC))


def left(home):
    return list((home.work / "imports").glob("**/*"))


def test_a_file_becomes_a_history_and_is_deleted(home, imports, database, job, bundle):
    importer = Importer(home, imports)
    begin(imports)
    with importer.place("i1") as path:
        assert path.parent.stat().st_mode & 0o077 == 0
        importer.read(replace(job, path=str(zip_of(path))))
        assert not path.exists()
    done = state(imports)
    assert (done.state, done.progress, done.problem) == ("done", 1.0, None)
    assert (done.summary["read"], done.summary["kept"], done.summary["matched"]) == (8, 5, 4)
    assert EventLog(database).imported(ME) == {"t1": 2.0, "t4": 2.0}
    assert imports.served_by(ME) == bundle.bundle_id
    assert left(home) == []


@pytest.mark.parametrize(
    ("fault", "what"),
    [(Fault.JSON_CUT_SHORT, "ends in the middle of row"), (Fault.BOMB, "unpacks to more than 200 times its size")],
)
def test_a_file_that_is_refused_says_why_and_is_deleted(tmp_path, imports, job, fault, what):
    begin(imports)
    path = spotify_exports.write_export(tmp_path / "x.zip", Plan(fault=fault)).path
    Importer(Home(tmp_path), imports).read(replace(job, path=str(path)))
    failed = state(imports)
    assert failed.state == "failed"
    assert what in failed.problem["what"]
    assert failed.problem["remedy"]
    assert str(tmp_path) not in str(failed.problem)
    assert not path.exists()
    assert not imports.has_imported(ME)


def test_the_same_file_again_adds_nothing(tmp_path, imports, database, job):
    for number, (kept, known) in enumerate([(5, 0), (0, 5)]):
        begin(imports, f"i{number}")
        carry_out(replace(job, import_id=f"i{number}", path=str(zip_of(tmp_path / "x.zip"))), imports)
        summary = state(imports, f"i{number}").summary
        assert (summary["kept"], summary["left_out"].get("known from an earlier import", 0)) == (kept, known)
    assert EventLog(database).imported(ME) == {"t1": 2.0, "t4": 2.0}
    assert imports.listening(ME)["spotify-export"].rows.num_rows == 5


def test_what_other_files_told_is_looked_up_in_the_catalogue_served_now_as_well(tmp_path, imports, job, bundle):
    begin(imports, "i1")
    carry_out(replace(job, path=str(zip_of(tmp_path / "x.zip"))), imports)
    before = imports.listening(ME)["spotify-export"]
    place = before.tracks.schema.get_field_index(SERVED_ID)
    ids = pa.array([f"{each}-of-a-model-before" for each in before.tracks[c.TRACK_ID].to_pylist()])
    stale = {"spotify-export": Listening(before.rows, before.tracks.set_column(place, SERVED_ID, ids))}
    imports.look_up_again(ME, stale, {}, "a-model-before", now=datetime.now(UTC))
    scrobbles = tmp_path / "x.csv"
    scrobbles.write_text("uts,artist,album,track,track_mbid\n1577872600,Björk,,Jóga,\n", encoding="utf-8")
    begin(imports, "i2")
    carry_out(replace(job, import_id="i2", path=str(scrobbles)), imports)
    assert imports.served_by(ME) == bundle.bundle_id
    assert imports.listening(ME)["spotify-export"].tracks.equals(before.tracks)


def test_a_store_that_is_away_for_a_moment_ends_no_import(home, tmp_path, imports, job, monkeypatch):
    def away(*_, **__):
        raise StoreError("the event store is away")

    begin(imports)
    with monkeypatch.context() as patch:
        patch.setattr(imports, "note", away)
        patch.setattr(running, "_SECONDS_BETWEEN_SIGNS", 0.05)
        Importer(home, imports, [sys.executable, "-c", "import time; time.sleep(0.3)"]).read(job)
        assert state(imports).state == "reading"
        carry_out(replace(job, path=str(zip_of(tmp_path / "x.zip"))), imports)
    assert state(imports).state == "done"


def test_a_process_that_dies_fails_its_import_and_no_other(home, imports, job):
    begin(imports)
    Importer(home, imports, [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]).read(job)
    assert (state(imports).state, state(imports).problem["what"]) == ("failed", "the file could not be read")


def test_a_process_that_is_done_is_left_to_end_by_itself(home, imports, database, job, caplog, monkeypatch):
    begin(imports)
    imports.finish("i1", Imported("lastfm", Listening.empty(), {}, "b", {}), now=datetime.now(UTC))
    monkeypatch.setattr(running, "_SECONDS_BETWEEN_SIGNS", 0.5)
    Importer(home, imports, [sys.executable, "-c", "import time; time.sleep(0.7)"]).read(job)
    assert (state(imports).state, caplog.text) == ("done", "")


def test_an_error_nobody_thought_of_shows_nothing_of_the_file(tmp_path, imports, job, monkeypatch, capsys):
    def stumble(*_):
        raise ValueError("203.0.113.77 of secret-user-name")

    path = zip_of(tmp_path / "x.zip")
    monkeypatch.setattr(worker, "carry_out", stumble)
    monkeypatch.setattr(worker, "_be_modest", lambda: None)
    monkeypatch.setattr(worker, "_end_with_the_service", lambda: None)
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(asdict(replace(job, path=str(path))))))
    assert worker.main() == 1
    said = capsys.readouterr().err
    assert "ValueError in" in said
    assert "secret" not in said
    assert not path.exists()


@pytest.mark.parametrize("why", ["stopped", "forgotten"])
def test_a_process_is_ended_when_nobody_waits_for_it_any_more(home, imports, database, job, why, monkeypatch):
    monkeypatch.setattr(running, "_SECONDS_BETWEEN_SIGNS", 0.05)
    importer = Importer(home, imports, [sys.executable, "-c", "import time; time.sleep(600)"])
    begin(imports)
    thread = threading.Thread(target=importer.read, args=[job])
    thread.start()
    if why == "stopped":
        importer.stop()
    else:
        Forgetting(database).forget(ME, now=datetime.now(UTC), mac="m")
    thread.join(20)
    assert not thread.is_alive()
    assert (state(imports).state if why == "stopped" else state(imports)) == ("failed" if why == "stopped" else None)


def test_the_process_ends_with_the_service(tmp_path):
    program = "from serving.imports.worker import _end_with_the_service as wait; wait()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, cwd=running._ROOT) as process:
        process.stdin.close()
        assert process.wait(20) == 1


def test_what_a_kill_left_behind_is_cleared_and_what_is_read_now_is_not(home, imports):
    importer = Importer(home, imports)
    importer.clear()
    for name in ("dead", "alive"):
        (home.work / "imports" / name).mkdir(parents=True)
        (home.work / "imports" / name / "file").write_bytes(b"personal")
        imports.begin(name, name, "c1", now=datetime.now(UTC))
    with only_one(home.work / "imports" / "alive", patience=0.0):
        importer.clear()
        assert {path.name for path in left(home)} == {"alive", "file"}
    states = [imports.find(name, name, now=datetime.now(UTC)).state for name in ("dead", "alive")]
    assert states == ["failed", "reading"]
    importer.clear()
    assert left(home) == []


def test_what_a_kill_left_behind_goes_even_while_the_store_is_away(home, tmp_path):
    (home.work / "imports" / "dead").mkdir(parents=True)
    (tmp_path / "no-folder").write_bytes(b"")
    Importer(home, ImportLog(Database(f"sqlite:///{tmp_path}/no-folder/x"))).clear()
    assert left(home) == []


def test_only_so_many_files_are_taken_in_at_a_time(home, imports, monkeypatch):
    monkeypatch.setattr(running, "MOST_FILES", 1)
    importer = Importer(home, imports)
    with importer.place("i1"), pytest.raises(StoreError, match="too many files"), importer.place("i2"):
        pass
    with importer.place("i3") as path:
        assert path.parent.name == "i3"
    assert left(home) == []


def test_one_listener_sends_one_file_at_a_time(home, imports):
    importer = Importer(home, imports)
    with importer.sending(ME):
        with pytest.raises(NotSupportedError, match="another file of yours"), importer.sending(ME):
            pass
        with importer.sending("somebody else"):
            pass
    with importer.sending(ME):
        pass


def test_the_rows_rest_on_the_consent(tmp_path, imports, job):
    begin(imports)
    carry_out(replace(job, path=str(zip_of(tmp_path / "x.zip", PLAYS))), imports)
    rows = imports.listening(ME)["spotify-export"].rows
    assert set(zip(rows[c.USER_ID].to_pylist(), rows[c.CONSENT].to_pylist(), strict=True)) == {(ME, "c1")}
