"""Servers as children: ports, readiness, a clean end."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from flows.servers import Child, free_port, is_used, python_module, require_free_port, running, until_ready
from pipelines.errors import ServiceError
from tests.support.served import free_port as unused_port

HOST = "127.0.0.1"
PATIENCE = 30


@pytest.fixture
def taken():
    with closing(socket.create_server((HOST, 0))) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def child(tmp_path):
    """Return a maker of children that run some Python, by default a web server."""

    def make(code=None, **changes):
        port = unused_port()
        server = python_module("http.server", str(port), "--bind", HOST)
        command = [sys.executable, "-u", "-c", code] if code else server
        places = {"host": HOST, "port": port, "health": "/", "log": tmp_path / "log" / "page.log"}
        return Child(name="page", command=command, **places, **changes)

    return make


def gone(pid):
    """Say whether a process ends within some seconds: one that was killed takes a moment to be cleared away."""
    deadline = time.monotonic() + PATIENCE
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def alive(pid):
    """Say whether a process runs; one that has ended and waits to be buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


DEAF = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(grandchild.pid)
time.sleep(600)
"""


def test_a_port_somebody_listens_on_is_refused_with_what_to_do(taken):
    with pytest.raises(ServiceError, match=rf"port {taken} is in use\. Stop the program .* choose another .* --port"):
        require_free_port(HOST, taken, "--port")


def test_a_free_port_is_no_error():
    require_free_port(HOST, unused_port(), "--port")


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(ServiceError, match="cannot be used"):
        require_free_port("192.0.2.1", 3000, "--port")


def test_a_wanted_port_is_taken_where_it_is_free_and_replaced_where_it_is_not(taken):
    wanted = unused_port()
    assert free_port(HOST, wanted) == wanted
    assert free_port(HOST, taken) != taken


def test_a_child_is_ready_once_it_answers_and_gone_after_the_block(child):
    page = child()
    with running([page]):
        assert [each.name for each in until_ready([page], seconds=PATIENCE)] == ["page"]
        pid = page.process.pid
        assert is_used(HOST, page.port)
    assert not alive(pid)
    assert not is_used(HOST, page.port)


def test_children_are_stopped_when_the_block_fails(child):
    page, seen = child(), []

    def fail():
        seen.append(page.process.pid)
        raise RuntimeError

    with pytest.raises(RuntimeError), running([page]):
        fail()
    assert not alive(seen[0])


def test_a_child_that_ends_is_reported_with_its_last_words(child):
    page = child("print('warming up'); raise SystemExit('the database is locked')")
    with (
        running([page]),
        pytest.raises(ServiceError, match=r"page: it ended: the database is locked\. See .*page\.log"),
    ):
        list(until_ready([page], seconds=PATIENCE))


def test_a_child_that_never_answers_is_reported(child):
    page = child("import time; time.sleep(600)")
    with running([page]), pytest.raises(ServiceError, match=r"page: it did not answer within 0 s"):
        list(until_ready([page], seconds=0))


def test_a_child_that_ignores_polite_requests_is_ended_with_its_own_children(child, monkeypatch):
    monkeypatch.setattr("flows.servers._STOP_SECONDS", 0.5)
    page = child(DEAF)
    with running([page]):
        pid = page.process.pid
        while not (said := page.log.read_text(encoding="utf-8")):
            page.check()
    assert gone(pid)
    assert gone(int(said))


def test_an_empty_variable_is_taken_away_from_the_child(child, monkeypatch):
    monkeypatch.setenv("SOMETHING", "set")
    code = "import os; print('SOMETHING' in os.environ, os.environ['OTHER'])"
    page = child(code, environment={"SOMETHING": "", "OTHER": "1"})
    with running([page]):
        page.process.wait(PATIENCE)
    assert page.log.read_text(encoding="utf-8").strip() == "False 1"


IMPATIENT = """
import os, signal, sys
from pathlib import Path
from flows.servers import Child, running

class Slow(Child):
    def stop(self):
        # The second signal comes while the first child is being stopped.
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        super().stop()

def child(kind, name):
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    return kind(name=name, command=command, host="127.0.0.1", port=1, health="/", log=Path(sys.argv[1]) / name)

children = [child(Child, "first"), child(Slow, "second")]
try:
    with running(children):
        print(*(each.process.pid for each in children), flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
except KeyboardInterrupt:
    print("stopped")
"""


def test_a_second_signal_while_stopping_leaves_nobody_behind(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", IMPATIENT, str(tmp_path)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    pids, last = done.stdout.splitlines()
    assert last == "stopped"
    assert all(gone(int(pid)) for pid in pids.split())
