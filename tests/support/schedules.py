"""A Prefect server that runs by itself, asked and told from outside: its deployments, runs, events and blocks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from uuid import uuid4

import httpx
import pytest

from flows.alarming import RESOURCE
from flows.deploy_server import DeployServer

#: A minute until cron's next tick, and the run itself; a broken schedule takes all of it.
PATIENCE = 400
HOST = "127.0.0.1"
ENDED = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]


def runs_of(server, name="lifecycle/lifecycle"):
    """Return the runs of a deployment that have ended, as the server tells them, the first one first."""
    wanted = {
        "deployments": {"id": {"any_": [registered(server, name)["id"]]}},
        "flow_runs": {"state": {"type": {"any_": ENDED}}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    return httpx.post(f"{server}/flow_runs/filter", json=wanted, timeout=30).raise_for_status().json()


def finished_run(server, name):
    """Return the first run of a deployment that has ended."""
    return waited_for(lambda: runs_of(server, name))[0]


def happened(server, event, **payload):
    """Tell the server of an event, as a flow would."""
    told = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": event,
        "resource": {"prefect.resource.id": RESOURCE},
        "payload": payload,
    }
    httpx.post(f"{server}/events", json=[told], timeout=30).raise_for_status()


def registered(server, name="lifecycle/lifecycle"):
    """Return a deployment as the server has it."""
    return DeployServer(server).ask("GET", f"/deployments/name/{name}").json()


def pause(server, *names):
    """Stop the schedules of deployments, so that they do not run among those of the next test."""
    asked = DeployServer(server)
    for name in names:
        asked.ask("PATCH", f"/deployments/{registered(server, name)['id']}", {"paused": True})


@contextmanager
def webhook(server, name) -> Iterator[list[str]]:
    """Make a block of the server that posts to an address of this test; gives what was posted there."""
    posted: list[str] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(self.rfile.read(int(self.headers["content-length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    listening = HTTPServer((HOST, 0), Ear)
    Thread(target=listening.serve_forever, daemon=True).start()
    asked = DeployServer(server)
    kind = asked.ask("GET", "/block_types/slug/custom-webhook").json()["id"]
    wanted = {"block_schemas": {"block_type_id": {"any_": [kind]}}}
    schema = asked.ask("POST", "/block_schemas/filter", wanted).json()[0]["id"]
    data = {
        "name": name,
        "url": f"http://{HOST}:{listening.server_port}/",
        "method": "POST",
        "json_data": {"text": "{{subject}}: {{body}}"},
    }
    block = {"name": name, "data": data, "block_type_id": kind, "block_schema_id": schema}
    asked.ask("POST", "/block_documents/", block)
    yield posted
    listening.shutdown()
    listening.server_close()


def automations(server):
    """Return the automations of a server by name."""
    return {each["name"]: each for each in DeployServer(server).ask("POST", "/automations/filter", {}).json()}


def waited_for(found, *, seconds=PATIENCE):
    """Return the first thing that is found."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if thing := found():
            return thing
        time.sleep(0.5)
    pytest.fail("it did not come")


def schedules(server, name="lifecycle/lifecycle"):
    return [each["schedule"]["cron"] for each in registered(server, name)["schedules"]]
