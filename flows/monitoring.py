"""The flow that looks whether all is as it should be: data, lists, listeners, ages, the service.

What it finds goes where people and programs look: an artifact in Prefect, a day's run in MLflow, a file of figures for
Prometheus. A breach is an event, sent once and again after a day, so that what it sets off is not set off every hour.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.alarming import send
from flows.latest import trusted_snapshot
from flows.monitoring_inputs import Look, look, looks, rules_of
from flows.progress import name_run, tell
from flows.publishing import publish_what_was_found
from flows.settings import Settings, load_settings
from flows.tracking.monitoring import log_report
from pipelines.atomic import write_text
from pipelines.errors import CrossfadeError, RegistryError
from pipelines.home import Home
from pipelines.monitoring.alarms import Sent, alarms_of, due, kept
from pipelines.monitoring.checks import Check, MonitoringReport
from pipelines.monitoring.exposition import exposition
from pipelines.monitoring.rules import MonitoringRules
from pipelines.release.champion import read_champion

_SENT = "alarms.json"
_ORDER = {"breach": 0, "unknown": 1, "quiet": 2}


@flow(name="monitor", flow_run_name="monitor")
def monitor(against: str | None = None) -> MonitoringReport:
    """Look at the data, the lists, the listeners, the ages of things and the service, and raise an alarm on a breach.

    Args:
        against: The id of a snapshot to compare the newest one with. Empty: the newest week of listening is compared
            with the weeks before it.

    Raises:
        CrossfadeError: The rules cannot be read, or what was found cannot be written down.
    """
    settings = load_settings().settings
    rules, now = rules_of(settings), datetime.now(UTC)
    checks: list[Check] = []
    for part, at in looks(against).items():
        tell("look", part)
        checks += look_at(part, at, settings, rules, now)
    report = MonitoringReport(now.isoformat(), _subject(settings.layout), rules.hash(), tuple(checks))
    # First: a disk that is full must not keep the alarm back.
    raise_alarms(report, settings, rules)
    publish(report, settings)
    tell("monitor", report.headline)
    return report


@task(name="look", task_run_name="look at {part}", cache_policy=NO_CACHE, persist_result=False)
def look_at(part: str, at: Look, settings: Settings, rules: MonitoringRules, now: datetime) -> tuple[Check, ...]:
    """Look at one part."""
    return look(part, at, settings, rules, now)


def publish(report: MonitoringReport, settings: Settings) -> None:
    """Show what was found: in Prefect, to Prometheus, in MLflow; an MLflow that is down keeps nobody from the alarm."""
    ordered = sorted(report.checks, key=lambda check: _ORDER[check.verdict])
    wrong = "".join(f"\n- {check.sentence}" for check in report.breaches)
    words = f"**{report.headline}**\n{wrong}"
    create_table_artifact([row_of(check) for check in ordered], key="monitoring", description=words)
    found = "all quiet" if report.quiet else ", ".join(check.name for check in report.breaches[:3])
    name_run(f"monitor: {found}")
    write_text(settings.layout.monitoring_figures, exposition(report))
    publish_what_was_found(settings)
    try:
        log_report(settings.tracking_uri, settings.artifact_root, report)
    except RegistryError as error:
        get_run_logger().warning("%s What was found stands in Prefect and in the file of figures.", error)


def row_of(check: Check) -> dict[str, Any]:
    """Return a check as a row of the table people read."""
    return {
        "verdict": check.verdict,
        "check": check.name,
        "figure": _rounded(check.figure),
        "threshold": _rounded(check.threshold),
        "what it says": check.sentence,
    }


def raise_alarms(report: MonitoringReport, settings: Settings, rules: MonitoringRules) -> None:
    """Send the alarms that are due, and remember what was sent."""
    alarms, sent = alarms_of(report), _read_sent(settings.layout)
    now = due(alarms, sent, rules.repeat_hours)
    for alarm in now:
        send(alarm.event, alarm.headline, alarm.to_json() | {"subject": dict(report.subject)})
        get_run_logger().warning("%s: %s", alarm.event, "; ".join(alarm.sentences))
    _write_sent(settings.layout, kept(alarms, now, sent))


def _subject(home: Home) -> Mapping[str, str]:
    """Return what is looked at, by name; what cannot be read is left out, as the looks have told of it."""
    found: dict[str, str] = {}
    with suppress(CrossfadeError):
        if snapshot := trusted_snapshot(home):
            found["snapshot"] = snapshot.snapshot_id
    with suppress(CrossfadeError):
        if champion := read_champion(home):
            found["champion"] = champion.bundle_id
    return found


def _read_sent(home: Home) -> dict[str, Sent]:
    """Return what was sent before; a file that is damaged counts as none, so that nothing is silenced."""
    try:
        raw = json.loads((home.monitoring / _SENT).read_text(encoding="utf-8"))
        return {event: Sent(each["at"], tuple(each["checks"])) for event, each in raw.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write_sent(home: Home, sent: Mapping[str, Sent]) -> None:
    raw = {event: asdict(each) for event, each in sent.items()}
    write_text(home.monitoring / _SENT, json.dumps(raw, indent=2))


def _rounded(figure: float) -> str:
    """Return a figure as people read it; empty where there is none."""
    return "" if math.isnan(figure) else f"{figure:,.4g}"
