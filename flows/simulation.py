"""A simulated month: thirty nights of the real flows over a synthetic world in which things go wrong.

Deliveries, drifts, faults and departures are data (``pipelines.testing.month``). Everything else is what runs in
earnest: the flows ``lifecycle``, ``forget`` and ``monitor`` on a Prefect server inside this process, registry, gate and
policy. Only the candidates are few and the listeners a hundred; a night whose process is to be killed runs in one of
its own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from flows.alarming import rehearsal
from flows.forgetting import forget, requests_of
from flows.latest import latest_snapshot
from flows.lifecycle import LifecycleSummary, lifecycle
from flows.monitoring import monitor
from flows.sandbox import sandbox_variables
from flows.scrubbing import Name, files_that_name
from flows.servers import python_module
from flows.settings import Settings, load_settings
from pipelines.atomic import write_text
from pipelines.data import columns as c
from pipelines.environment import variables_set
from pipelines.errors import GateRefusedError
from pipelines.evaluation.report import PRIMARY_METRIC
from pipelines.home import Home
from pipelines.release.bundle import read_bundle
from pipelines.release.champion import bundle_path, champion_bundle, read_champion
from pipelines.release.events import read_events
from pipelines.testing.month.account import MonthAccount, NightAccount, judge, stale
from pipelines.testing.month.deliveries import Deliveries
from pipelines.testing.month.script import Night, month
from pipelines.testing.month.watching import drifts_seen, monitoring_rules, quiet_nights, unseen

_CONFIGURATION: Final = Path(__file__).resolve().parents[1] / "pipelines" / "testing" / "month"


@contextmanager
def settings_of_the_month(home: Path) -> Iterator[Settings]:
    """Give the settings of a simulated month, also to the processes started meanwhile."""
    names = {
        "CROSSFADE_TRAINING": str(_CONFIGURATION / "training.toml"),
        "CROSSFADE_POLICY": str(_CONFIGURATION / "policy.toml"),
    }
    with variables_set(sandbox_variables(Home(home.resolve())) | names), rehearsal():
        yield load_settings().settings


def simulate(settings: Settings, days: int) -> MonthAccount:
    """Live through a month in a new home folder; a Prefect server has to be there.

    Args:
        settings: Those of ``settings_of_the_month``.
        days: How many nights.

    Returns:
        What happened and what of it should not have.
    """
    began, worked = time.perf_counter(), _processor_seconds()
    nights = month(days)
    deliveries = Deliveries(nights)
    leaving = iter(deliveries.listeners[:: max(1, len(deliveries.listeners) // 10)])
    gone: list[str] = []
    home = settings.layout
    with _monitored(home, days):
        accounts = tuple(
            _night(night, deliveries, settings, [next(leaving) for _ in range(night.forget)], gone) for night in nights
        )
    seen = drifts_seen(accounts)
    wrong = (*_lost(home, deliveries, nights, gone), *_kept(home, gone), *_unasked(home), *stale(accounts))
    rows, moves = latest_snapshot(home).rows["interactions"], len(read_events(home.release_events))
    checked = (
        f"{len(gone)} people who left were looked for in every file of the home folder",
        f"{rows:,} interactions were compared with all that was delivered",
        f"{moves} moves in the log of releases were held against the decisions",
    )
    return MonthAccount(
        nights=accounts,
        wrong=(*wrong, *unseen(seen)),
        checked=checked,
        seconds=time.perf_counter() - began,
        processor_seconds=_processor_seconds() - worked,
        watched=(*(each.sentence for each in seen), quiet_nights(accounts)),
    )


@contextmanager
def _monitored(home: Home, days: int) -> Iterator[None]:
    """Let monitoring look with the rules for a month of so many nights."""
    rules = home.root.parent / "monitoring.toml"
    write_text(rules, monitoring_rules(days))
    with variables_set({"CROSSFADE_MONITORING": str(rules)}):
        yield


def _processor_seconds() -> float:
    """Return the processor time of this process and of those it has waited for, on all cores together."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _night(
    night: Night, deliveries: Deliveries, settings: Settings, leaving: list[str], gone: list[str]
) -> NightAccount:
    """Live through one night, and the morning after."""
    began, home = time.perf_counter(), settings.layout
    before = _served(home)
    options = deliveries.write(home.root.parent / f"{home.root.name}-inbox", night)
    died = night.crash_in is not None and _dies(night.crash_in, options)
    training = _CONFIGURATION / ("hopeless.toml" if night.bad_model else "training.toml")
    with variables_set({"CROSSFADE_TRAINING": str(training)}):
        account = replace(_lifecycle(night, options, home), died=died)
    for listener in leaving:
        requests_of(settings).add(listener, now=datetime.now(UTC))
    receipts = tuple(receipt.receipt_id for receipt in forget()) if leaving else ()
    gone += leaving
    account = replace(account, receipts=receipts, champion=_served(home), alarms=_alarms())
    account = replace(account, seconds=time.perf_counter() - began)
    return replace(account, wrong=(*judge(account, before), *_still_served(home, gone)))


def _alarms() -> tuple[str, ...] | None:
    """Let monitoring look, and return the breaches; None where it cannot tell whether what comes in has drifted."""
    report = monitor()
    if all(check.verdict == "unknown" for check in report.groups["inputs"] if check.kind == "psi"):
        return None
    return tuple(check.name for check in report.breaches)


def _lifecycle(night: Night, options: dict[str, str], home: Home) -> NightAccount:
    try:
        summary: LifecycleSummary = lifecycle("files", options)
    except GateRefusedError as error:
        return NightAccount(night, "stopped", error.what, _served(home))
    decision = summary.promoted.decision
    figures = read_bundle(bundle_path(home, summary.trained.record.bundle_id)).manifest["figures"]["metrics"]
    return NightAccount(
        night=night,
        outcome="promoted" if decision.promote else "refused",
        why=decision.reason,
        champion=_served(home),
        metric=figures.get(PRIMARY_METRIC, {}).get("mean"),
        warnings=summary.ingested.warnings,
    )


def _dies(step: str, options: dict[str, str]) -> bool:
    """Run the night in a process that is killed in a step, and tell whether it was."""
    command = python_module("flows.simulated_night", step, json.dumps(options))
    environment = os.environ | {"CROSSFADE_PREFECT_API_URL": os.environ["PREFECT_API_URL"]}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603 - our own program
    return done.returncode == -signal.SIGKILL


def _served(home: Home) -> str | None:
    champion = read_champion(home)
    return champion.bundle_id if champion else None


def _still_served(home: Home, gone: list[str]) -> list[str]:
    """Return who is known to the model that is served although they left."""
    if read_champion(home) is None:
        return []
    users = champion_bundle(home).users
    return [f"the champion still knows {listener}" for listener in gone if users.index(listener) >= 0]


def _lost(home: Home, deliveries: Deliveries, nights: tuple[Night, ...], gone: list[str]) -> list[str]:
    """Compare what is there with all that was delivered, without those who left."""
    wanted: set[tuple[object, ...]] = set()
    columns = (c.USER_ID, c.TRACK_ID, c.AT, c.KIND)
    for night in nights:
        if not night.bad_delivery:
            rows = deliveries.interactions(night)
            wanted.update(zip(*(rows[name].to_pylist() for name in columns), strict=True))
    wanted = {row for row in wanted if row[0] not in gone}
    there = latest_snapshot(home).interactions().data
    found = set(zip(*(there[name].to_pylist() for name in columns), strict=True))
    problems = {"lost": wanted - found, "there and never delivered": found - wanted}
    return [f"{len(rows):,} interactions are {words}" for words, rows in problems.items() if rows]


def _kept(home: Home, gone: list[str]) -> list[str]:
    found = {listener: files_that_name(home, Name(listener)) for listener in gone}
    return [
        f"{listener} still stands in {len(paths)} files, the first is {paths[0]}"
        for listener, paths in found.items()
        if paths
    ]


def _unasked(home: Home) -> list[str]:
    """Return promotions that no decision stands behind."""
    promoted = [entry.event for entry in read_events(home.release_events) if entry.event.move == "promote"]
    decided = [json.loads(path.read_text(encoding="utf-8")) for path in home.reports.glob("*/decision.json")]
    yes = sum(bool(each["promote"]) for each in decided)
    return [f"{len(promoted)} promotions, and {yes} decisions for one"] if len(promoted) > yes else []
