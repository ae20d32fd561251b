"""The events that a Prefect server has of us."""

from __future__ import annotations

import time
from typing import Any

import httpx


def events(prefect_api: str, name: str) -> list[dict[str, Any]]:
    """Return the events of a name that the server has, the latest first."""
    wanted = {"filter": {"event": {"name": [name]}, "occurred": {"since": "2020-01-01T00:00:00Z"}}, "limit": 50}
    answer = httpx.post(f"{prefect_api}/events/filter", json=wanted, timeout=30).raise_for_status()
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


def sent(prefect_api: str, name: str, at_least: int = 0) -> list[dict[str, Any]]:
    """Return the same, once there are as many as expected: the server writes events down every few seconds."""
    deadline = time.monotonic() + 120
    while len(found := events(prefect_api, name)) < at_least and time.monotonic() < deadline:
        time.sleep(0.5)
    return found
