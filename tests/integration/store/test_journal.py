"""The journal of served lists: stored beside the calls, waiting while the store is away, never of the forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.errors import StoreError
from pipelines.store.forgetting import Forgetting
from pipelines.store.secret import Secret
from pipelines.store.served import ServedLog
from serving.store import journal as journal_module
from serving.store.journal import ListJournal

pytestmark = pytest.mark.integration

SECRET = Secret(b"s" * 32)


@pytest.fixture
def log(database):
    return ServedLog(database)


@pytest.fixture
def journal(database, log):
    return ListJournal(log, Forgetting(database), SECRET)


def test_what_is_noted_is_stored_once(journal, log):
    journal.note("list-1", "ann", "bundle")
    assert journal.store() == 1
    assert journal.store() == 0
    assert (log.find("list-1").listener_id, log.find("list-1").model_version) == ("ann", "bundle")


def test_what_waits_is_stored_when_the_service_stops(journal, log):
    journal.start()
    journal.note("list-1", "ann", "bundle")
    journal.stop()
    assert log.find("list-1") is not None


def test_while_the_store_is_away_lists_wait_in_their_order(journal, log, monkeypatch):
    def away(_):
        raise StoreError("the event store is away")

    journal.note("list-1", "ann", "bundle")
    with monkeypatch.context() as patch:
        patch.setattr(log, "append", away)
        with pytest.raises(StoreError):
            journal.store()
    journal.note("list-2", "ann", "bundle")
    assert journal.store() == 2
    assert log.find("list-1").at <= log.find("list-2").at


def test_where_too_many_wait_the_oldest_are_let_go(database, log, monkeypatch):
    monkeypatch.setattr(journal_module, "_MOST", 2)
    journal = ListJournal(log, Forgetting(database), SECRET)

    def away(_):
        journal.note("list-3", "ann", "bundle")  # while the store is asked
        raise StoreError("the event store is away")

    journal.note("list-1", "ann", "bundle")
    journal.note("list-2", "ann", "bundle")
    with monkeypatch.context() as patch:
        patch.setattr(log, "append", away)
        with pytest.raises(StoreError):
            journal.store()
    journal.store()
    assert [log.find(f"list-{number}") is not None for number in (1, 2, 3)] == [False, True, True]


def test_a_list_that_waited_while_its_listener_was_forgotten_does_not_stay(journal, log, database):
    journal.note("list-1", "ann", "bundle")
    journal.note("list-2", "ben", "bundle")
    now = datetime.now(UTC) + timedelta(seconds=1)
    Forgetting(database).forget("ann", now=now, mac=SECRET.mac("forgotten", "ann"))
    journal.store()
    assert (log.find("list-1"), log.find("list-2").listener_id) == (None, "ben")


def test_whoever_comes_back_after_being_forgotten_is_a_listener_like_others(journal, log, database):
    before = datetime.now(UTC) - timedelta(seconds=1)
    Forgetting(database).forget("ann", now=before, mac=SECRET.mac("forgotten", "ann"))
    journal.note("list-1", "ann", "bundle")
    journal.store()
    assert log.find("list-1") is not None
