"""Files on their way into a live service, and the process that reads one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]  # BentoML brings it

from pipelines.home import Home
from tests.support.served import PATIENCE, Served
from tests.support.visitors import Visitor

ZIP = {"Content-Type": "application/zip"}
_READER = "serving.imports.worker"


def bring(
    visitor: Visitor, content: bytes, consent: str = "1", headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """Send a file as the page does."""
    return visitor.http.post("/v1/import", params={"consent": consent}, content=content, headers=headers or ZIP)


def status(visitor: Visitor, import_id: str) -> dict[str, Any]:
    """Return how far an import has come."""
    found: dict[str, Any] = visitor.post("import/status", {"import_id": import_id}).json()
    return found


def wait(visitor: Visitor, started: httpx.Response) -> dict[str, Any]:
    """Return how an import ended; what was told before never goes back."""
    assert started.status_code == httpx.codes.ACCEPTED, started.text
    last, end = 0.0, time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = status(visitor, started.json()["import_id"])
        assert found["progress"] >= last
        last = found["progress"]
        if found["state"] != "reading":
            return found
        time.sleep(0.1)
    raise AssertionError("it is still being read")


def left(home: Home) -> list[Path]:
    """Return what lies there of anybody's file."""
    return list((home.work / "imports").glob("*/*"))


@contextmanager
def held_reader(service: Served) -> Iterator[psutil.Process]:
    """Wait for the process that reads a file, and hold it where it is, in the middle of its work, until the end."""
    reader = _reader(service)
    reader.suspend()
    try:
        yield reader
    finally:
        with suppress(psutil.NoSuchProcess):
            reader.resume()
            reader.wait(PATIENCE)


def _reader(service: Served) -> psutil.Process:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for process in psutil.Process(service.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if _READER in process.cmdline():
                    return process
        time.sleep(0.005)
    raise AssertionError("nobody reads a file")
