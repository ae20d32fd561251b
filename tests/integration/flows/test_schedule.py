"""The schedule: a real Prefect server, a real worker, and a run that nobody started by hand."""

from __future__ import annotations

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
from flows.latest import latest_snapshot
from flows.prefect_env import prepare_database
from flows.servers import Child, python_module, running, until_ready
from pipelines.home import Home
from pipelines.release.champion import read_champion
from tests.support.lifecycles import small_settings
from tests.support.served import free_port

pytestmark = [pytest.mark.integration, pytest.mark.slow]

#: A minute until cron's next tick, and the run itself; a broken schedule takes all of it.
PATIENCE = 240
HOST = "127.0.0.1"
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
        environment={"PREFECT_HOME": str(home), "PREFECT_API_URL": ""},
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


def finished_run(server):
    """Return the first run of the deployment that has ended, as the server tells it."""
    wanted = {"flows": {"name": {"any_": ["lifecycle"]}}, "flow_runs": {"state": {"type": {"any_": ENDED}}}}
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = httpx.post(f"{server}/flow_runs/filter", json=wanted, timeout=30)
        if runs := answer.raise_for_status().json():
            return runs[0]
        time.sleep(1)
    pytest.fail("no scheduled run has ended")


def registered(server):
    """Return the deployment as the server has it."""
    answer = httpx.get(f"{server}/deployments/name/lifecycle/lifecycle", timeout=30)
    return answer.raise_for_status().json()


def schedules(server):
    return [each["schedule"]["cron"] for each in registered(server)["schedules"]]


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


def test_a_scheduled_lifecycle_runs_on_a_worker(server, worker, tmp_path, monkeypatch, capsys):
    variables = small_settings(tmp_path / "config", tmp_path / "home")
    for name, value in {**variables, "CROSSFADE_PREFECT_API_URL": server}.items():
        monkeypatch.setenv(name, value)
    assert main(["deploy", "--data", "synthetic", "-o", "size=tiny", "--cron", "* * * * *"]) == 0
    assert "lifecycle/lifecycle is registered" in capsys.readouterr().out
    worker("crossfade", **{name: value for name, value in variables.items() if name != "CROSSFADE_HOME"})

    run = finished_run(server)

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
