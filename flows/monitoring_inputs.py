"""What monitoring looks at, gathered: snapshots, models, what listeners did, ages, the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import httpx

from flows.latest import snapshot_named, trusted_snapshot
from flows.listeners import online_results
from flows.promotion_evidence import newest_interaction
from flows.settings import Settings
from pipelines.data.snapshot import Snapshot
from pipelines.data.succession import present_name
from pipelines.errors import BundleError, CrossfadeError
from pipelines.home import Home
from pipelines.monitoring.checks import Check, at_most, unknown
from pipelines.monitoring.freshness import freshness_checks
from pipelines.monitoring.inputs import input_checks
from pipelines.monitoring.outcomes import outcome_checks
from pipelines.monitoring.predictions import Earlier, lists_for, popular_tracks, prediction_checks, sample_of
from pipelines.monitoring.rules import MonitoringRules
from pipelines.monitoring.service import ServiceWords, service_checks
from pipelines.monitoring.windows import Windows, by_time, of_two
from pipelines.release.bundle import read_bundle
from pipelines.release.champion import bundle_path, read_champion
from pipelines.release.events import read_events
from pipelines.store.times import moment

Look = Callable[[Settings, MonitoringRules, datetime], tuple[Check, ...]]
_NOTHING_YET = "there is no data yet"


def rules_of(settings: Settings) -> MonitoringRules:
    """Return the rules of monitoring in force.

    Raises:
        ConfigError: The file cannot be read, or holds an unknown key or an impossible value.
    """
    return MonitoringRules.from_toml(settings.monitoring) if settings.monitoring else MonitoringRules()


def looks(against: str | None) -> Mapping[str, Look]:
    """Return everything that is looked at, by name.

    Args:
        against: A snapshot the newest is to be compared with; None for windows of time.
    """
    return {
        "inputs": lambda settings, rules, _: _inputs(settings, rules, against),
        "predictions": _predictions,
        "outcomes": _outcomes,
        "freshness": _freshness,
        "service": _service,
    }


def look(part: str, at: Look, settings: Settings, rules: MonitoringRules, now: datetime) -> tuple[Check, ...]:
    """Look at one part; one that cannot be looked at is a breach of its own and keeps nobody from the others."""
    try:
        return _look_twice(at, settings, rules, now)
    except CrossfadeError as error:
        return (at_most("unreadable", part, 1.0, 0.0, f"{part} cannot be looked at: {error}"),)


def _look_twice(at: Look, settings: Settings, rules: MonitoringRules, now: datetime) -> tuple[Check, ...]:
    """Look, and again where that fails: when somebody is forgotten, snapshots and bundles get new names meanwhile."""
    try:
        return at(settings, rules, now)
    except CrossfadeError:
        return at(settings, rules, now)


def _inputs(settings: Settings, rules: MonitoringRules, against: str | None) -> tuple[Check, ...]:
    home = settings.layout
    newest = trusted_snapshot(home)
    if newest is None:
        return (unknown("volume", "interactions", _NOTHING_YET),)
    end = newest_interaction(home, newest.snapshot_id)
    if against is None and end is not None:
        windows = by_time((part.data for part in newest.batches()), newest.catalogue(), end, rules.inputs)
        return input_checks(windows, rules.inputs)
    before = _earlier_snapshot(home, against)
    if before is None or before.snapshot_id == newest.snapshot_id:
        return (unknown("volume", "interactions", "nothing has come in since the champion was trained"),)
    return input_checks(_two(before, newest, rules), rules.inputs)


def _two(before: Snapshot, newest: Snapshot, rules: MonitoringRules) -> Windows:
    old, new = ((part.data for part in each.batches()) for each in (before, newest))
    return of_two(old, new, newest.catalogue(), rules.inputs)


def _earlier_snapshot(home: Home, against: str | None) -> Snapshot | None:
    """Return the snapshot that was named, else the one the champion was trained on; None where there is no champion."""
    if against is not None:
        return snapshot_named(home, against)
    champion = read_champion(home)
    if champion is None:
        return None
    manifest = read_bundle(bundle_path(home, champion.bundle_id), verify=False).manifest
    return snapshot_named(home, manifest["lineage"]["snapshot_id"])


def _predictions(settings: Settings, rules: MonitoringRules, now: datetime) -> tuple[Check, ...]:
    home, champion = settings.layout, read_champion(settings.layout)
    if champion is None:
        return (unknown("coverage", "", "nothing is served yet"),)
    bundle = read_bundle(bundle_path(home, champion.bundle_id), verify=False)
    histories = sample_of(bundle, rules.predictions)
    lists = lists_for(bundle, histories, rules.predictions.k)
    earlier = _served_before(home, now - timedelta(days=1))
    before = None
    if earlier == champion.bundle_id:
        before = Earlier(earlier, lists)
    elif earlier is not None:
        try:
            past = read_bundle(bundle_path(home, earlier), verify=False)
            before = Earlier(earlier, lists_for(past, histories, rules.predictions.k))
        except BundleError:
            before = Earlier(earlier, None)
    popular = popular_tracks(bundle, rules.predictions.head)
    return prediction_checks(lists, len(bundle.tracks), popular, before, rules.predictions)


def _served_before(home: Home, when: datetime) -> str | None:
    """Return the champion of a time, by the name its bundle has now; None where there was none."""
    found = None
    for entry in read_events(home.release_events):
        if datetime.fromisoformat(entry.event.at) <= when:
            found = str(entry.state["bundle_id"])
    return present_name(home.bundles, found) if found else None


def _outcomes(settings: Settings, rules: MonitoringRules, now: datetime) -> tuple[Check, ...]:
    begin = now - timedelta(days=rules.outcomes.days)
    before = begin - timedelta(days=rules.outcomes.days_before)
    recent = online_results(settings, since=moment(begin))
    past = online_results(settings, since=moment(before), until=moment(begin), by_model=False)
    return outcome_checks(recent, past, rules.outcomes)


def _freshness(settings: Settings, rules: MonitoringRules, now: datetime) -> tuple[Check, ...]:
    home = settings.layout
    snapshot, champion = trusted_snapshot(home), read_champion(home)
    taken_in = datetime.fromtimestamp(home.latest_snapshot.stat().st_mtime, UTC) if snapshot else None
    return freshness_checks(
        interaction=newest_interaction(home, snapshot.snapshot_id) if snapshot else None,
        ingestion=taken_in,
        champion=datetime.fromisoformat(champion.since) if champion else None,
        now=now,
        rules=rules.freshness,
    )


def _service(settings: Settings, rules: MonitoringRules, _: datetime) -> tuple[Check, ...]:
    if not settings.watched_service:
        return ()
    champion = read_champion(settings.layout)
    words = ask_service(settings.watched_service.rstrip("/"), rules.service.timeout_seconds)
    return service_checks(words, champion.bundle_id if champion else None, rules.service)


def ask_service(url: str, seconds: float) -> ServiceWords:
    """Ask a service how it is.

    Args:
        url: Its address.
        seconds: How long it may take to answer.
    """
    try:
        ready = httpx.get(f"{url}/readyz", timeout=seconds).is_success
        answer = httpx.post(f"{url}/v1/health", json={}, timeout=seconds)
        return ServiceWords(url, ready, answer.raise_for_status().json())
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return ServiceWords(url, ready=False, problem=str(error) or type(error).__name__)
