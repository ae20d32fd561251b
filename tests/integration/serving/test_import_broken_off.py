"""A service that is killed while it reads somebody's file: nothing is half kept, and they are told at once."""

import os
import signal
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from pipelines.data.consent import ConsentLedger
from pipelines.home import Home
from pipelines.release.champion import set_champion
from tests.support.exports import PLAYS, zip_of
from tests.support.served import PATIENCE, serve
from tests.support.tiny_world import write_tiny_bundle
from tests.support.uploads import ZIP, bring, held_reader, left, status, wait
from tests.support.visitors import visiting

pytestmark = pytest.mark.integration


def begin_one(visitor):
    """Send the first bytes of a file, and no more; return the connection."""
    address = urlsplit(str(visitor.http.base_url))
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    own = {**ZIP, "Content-Length": "1000", "Host": address.netloc, "Cookie": f"crossfade_session={visitor.cookie}"}
    lines = [f"{name}: {value}" for name, value in {**visitor.http.headers, **own}.items()]
    connection.sendall("\r\n".join(["POST /v1/import?consent=1 HTTP/1.1", *lines, "", "PK"]).encode())
    return connection


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def answers(url):
    try:
        return httpx.get(f"{url}/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def is_broken_off(visitor, import_id):
    found = status(visitor, import_id)
    assert (found["state"], found["summary"]) == ("failed", None)
    assert "nothing of it was kept" in found["problem"]["what"]
    assert not visitor.post("session").json()["known"]["imported"]
    assert visitor.post("profile").json()["plays"] == 0


def test_a_file_that_was_being_read_is_given_up_and_can_be_sent_again(tmp_path):
    home = Home(tmp_path / "home")
    set_champion(home, write_tiny_bundle(home.bundles).bundle_id, "the first one")
    export = zip_of(tmp_path / "x.zip").read_bytes()
    told = {"CROSSFADE_HOME": str(home.root)}

    with serve(tmp_path / "one", told) as service, visiting(service.url) as visitor:
        first = bring(visitor, export).json()["import_id"]
        with held_reader(service) as reader:
            with visiting(service.url) as other, begin_one(other):
                until(lambda: len(left(home)) == 2)
                os.kill(reader.ppid(), signal.SIGKILL)  # the worker; BentoML starts another one
                until(lambda: answers(service.url))
            assert left(home) == []
            is_broken_off(visitor, first)
        is_broken_off(visitor, first)  # the reader has outlived whom it worked for, and kept nothing

        second = bring(visitor, export).json()["import_id"]
        with held_reader(service) as reader:
            worker = reader.parent()
            service.process.kill()  # what somebody kills who sees one process; its worker notices, and leaves the port
            worker.wait(PATIENCE)
        cookie, listener = visitor.cookie, visitor.listener_id

    port = urlsplit(service.url).port
    with serve(tmp_path / "two", told, port=port) as service, visiting(service.url, cookie) as visitor:
        assert left(home) == []
        is_broken_off(visitor, second)
        (consent,) = ConsentLedger(home.consents).consents()
        assert (consent.active, consent.person) == (True, listener)
        summary = wait(visitor, bring(visitor, export))["summary"]
        assert summary["read"] == len(PLAYS) == summary["kept"] + sum(summary["left_out"].values())
        assert "known from an earlier import" not in summary["left_out"]
        assert visitor.post("profile").json()["plays"] == summary["kept"] == 5
        assert len(ConsentLedger(home.consents).consents()) == 1
        assert left(home) == []
