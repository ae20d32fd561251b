"""The schedule: a real Prefect server, a real worker, and a run that nobody started by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from flows.cli.main import main
from flows.deploy_server import LIMIT, DeployServer
from flows.deploying import deployment_names
from flows.latest import latest_snapshot
from flows.prefect_env import prepare_database
from flows.servers import Child, python_module, running, until_ready
from pipelines.home import Home
from pipelines.release.champion import read_champion
from pipelines.testing.listens import SCROBBLES, write_export
from tests.support.lifecycles import small_settings
from tests.support.served import free_port

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]

#: A minute until cron's next tick, and the run itself; a broken schedule takes all of it.
PATIENCE = 400
HOST = "127.0.0.1"
SOURCES = set(deployment_names()) - {"lifecycle", "batch", "forget"}
ENDED = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]


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


def finished_run(server, name):
    """Return the first run of a deployment that has ended, as the server tells it."""
    wanted = {
        "deployments": {"id": {"any_": [registered(server, name)["id"]]}},
        "flow_runs": {"state": {"type": {"any_": ENDED}}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = httpx.post(f"{server}/flow_runs/filter", json=wanted, timeout=30)
        if runs := answer.raise_for_status().json():
            return runs[0]
        time.sleep(1)
    pytest.fail(f"no scheduled run of {name} has ended")


def registered(server, name="lifecycle/lifecycle"):
    """Return a deployment as the server has it."""
    return DeployServer(server)._ask("GET", f"/deployments/name/{name}").json()


def pause(server, *names):
    """Stop the schedules of deployments, so that they do not run among those of the next test."""
    asked = DeployServer(server)
    for name in names:
        asked._ask("PATCH", f"/deployments/{registered(server, name)['id']}", {"paused": True})


def schedules(server, name="lifecycle/lifecycle"):
    return [each["schedule"]["cron"] for each in registered(server, name)["schedules"]]


def deploy(capsys, *arguments):
    """Return what the command says in JSON."""
    assert main(["deploy", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_file_deploys_what_it_says(server, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("CROSSFADE_PREFECT_API_URL", server)
    monkeypatch.setenv("CROSSFADE_HOME", str(tmp_path / "home"))
    assert main(["deploy"]) == 0
    capsys.readouterr()
    deployment = registered(server)
    assert deployment["entrypoint"] == "flows.lifecycle.lifecycle"
    assert schedules(server) == ["30 3 * * *"]
    assert deployment["job_variables"]["env"] == {"CROSSFADE_HOME": str(tmp_path / "home")}
    assert deployment["global_concurrency_limit"]["limit"] == 1
    properties = deployment["parameter_openapi_schema"]["properties"]
    assert properties["source"]["description"].startswith("Where listening data come from")
    assert Path(tmp_path / "home").exists() is False


def test_all_of_them_share_one_limit_and_those_without_an_input_wait(server, monkeypatch, capsys, tmp_path):
    home = tmp_path / "home"
    monkeypatch.setenv("CROSSFADE_PREFECT_API_URL", server)
    monkeypatch.setenv("CROSSFADE_HOME", str(home))
    (home / "inbox").mkdir(parents=True)
    (home / "inbox" / "lastfm.csv").write_text(SCROBBLES, encoding="utf-8")

    said = {each["name"]: each for each in deploy(capsys, "--all")}

    names = {"lifecycle/lifecycle", "batch/batch", "forget/forget", *(f"ingest/{name}" for name in SOURCES)}
    assert set(said) == names
    found = {name: registered(server, name) for name in names}
    assert {each["global_concurrency_limit"]["name"] for each in found.values()} == {LIMIT}
    assert {each["concurrency_options"]["collision_strategy"] for each in found.values()} == {"ENQUEUE"}
    limits = httpx.post(f"{server}/v2/concurrency_limits/filter", json={}, timeout=30).raise_for_status().json()
    assert [(each["name"], each["limit"]) for each in limits] == [(LIMIT, 1)], "no limit of one deployment is left"
    active = {name for name, each in found.items() if each["schedules"][0]["active"]}
    assert active == {
        "lifecycle/lifecycle",
        "batch/batch",
        "forget/forget",
        "ingest/lastfm",
        "ingest/spotify-api",
        "ingest/feedback",
    }
    assert said["ingest/exportify"]["missing"] == str(home / "inbox" / "exportify")
    assert found["ingest/lastfm"]["parameters"] == {
        "source": "lastfm",
        "options": {"archive": str(home / "inbox" / "lastfm.csv"), "listener": "me"},
    }
    pause(server, *names)


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


def test_a_scheduled_lifecycle_runs_on_a_worker(server, worker, tmp_path, monkeypatch, capsys):
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


def test_a_server_that_does_not_answer_is_one_line(monkeypatch, capsys):
    monkeypatch.setenv("CROSSFADE_PREFECT_API_URL", f"http://{HOST}:{free_port()}/api")
    assert main(["deploy"]) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("crossfade: ")]
    assert len(said) == 1
    assert "Check PREFECT_API_URL and that the server runs." in said[0]
