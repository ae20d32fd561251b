"""Which alarms are to be sent: one that is new, or has grown, or has gone on for long; not the same one every hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from pipelines.monitoring.checks import MonitoringReport
from pipelines.monitoring.kinds import EVENTS


@dataclass(frozen=True)
class Alarm:
    """A breach of one group, as it is sent.

    Attributes:
        event: The event's name.
        at: When (ISO 8601, UTC).
        checks: The names of the checks that are a breach.
        headline: The whole in a line.
        sentences: What is wrong, a sentence a check.
    """

    event: str
    at: str
    checks: tuple[str, ...]
    headline: str
    sentences: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)


@dataclass(frozen=True)
class Sent:
    """What is kept of an alarm that was sent and whose group has not been quiet since.

    Attributes:
        at: When it was sent last (ISO 8601, UTC).
        checks: The names of the checks that were a breach.
    """

    at: str
    checks: tuple[str, ...]


def alarms_of(report: MonitoringReport) -> tuple[Alarm, ...]:
    """Return an alarm for each group with a breach."""
    found = []
    for group, checks in report.groups.items():
        broken = [check for check in checks if check.verdict == "breach"]
        if broken:
            names = tuple(sorted(check.name for check in broken))
            headline = f"{group}: {', '.join(names)}"
            found.append(Alarm(EVENTS[group], report.at, names, headline, tuple(check.sentence for check in broken)))
    return tuple(found)


def due(alarms: tuple[Alarm, ...], sent: Mapping[str, Sent], repeat_hours: float) -> tuple[Alarm, ...]:
    """Return the alarms to send now.

    Args:
        alarms: Those of the newest report.
        sent: Event -> what was sent of it last; an event whose group was quiet since is not in it.
        repeat_hours: After so many hours one that goes on is sent again.
    """
    return tuple(alarm for alarm in alarms if _is_due(alarm, sent.get(alarm.event), timedelta(hours=repeat_hours)))


def kept(alarms: tuple[Alarm, ...], now: tuple[Alarm, ...], sent: Mapping[str, Sent]) -> dict[str, Sent]:
    """Return what to remember of the alarms after ``now`` was sent; groups that are quiet are forgotten."""
    fresh = {alarm.event: Sent(alarm.at, alarm.checks) for alarm in now}
    return {alarm.event: fresh.get(alarm.event) or sent[alarm.event] for alarm in alarms}


def _is_due(alarm: Alarm, before: Sent | None, pause: timedelta) -> bool:
    if before is None or not set(alarm.checks) <= set(before.checks):
        return True
    waited = datetime.fromisoformat(alarm.at) - datetime.fromisoformat(before.at)
    # A clock that went backwards must not silence anything.
    return waited >= pause or waited < timedelta()
