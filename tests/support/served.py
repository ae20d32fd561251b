"""A live service for tests: ``bentoml serve`` in a process of its own, on a port nobody else has."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
SERVICE = "serving.service:CrossfadeService"
QUIET = {"DO_NOT_TRACK": "1", "BENTOML_DO_NOT_TRACK": "True", "NO_COLOR": "1"}

#: Seconds to wait for a process to start or to stop; only a broken one takes so long.
PATIENCE = 60


@dataclass(frozen=True)
class Served:
    """A running service.

    Attributes:
        url: Its address, without a slash at the end.
        log_path: What it prints.
        process: Its process.
    """

    url: str
    log_path: Path
    process: subprocess.Popen[bytes]

    def log(self) -> str:
        """Return what it has printed so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Stop the process and its workers."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextmanager
def serve(
    scratch: Path,
    environment: Mapping[str, str],
    *,
    what: str = SERVICE,
    cwd: Path = ROOT,
    port: int = 0,
    program: Sequence[str] = (sys.executable, "-m", "bentoml"),
) -> Iterator[Served]:
    """Start a service, wait until its process answers (with or without a model), and stop it at the end.

    Args:
        scratch: A folder for its log and for BentoML's own files.
        environment: What it is told, such as CROSSFADE_HOME.
        what: What BentoML is to serve.
        cwd: The folder it starts in.
        port: The port; 0 for any that is free.
        program: How BentoML is called.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    log_path = scratch / "service.log"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CROSSFADE_")}
    told = {**inherited, **QUIET, "BENTOML_HOME": str(scratch / "bentoml"), **environment}
    command = [*program, "serve", what, "--host", "127.0.0.1", "--port", str(port)]
    with log_path.open("ab") as log:
        process = subprocess.Popen(command, cwd=cwd, env=told, stdout=log, stderr=log, start_new_session=True)
    served = Served(f"http://127.0.0.1:{port}", log_path, process)
    try:
        _wait_until_it_answers(served)
        yield served
    finally:
        served.stop()


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_answers(served: Served) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if served.process.poll() is not None:
            break
        try:
            if httpx.get(f"{served.url}/livez", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the service did not start:\n{served.log()}")
