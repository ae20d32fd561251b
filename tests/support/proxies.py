"""Debian's nginx with the configuration of compose, in front of services of a test."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.support.served import PATIENCE, ROOT, free_port

CONFIGURATION = ROOT / "infra" / "compose" / "nginx.conf"


@dataclass(frozen=True)
class Proxy:
    """A running nginx.

    Attributes:
        url: Its address, without a slash at the end.
        log_path: Its log, a line a request.
    """

    url: str
    log_path: Path

    def answered_by(self, path: str) -> Counter[str]:
        """Return how often each replica gave the answer for a path."""
        lines = self.log_path.read_text(encoding="utf-8").splitlines()
        # Where a second one was tried, the log has both: "127.0.0.1:1, 127.0.0.1:2".
        tried = [
            re.findall(r"127\.0\.0\.1:\d+", line) for line in lines if re.search(rf" [A-Z]+ {path} \d{{3}} ", line)
        ]
        return Counter(addresses[-1] for addresses in tried)


def program() -> str | None:
    """Return nginx; None where there is none."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def configured(scratch: Path, port: int, replicas: Sequence[str]) -> str:
    """Return the configuration for this machine: other ports and folders, and replicas that need no name server."""
    text = CONFIGURATION.read_text(encoding="utf-8").replace("/tmp/", f"{scratch}/")  # noqa: S108 - it is taken away
    text, listening = re.subn(r"listen 8080;", f"listen 127.0.0.1:{port};", text)
    (line,) = re.findall(r"^ *server service:3000 resolve (.*;)$", text, re.MULTILINE)
    servers = "\n".join(f"server {urlsplit(url).netloc} {line}" for url in replicas)
    text, named = re.subn(r"^ *server service:3000 resolve .*;$", servers, text, flags=re.MULTILINE)
    assert (listening, named) == (1, 1)
    return text


@contextmanager
def proxying(scratch: Path, replicas: Sequence[str]) -> Iterator[Proxy]:
    """Start nginx before services, and stop it at the end."""
    nginx = program()
    assert nginx is not None
    port = free_port()
    file, log = scratch / "nginx.conf", scratch / "nginx.log"
    file.write_text(configured(scratch, port, replicas), encoding="utf-8")
    with log.open("ab") as output:
        command = [nginx, "-c", str(file), "-p", str(scratch), "-g", "daemon off; user root;"]
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}", log)
        yield Proxy(f"http://127.0.0.1:{port}", log)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait_until_it_answers(url: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/door").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"nginx did not start:\n{log.read_text(encoding='utf-8')}")
