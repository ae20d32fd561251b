"""The store goes away, for real: lists go on, feedback waits on disk, and nothing of it is lost or counted twice."""

import sqlite3
import time
from contextlib import closing

import httpx
import psutil  # type: ignore[import-untyped]  # BentoML brings it
import pytest

from pipelines.home import Home
from pipelines.release.champion import set_champion
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from serving.store.spool import Spool
from tests.support.served import PATIENCE, serve
from tests.support.tiny_world import write_tiny_bundle
from tests.support.visitors import make_key, visiting, with_key

pytestmark = [pytest.mark.integration, pytest.mark.slow]

POPULAR = ["t1", "t2", "t4", "t3", "t5", "t6"]


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    set_champion(home, write_tiny_bundle(home.bundles).bundle_id, "the only one")
    return home


def kill(service):
    """Kill a service and its workers, which BentoML starts in sessions of their own."""
    workers = psutil.Process(service.process.pid).children(recursive=True)
    for process in (service.process, *workers):
        process.kill()
    service.process.wait()


def health(service):
    answer = httpx.post(f"{service.url}/v1/health").json()
    return answer["store"], answer["spool"]


def wait_for(service, store, *, empty):
    """Wait until the service says so of its store and its spool."""
    end = time.monotonic() + PATIENCE
    while (found := health(service)) and (found[0] != store or (found[1] == 0) != empty):
        assert time.monotonic() < end, found
        time.sleep(0.1)


def test_while_postgres_is_down_lists_go_on_and_feedback_survives_even_a_kill(home, cluster, tmp_path):
    address = cluster.new_database()
    told = {"CROSSFADE_HOME": str(home.root), "CROSSFADE_STORE_URL": address}
    with serve(tmp_path, told) as service, visiting(service.url) as visitor:
        visitor.tell("like", "t1")
        assert visitor.post("recommendations", {"k": 6}).json()["degraded"] == []
        cluster.stop()
        try:
            answer = visitor.post("recommendations", {"k": 6}).json()
            assert (answer["degraded"], answer["basis"]) == (["store"], "popularity")
            assert visitor.post("explain", {"track_id": "t2"}).json()["degraded"] == ["store"]
            with_history = {"history": {"t1": 1.0}, "k": 6}
            assert httpx.post(f"{service.url}/v1/recommendations", json=with_history).json()["degraded"] == []
            assert visitor.post("recommendations", with_history).json()["basis"] == "history"
            body = {"event_id": "while-away-1", "kind": "dislike", "track_id": "t2"}
            assert visitor.post("feedback", body).json()["stored"] == "spool"
            assert visitor.tracks() == [track for track in POPULAR if track != "t2"]  # what waits counts, too
            refused = visitor.post("forget", {"confirm": True})
            assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert httpx.get(f"{service.url}/readyz").status_code == httpx.codes.OK
            kill(service)
        finally:
            cookie, listener = visitor.cookie, visitor.listener_id
            # A restart without a store, and then with one again.
            with serve(tmp_path, told) as again, visiting(again.url, cookie) as back:
                assert health(again)[0] == "down"
                assert back.session["known"]["dislikes"] == ["t2"]
                cluster.start()
                wait_for(again, "up", empty=True)
                assert not back.post("feedback", body).json()["recorded"]
                known = back.post("session").json()
                assert (known["known"]["likes"], known["known"]["dislikes"]) == (["t1"], ["t2"])
                assert known["degraded"] == []
    database = Database(address)
    assert [event.event_id for event in EventLog(database).of_listener(listener)][1:] == ["while-away-1"]
    database.close()


def test_while_sqlite_is_locked_feedback_waits_and_keys_that_are_known_go_on_working(home, tmp_path):
    key = with_key(make_key(home, "listen"))
    ask = {"user_id": "u3", "k": 3}
    with serve(tmp_path, {"CROSSFADE_HOME": str(home.root)}) as service, visiting(service.url) as visitor:
        url = f"{service.url}/v1/recommendations"
        assert httpx.post(url, json=ask, headers=key).json()["degraded"] == []
        with closing(sqlite3.connect(home.events, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            body = {"event_id": "while-locked", "kind": "like", "track_id": "t1"}
            assert visitor.post("feedback", body).json()["stored"] == "spool"
            assert health(service)[1] > 0
            assert httpx.post(url, json=ask, headers=key, timeout=30).status_code == httpx.codes.OK
            other.execute("ROLLBACK")
        wait_for(service, "up", empty=True)
        assert not visitor.post("feedback", body).json()["recorded"]


def test_with_a_damaged_store_the_service_starts_and_says_so(home, tmp_path):
    home.events.write_bytes(b"this is no database" * 1000)
    with serve(tmp_path, {"CROSSFADE_HOME": str(home.root)}) as service, visiting(service.url) as visitor:
        assert health(service)[0] == "down"
        assert visitor.session["degraded"] == ["store"]
        body = {"event_id": "damaged-store", "kind": "like", "track_id": "t1"}
        assert visitor.post("feedback", body).json()["stored"] == "spool"
        assert "t1" not in visitor.tracks()
        home.events.unlink()
        wait_for(service, "up", empty=True)
        assert visitor.post("session").json()["known"]["likes"] == ["t1"]


def test_who_was_forgotten_does_not_come_back_out_of_another_machines_spool(home, tmp_path):
    with serve(tmp_path, {"CROSSFADE_HOME": str(home.root)}) as service, visiting(service.url) as visitor:
        visitor.tell("like", "t1")
        database, listener = Database.of(home), visitor.listener_id
        late = EventLog(database).of_listener(listener)
        assert visitor.post("forget", {"confirm": True}).status_code == httpx.codes.OK
        Spool(home.spool).append(late)
        wait_for(service, "up", empty=True)
        assert EventLog(database).of_listener(listener) == []
        database.close()
