"""The events that a Prefect server has of us."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import httpx


def sent(prefect_api: str, name: str, since: datetime, at_least: int = 1) -> list[dict[str, Any]]:
    """Return the events of a name since a time, the latest first.

    The server writes events down every few seconds, so they are waited for; those of earlier tests do not count.
    """
    wanted = {"filter": {"event": {"name": [name]}, "occurred": {"since": since.isoformat()}}, "limit": 50}
    deadline = time.monotonic() + 120
    while True:
        answer = httpx.post(f"{prefect_api}/events/filter", json=wanted, timeout=30).raise_for_status()
        found: list[dict[str, Any]] = answer.json()["events"]
        if len(found) >= at_least or time.monotonic() > deadline:
            return found
        time.sleep(0.5)
