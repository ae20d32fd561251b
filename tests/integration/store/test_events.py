"""The log of events on SQLite and on Postgres: each event once, none changed, none lost."""

import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from pipelines.errors import StoreError
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from pipelines.store.migrating import bring_up_to_date
from pipelines.store.tables import EVENTS
from tests.support.served import ROOT
from tests.support.stores import event

pytestmark = pytest.mark.integration

#: Appends events one by one and says so after each, until it is killed.
APPEND = """
import sys
from itertools import count
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from tests.support.stores import event

log = EventLog(Database(sys.argv[1]))
for number in count():
    assert log.append([event(f"e{number}")]) == [True]
    print(number, flush=True)
"""


def test_an_error_of_the_callers_own_is_not_the_databases(database):
    with pytest.raises(FileNotFoundError), database.begin():
        raise FileNotFoundError


def test_closing_a_database_that_nobody_asked_makes_none(tmp_path):
    Database(f"sqlite:///{tmp_path}/events.sqlite3").close()
    assert not list(tmp_path.iterdir())


def test_an_event_that_is_sent_twice_is_kept_once(database):
    log = EventLog(database)
    assert log.append([event("a"), event("b", "skip", "t2"), event("a")]) == [True, True, False]
    assert log.append([event("a", "dislike")]) == [False]
    assert [(each.event_id, each.kind) for each in log.of_listener("ada")] == [("a", "like"), ("b", "skip")]


def test_two_listeners_may_use_the_same_event_id(database):
    log = EventLog(database)
    assert log.append([event("a"), event("a", listener_id="bob")]) == [True, True]
    assert [each.listener_id for each in log.of_listener("bob")] == ["bob"]


def test_an_event_comes_back_as_it_was_given(database):
    whole = event(
        "b", "play", "t\u20ac🎵", second=3, list_id="r1", ms_played=2**40, model_version="m1", artist="x", undoes="y"
    )
    EventLog(database).append([whole])
    assert EventLog(database).of_listener("ada") == [whole]


def test_all_events_are_read_listener_by_listener(database):
    log = EventLog(database)
    log.append([event("a", listener_id="bob"), event("b"), event("c", listener_id="bob"), event("d")])
    found = [[(each.listener_id, each.event_id) for each in of_one] for of_one in log.listeners()]
    assert found == [[("ada", "b"), ("ada", "d")], [("bob", "a"), ("bob", "c")]]
    assert log.count() == 4


def test_the_database_refuses_to_change_an_event(database):
    EventLog(database).append([event("a")])
    with pytest.raises(StoreError) as raised, database.begin() as connection:
        connection.execute(update(EVENTS).values(kind="dislike"))
    assert isinstance(raised.value.__cause__, DBAPIError)
    assert EventLog(database).of_listener("ada") == [event("a")]


def test_what_was_answered_survives_a_kill(address):
    database = Database(address)
    bring_up_to_date(database)
    command = [sys.executable, "-c", APPEND, address]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        told = [int(process.stdout.readline()) for _ in range(20)]
        os.kill(process.pid, signal.SIGKILL)
        told += [int(line) for line in process.stdout.read().splitlines()]
    kept = [each.event_id for each in EventLog(database).of_listener("ada")]
    database.close()
    assert kept[: len(told)] == [f"e{number}" for number in told]


def test_sqlite_keeps_its_file_from_others_and_its_commits_on_disk(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'events.sqlite3'}")
    bring_up_to_date(database)
    with database.begin() as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
    assert found == {"journal_mode": "wal", "synchronous": 2}
    files = [path for path in tmp_path.glob("events.sqlite3*") if path.is_file()]
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_a_database_that_is_none_is_told_without_the_password_and_without_values(tmp_path):
    gone = Database("postgresql://ada:hunter2@127.0.0.1:1/nothing")
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"this is no database" * 100)
    for database in (gone, Database(f"sqlite:///{broken}"), Database(f"sqlite:///{tmp_path}")):
        with pytest.raises(StoreError) as raised:
            EventLog(database).append([event("secret-id")])
        assert "hunter2" not in str(raised.value)
        assert "secret-id" not in str(raised.value)
