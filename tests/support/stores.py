"""Events as tests write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.data.feedback import Event
from pipelines.store.times import moment

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def event(event_id: str, kind: str = "like", track: str | None = "t1", *, second: int = 0, **rest: Any) -> Event:
    """Return an event of the listener ``ada``, so many seconds after noon."""
    listener = rest.pop("listener_id", "ada")
    return Event(listener, event_id, kind, moment(NOON + timedelta(seconds=second)), track, **rest)
