"""The schedule: a real Prefect server, a real worker, and a run that nobody started by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from flows.alarming import GATE_REFUSED, MODEL_REFUSED
from flows.automations import RETRAIN, TELL_ALARMS, TELL_FAILURES, TELL_REFUSALS, ensure_automations
from flows.cli.main import main
from flows.deploy_server import LIMIT, DeployServer
from flows.deploying import Deployed, deployment_names
from flows.deploying import deploy as register
from flows.latest import latest_snapshot
from flows.prefect_env import prepare_database
from flows.servers import Child, python_module, running, until_ready
from flows.settings import Settings
from pipelines.home import Home
from pipelines.release.champion import read_champion
from pipelines.testing.listens import SCROBBLES, write_export
from tests.support.lifecycles import small_settings
from tests.support.schedules import (
    HOST,
    automations,
    finished_run,
    happened,
    pause,
    registered,
    runs_of,
    schedules,
    waited_for,
    webhook,
)
from tests.support.served import free_port

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]

OTHERS = {"lifecycle", "batch", "forget", "monitor", "canary"}
SOURCES = set(deployment_names()) - OTHERS
#: Windows so alike that nothing is: whatever the tiny world did in its last week is a drift.
TOUCHY = """
[inputs]
windows = 2
least_windows = 2
least_rows = 1
noise = 1
psi = 1e-6
ks = 1e-6
volume = 1.000001
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    """The address of the API of a Prefect server that runs by itself."""
    folder = tmp_path_factory.mktemp("server")
    home = folder / "prefect"
    home.mkdir()
    prepare_database(home / "prefect.db")
    port = free_port()
    child = Child(
        name="Prefect",
        command=python_module("prefect", "server", "start", "--host", HOST, "--port", str(port)),
        host=HOST,
        port=port,
        health="/api/health",
        log=folder / "server.log",
        environment={
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": "",
            # How long a run waits before it asks for its turn again; Prefect's default is half a minute.
            "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
        },
    )
    with running([child]):
        assert list(until_ready([child], seconds=120)) == [child]
        yield f"{child.url}/api"


@pytest.fixture
def worker(server, tmp_path):
    """Return a starter of a worker for a pool; it is stopped before the server, or it would wait for it for ever."""
    started: list[subprocess.Popen[bytes]] = []

    def start(pool, **variables):
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", pool, "--name", "test"]
        environment = {**os.environ, **variables, "PREFECT_API_URL": server, "PREFECT_HOME": str(tmp_path / "worker")}
        with (tmp_path / "worker.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    command, cwd=tmp_path, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
                )
            )

    yield start
    for process in started:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@dataclass(frozen=True)
class AllDeployed:
    """After 'crossfade deploy', a person who switches an automation off, and 'crossfade deploy --all'."""

    home: Path
    said: dict[str, Deployed]
    automations: dict[str, dict[str, Any]]
    posted: list[str]


@pytest.fixture(scope="module")
def deployed(server, tmp_path_factory) -> Iterator[AllDeployed]:
    """Everything deployed, twice in part; nothing of it runs by schedule."""
    home = tmp_path_factory.mktemp("deployed") / "home"
    (home / "inbox").mkdir(parents=True)
    (home / "inbox" / "lastfm.csv").write_text(SCROBBLES, encoding="utf-8")
    settings = Settings(home=home, prefect_api_url=server, notify_block="custom-webhook/ops")
    with webhook(server, "ops") as posted:
        register(settings)
        (off,) = [each for name, each in automations(server).items() if name == TELL_FAILURES]
        DeployServer(server).ask("PATCH", f"/automations/{off['id']}", {"enabled": False})
        before = automations(server)
        said = {each.name: each for each in register(settings, deployment_names())}
        pause(server, *said)
        yield AllDeployed(home, said, before, posted)


def test_the_file_deploys_what_it_says(server, deployed):
    deployment = registered(server)
    assert deployment["entrypoint"] == "flows.lifecycle.lifecycle"
    assert schedules(server) == ["30 3 * * *"]
    assert deployment["job_variables"]["env"] == {"CROSSFADE_HOME": str(deployed.home)}
    assert deployment["global_concurrency_limit"]["limit"] == 1
    properties = deployment["parameter_openapi_schema"]["properties"]
    assert properties["source"]["description"].startswith("Where listening data come from")
    assert "listenbrainz" in properties["source"]["enum"], "the form has a menu"


def test_those_that_write_share_one_limit_and_those_without_an_input_wait(server, deployed):
    looking = {"monitor/monitor", "watch canary/canary"}
    names = {"lifecycle/lifecycle", "batch/batch", "forget/forget", *(f"ingest/{name}" for name in SOURCES)}
    assert set(deployed.said) == names | looking
    found = {name: registered(server, name) for name in names | looking}
    looks = [found.pop(name) for name in sorted(looking)]
    assert {each["concurrency_options"]["collision_strategy"] for each in looks} == {"CANCEL_NEW"}
    assert [each["schedules"][0]["schedule"]["cron"] for each in looks] == ["40 * * * *", "50 * * * *"]
    own = {each["global_concurrency_limit"]["name"] for each in looks}
    assert {each["global_concurrency_limit"]["name"] for each in found.values()} == {LIMIT}
    assert {each["concurrency_options"]["collision_strategy"] for each in found.values()} == {"ENQUEUE"}
    limits = httpx.post(f"{server}/v2/concurrency_limits/filter", json={}, timeout=30).raise_for_status().json()
    shared = [(each["name"], each["limit"]) for each in limits if each["name"] not in own]
    assert shared == [(LIMIT, 1)], "no limit of a deployment that takes turns is left"
    active = {name for name, each in found.items() if each["schedules"][0]["active"]}
    assert active == {
        "lifecycle/lifecycle",
        "batch/batch",
        "forget/forget",
        "ingest/lastfm",
        "ingest/spotify-api",
        "ingest/feedback",
    }
    assert deployed.said["ingest/exportify"].missing == str(deployed.home / "inbox" / "exportify")
    assert found["ingest/lastfm"]["parameters"] == {
        "source": "lastfm",
        "options": {"archive": str(deployed.home / "inbox" / "lastfm.csv"), "listener": "me"},
    }


def test_automations_are_made_once_and_are_a_persons_from_then_on(server, deployed):
    assert set(deployed.automations) == {RETRAIN, TELL_ALARMS, TELL_FAILURES, TELL_REFUSALS}
    (retrain,) = deployed.automations[RETRAIN]["actions"]
    assert (retrain["type"], retrain["deployment_id"]) == ("run-deployment", registered(server)["id"])
    assert automations(server) == deployed.automations, "what a person has switched off stays off"


@pytest.mark.parametrize("event", [GATE_REFUSED, MODEL_REFUSED])
def test_what_is_refused_is_told_to_the_block(server, deployed, event):
    happened(server, event, headline="it was refused", sentences=["half the rows", "have no track"])

    def told():
        return [text for posted in deployed.posted if (text := json.loads(posted)["text"]).startswith(f"{event}: ")]

    (text,) = waited_for(told, seconds=60)
    assert text.startswith(f"{event}: it was refused\n\n- half the rows\n- have no track")


def test_an_automation_names_the_deployment_that_is_there(server, deployed):
    made = automations(server)[RETRAIN]
    stale = [{**made["actions"][0], "deployment_id": str(uuid4())}]
    changed = {name: made[name] for name in ("name", "description", "trigger", "tags")}
    DeployServer(server).ask("PUT", f"/automations/{made['id']}", {**changed, "enabled": False, "actions": stale})
    ensure_automations(DeployServer(server), {"lifecycle": "lifecycle/lifecycle"}, None)
    mended = automations(server)[RETRAIN]
    assert mended["actions"][0]["deployment_id"] == registered(server)["id"]
    assert mended["enabled"] is False, "the rest stays a person's"
    DeployServer(server).ask("PATCH", f"/automations/{made['id']}", {"enabled": True})


def test_a_block_that_is_not_there_is_said_before_anything_is_registered(server, monkeypatch, capsys):
    monkeypatch.setenv("CROSSFADE_PREFECT_API_URL", server)
    monkeypatch.setenv("CROSSFADE_NOTIFY_BLOCK", "slack-webhook/nobody")
    assert main(["deploy", "monitor"]) == 2
    assert "the Prefect server has no block 'slack-webhook/nobody'" in capsys.readouterr().err


def test_scheduled_ingestions_run_on_a_worker_one_after_the_other(server, worker, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CROSSFADE_PREFECT_API_URL", server)
    monkeypatch.setenv("CROSSFADE_HOME", str(tmp_path / "home"))
    (tmp_path / "scrobbles.csv").write_text(SCROBBLES, encoding="utf-8")
    write_export(tmp_path / "export.zip")
    inputs = {"lastfm": tmp_path / "scrobbles.csv", "listenbrainz-export": tmp_path / "export.zip"}
    for source, path in inputs.items():
        assert main(["consent", "grant", "ann", source, "--accept-consent"]) == 0
        assert main(["deploy", source, "--archive", str(path), "--listener", "ann", "--cron", "* * * * *"]) == 0
    capsys.readouterr()
    worker("crossfade")

    runs = [finished_run(server, f"ingest/{source}") for source in inputs]

    pause(server, *(f"ingest/{source}" for source in inputs))
    log = (tmp_path / "worker.log").read_text(encoding="utf-8")
    assert [run["state_type"] for run in runs] == ["COMPLETED", "COMPLETED"], log[-3000:]
    assert all(run["auto_scheduled"] for run in runs)
    first, second = sorted(runs, key=lambda run: run["start_time"])
    assert first["end_time"] <= second["start_time"]
    listeners = latest_snapshot(Home(tmp_path / "home")).tables().interactions.data["user_id"]
    assert set(listeners.to_pylist()) == {"person:ann"}


def test_a_scheduled_lifecycle_runs_on_a_worker_and_a_drift_starts_another(
    server, worker, tmp_path, monkeypatch, capsys
):
    variables = small_settings(tmp_path / "config", tmp_path / "home")
    for name, value in {**variables, "CROSSFADE_PREFECT_API_URL": server}.items():
        monkeypatch.setenv(name, value)
    assert main(["deploy", "--data", "synthetic", "-o", "size=tiny", "--cron", "* * * * *"]) == 0
    assert "lifecycle/lifecycle is registered" in capsys.readouterr().out
    worker("crossfade", **{name: value for name, value in variables.items() if name != "CROSSFADE_HOME"})

    run = finished_run(server, "lifecycle/lifecycle")

    assert run["state_type"] == "COMPLETED", (tmp_path / "worker.log").read_text(encoding="utf-8")[-3000:]
    assert run["auto_scheduled"], "cron made it, not a person"
    assert schedules(server) == ["* * * * *"], "the schedule is replaced, not added to"
    assert run["parameters"] == {"source": "synthetic", "options": {"size": "tiny"}}
    home = Home(tmp_path / "home")
    assert latest_snapshot(home).provenance[0].source == "synthetic"
    assert read_champion(home) is not None

    pause(server, "lifecycle/lifecycle")
    (tmp_path / "touchy.toml").write_text(TOUCHY, encoding="utf-8")
    told = {**os.environ, "CROSSFADE_MONITORING": str(tmp_path / "touchy.toml")}
    look = subprocess.run(
        python_module("flows.cli.main", "monitor"), env=told, capture_output=True, text=True, check=False
    )
    assert look.returncode == 1, look.stdout + look.stderr
    again = waited_for(lambda: [run for run in runs_of(server) if not run["auto_scheduled"]])[0]
    assert again["state_type"] == "COMPLETED"
    assert again["created_by"]["type"] == "AUTOMATION"
    assert again["created_by"]["display_value"] == RETRAIN


def test_a_server_that_does_not_answer_is_one_line(monkeypatch, capsys):
    monkeypatch.setenv("CROSSFADE_PREFECT_API_URL", f"http://{HOST}:{free_port()}/api")
    assert main(["deploy"]) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("crossfade: ")]
    assert len(said) == 1
    assert "Check PREFECT_API_URL and that the server runs." in said[0]
