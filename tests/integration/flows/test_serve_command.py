"""``crossfade serve``: the page and the pages of the tools come up, and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest

from flows.monitoring_inputs import ask_service
from pipelines.monitoring.rules import ServiceRules
from pipelines.monitoring.service import service_checks
from pipelines.release.champion import read_champion
from tests.support.served import free_port

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PATIENCE = 120
#: What monitoring asks of a running service.
HEALTH = ("ready", "store", "spool", "refused", "behind")


@contextmanager
def serving(home, tmp_path, *options, **variables) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Start the command and yield its process and the lines it printed until all its servers answered."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CROSSFADE_", "PREFECT_"))}
    command = [sys.executable, "-m", "flows.cli.main", "--home", str(home), "serve", *options]
    with (tmp_path / "out.txt").open("w+", encoding="utf-8") as out:
        process = subprocess.Popen(
            command, env=inherited | variables, stdout=out, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while "Ctrl-C" not in (said := (tmp_path / "out.txt").read_text(encoding="utf-8")):
                assert process.poll() is None, said
                assert time.monotonic() < deadline, said
                time.sleep(0.2)
            yield process, said.splitlines()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)


def addresses(lines):
    """Return what was printed as name -> address."""
    matches = (re.fullmatch(r"(\S.*?)\s+(http://\S+)", line) for line in lines)
    return {found[1]: found[2] for found in matches if found}


def test_all_three_pages_answer_and_ctrl_c_stops_them(world, tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        ports = {"CROSSFADE_MLFLOW_PORT": str(taken.getsockname()[1]), "CROSSFADE_PREFECT_PORT": str(free_port())}
        port = free_port()
        with serving(world.home.root, tmp_path, "--port", str(port), "--ui", **ports) as (process, lines):
            found = addresses(lines)
            assert found["web page"] == f"http://127.0.0.1:{port}"
            assert found["Prefect"] == f"http://127.0.0.1:{ports['CROSSFADE_PREFECT_PORT']}"
            assert found["MLflow"] != f"http://127.0.0.1:{ports['CROSSFADE_MLFLOW_PORT']}", "that port is taken"
            for url in found.values():
                page = httpx.get(url, timeout=30, follow_redirects=True).raise_for_status()
                assert "<html" in page.text.lower()
            # Where Prefect's page looks for its server: below its own address, whatever port that has.
            assert httpx.get(f"{found['Prefect']}/ui-settings", timeout=30).json()["api_url"] == "/api"
            champion = read_champion(world.home).bundle_id
            checks = service_checks(ask_service(found["web page"], 30), champion, ServiceRules())
            assert {check.name: check.verdict for check in checks} == dict.fromkeys(HEALTH, "quiet")
            body = {"experiment_ids": ["1"], "max_results": 100}
            runs = httpx.post(f"{found['MLflow']}/api/2.0/mlflow/runs/search", json=body, timeout=30)
            names = {run["info"]["run_id"] for run in runs.raise_for_status().json()["runs"]}
            assert world.trained.record.training_id in names, "the page shows the runs of this home folder"
    assert process.returncode == 0
    for url in found.values():
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)


def test_a_service_that_cannot_start_is_one_line(tmp_path):
    command = [sys.executable, "-m", "flows.cli.main", "--home", str(tmp_path / "home"), "serve", "--host", "192.0.2.1"]
    # Open to the network without keys is refused before; here it is the address that this machine does not have.
    environment = os.environ | {"CROSSFADE_OPEN_TO_NETWORK": "yes"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert done.stderr.startswith("crossfade: 192.0.2.1: port 3000 cannot be used")
    assert done.stderr.count("\n") == 1
