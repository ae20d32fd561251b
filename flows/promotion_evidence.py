"""What a promotion is decided on, gathered: reports, measurements, the champion, the data's age, listeners' words."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from flows.consent import may_still_be_used, permissions_of
from flows.latest import TrainingRecord, latest_snapshot, snapshot_named
from flows.listeners import online_verdict
from flows.servers import python_module
from flows.settings import Settings
from flows.stand_in import load_stand_in
from pipelines.data.hashing import hash_json
from pipelines.errors import BundleError, SnapshotError
from pipelines.evaluation.behaviour import KEPT_CHECKS
from pipelines.evaluation.leakage import KEPT_LEAKS
from pipelines.evaluation.report import load_reports
from pipelines.evaluation.segments import load_segments
from pipelines.home import Home
from pipelines.release.bundle import ModelBundle, read_bundle
from pipelines.release.champion import bundle_path, read_champion
from pipelines.release.evidence import ChampionRecord, Evidence
from pipelines.release.measuring import Measurements
from pipelines.release.policy import PromotionPolicy
from pipelines.release.refreshing import kept_share

_SECONDS_A_DAY: Final = 86_400.0


def evidence_about(record: TrainingRecord, settings: Settings, policy: PromotionPolicy) -> Evidence:
    """Return everything that was measured about a training's winner.

    Raises:
        CrossfadeError: A file of the training or the bundle is missing or damaged.
    """
    home, folder = settings.layout, record.folder(settings.layout)
    champion = champion_to_meet(settings)
    return Evidence(
        reports=load_reports(folder),
        challenger=record.winner,
        data_id=data_id(record.snapshot_id, record.basis),
        config_hash=record.config_hash,
        champion=champion_record(champion, read_bundle(bundle_path(home, record.bundle_id))) if champion else None,
        stand_in=load_stand_in(folder, champion.bundle_id, home) if champion else None,
        segments=load_segments(folder),
        checks=KEPT_CHECKS.load(folder),
        leaks=KEPT_LEAKS.load(folder),
        measured=measured_apart(bundle_path(home, record.bundle_id)),
        newest=newest_interaction(home, record.snapshot_id) if policy.freshness.max_age_days else None,
        now=datetime.now(UTC),
        online=online_verdict(settings, record.bundle_id, policy.online),
    )


def policy_of(settings: Settings) -> PromotionPolicy:
    """Return the promotion policy in force.

    Raises:
        ConfigError: The file cannot be read, or holds an unknown key or an impossible value.
    """
    return PromotionPolicy.from_toml(settings.policy) if settings.policy else PromotionPolicy()


def measured_apart(bundle: Path) -> Measurements:
    """Measure what serving a bundle costs, in a process that does nothing else.

    Raises:
        BundleError: The bundle cannot be read, or the process ended otherwise.
    """
    command = python_module("pipelines.release.measuring", str(bundle))
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise BundleError(f"it cannot be measured: {said[-1]}", where=str(bundle), remedy="Train again")
    return Measurements(**json.loads(done.stdout))


def newest_interaction(home: Home, snapshot_id: str) -> datetime | None:
    """Return the time of the newest interaction of a snapshot; None where none has a time."""
    times = [mark.latest for mark in snapshot_named(home, snapshot_id).watermarks if mark.latest]
    return max(times, default=None)


def days_behind(home: Home, snapshot_id: str) -> float | None:
    """Return how many of the last days of listening a snapshot does not know; None where that cannot be told."""
    try:
        known = newest_interaction(home, snapshot_id)
        newest = newest_interaction(home, latest_snapshot(home).snapshot_id)
    except SnapshotError:
        return None
    return None if known is None or newest is None else (newest - known).total_seconds() / _SECONDS_A_DAY


def champion_to_meet(settings: Settings) -> ModelBundle | None:
    """Return the champion's bundle; None where there is none to compare with.

    A champion whose bundle is gone or damaged cannot be served, and one that learned from rows that may train no longer
    should not be: neither is a reason to refuse a new one.
    """
    home = settings.layout
    champion = read_champion(home)
    if champion is None:
        return None
    try:
        bundle = read_bundle(bundle_path(home, champion.bundle_id))
    except BundleError:
        return None
    return bundle if may_still_be_used(bundle.manifest["lineage"], permissions_of(settings)) else None


def champion_record(champion: ModelBundle, challenger: ModelBundle) -> ChampionRecord:
    """Return what the decision needs to know about the champion."""
    lineage = champion.manifest["lineage"]
    return ChampionRecord(
        candidate=champion.manifest["recommender"],
        bundle_id=champion.bundle_id,
        data_id=data_of(champion),
        config_hash=lineage["config_hash"],
        kept=kept_share(champion, challenger),
        same_sources=set(lineage["sources"]) <= set(challenger.manifest["lineage"]["sources"]),
    )


def data_of(bundle: ModelBundle) -> str:
    """Name the data a bundle was trained on."""
    lineage = bundle.manifest["lineage"]
    return data_id(lineage["snapshot_id"], lineage.get("permissions", {}))


def data_id(snapshot_id: str, basis: Mapping[str, Any]) -> str:
    """Name data as a training saw them: a snapshot, and what of it was allowed to train."""
    return f"{snapshot_id} {hash_json(dict(basis))}"
