"""The server's clock: that of the machine, and what has been added to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time; tests let it jump forward to see what expires."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, by: timedelta) -> None:
        """Let time pass at once."""
        self._ahead += by


def iso_seconds(at: datetime) -> str:
    """Return a time as the API writes when something was added."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_millis(at: datetime) -> str:
    """Return a time as the API writes when something was played."""
    return f"{at.strftime('%Y-%m-%dT%H:%M:%S')}.{at.microsecond // 1000:03d}Z"


def millis(at: datetime) -> int:
    """Return milliseconds since 1970, as cursors count."""
    return int(at.timestamp()) * 1000 + at.microsecond // 1000
