from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.store.forgetting import Forgetting
from pipelines.store.served import ListCount, ServedList, ServedLog

pytestmark = pytest.mark.integration


def shown(number, listener="ann", model="one", hour=10):
    return ServedList(f"list-{number}", listener, model, f"2026-11-26T{hour:02}:00:00.000000+00:00")


def test_a_list_is_found_by_its_request_id_and_kept_once(database):
    log = ServedLog(database)
    log.append([shown(1), shown(1, listener="ben")])
    log.append([])
    assert log.find("list-1") == shown(1)
    assert log.find("list-2") is None


def test_lists_are_counted_by_listener_and_model_from_a_time_on(database):
    log = ServedLog(database)
    log.append([shown(1, hour=9), shown(2), shown(3), shown(4, model="two"), shown(5, listener="ben")])
    counts = sorted(log.counts("2026-11-26T10:00:00+00:00"), key=str)
    assert counts == [ListCount("ann", "one", 2), ListCount("ann", "two", 1), ListCount("ben", "one", 1)]


def test_whoever_is_forgotten_was_never_shown_anything(database):
    log = ServedLog(database)
    log.append([shown(1), shown(2, listener="ben")])
    Forgetting(database).forget("ann", now=datetime(2026, 11, 27, tzinfo=UTC), mac="mac")
    assert (log.find("list-1"), log.find("list-2").listener_id) == (None, "ben")
