"""The lines of all models a home folder knows, gathered from trainings, bundles, snapshots, consents and Bentos."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.latest import TrainingRecord, read_training, snapshot_named
from flows.listeners import served_list
from flows.settings import Settings
from pipelines.data.consent import Consent, ConsentLedger
from pipelines.data.provenance import Provenance
from pipelines.data.snapshot import Snapshot
from pipelines.data.succession import present_name, successors
from pipelines.engines.choosing import LOCAL
from pipelines.errors import CrossfadeError
from pipelines.home import Home
from pipelines.release.bentos import read_bentos
from pipelines.release.bundle import MANIFEST
from pipelines.release.lineage import Line, RowSource, Served, Trace, trace
from pipelines.release.states import bundle_path, read_releases

Json = Mapping[str, Any]


def lineage_of(settings: Settings, anything: str) -> Trace:
    """Return what an id leads to; nothing but the home folder and the event store is asked.

    A snapshot or bundle that was written anew when somebody was forgotten is found by the names it had before, too.

    Raises:
        CrossfadeError: Nothing has this id, or the state of the release or the event store cannot be read.
    """
    home = settings.layout
    renamed = successors(home.bundles) | successors(home.snapshots)

    def today(name: str) -> str:
        return present_name(home.bundles, present_name(home.snapshots, name)) if name in renamed else name

    def request(request_id: str) -> Served | None:
        found = served_list(settings, request_id)
        return replace(found, bundle_id=today(found.bundle_id)) if found else None

    return trace(known_lines(home), today(anything), request)


def known_lines(home: Home) -> tuple[Line, ...]:
    """Return a line for each training, and for each bundle whose training's record is gone."""
    releases, bentos = read_releases(home), read_bentos(home)
    consents = {each.consent_id: each for each in ConsentLedger(home.consents).consents()}
    lines = []
    for record, bundle_id, manifest in _models(home):
        lineage = manifest.get("lineage", {})
        snapshot_id = record.snapshot_id if record else str(lineage.get("snapshot_id", ""))
        basis = record.basis if record else lineage.get("permissions", {})
        snapshot = _snapshot(home, snapshot_id)
        decision = _json(record.decision(home)) if record else {}
        lines.append(
            Line(
                training_id=record.training_id if record else None,
                trained_at=record.created_at if record else None,
                model_version=record.model_version if record else None,
                recommender=record.winner if record else str(manifest.get("recommender", "")),
                bundle_id=bundle_id,
                snapshot_id=snapshot_id,
                config_hash=record.config_hash if record else str(lineage.get("config_hash", "")),
                commit=record.commit if record else lineage.get("commit"),
                engine=str(lineage.get("engine", LOCAL)),
                verdict=_verdict(decision),
                policy=decision.get("policy_hash"),
                role=releases.role_of(bundle_id) if releases else "candidate",
                bentos=tuple(each.tag for each in bentos if each.bundle_id == bundle_id),
                sources=_sources(snapshot, [consents[each] for each in basis.get("consents", ()) if each in consents]),
                gone=_gone(record, manifest, snapshot),
            )
        )
    return tuple(lines)


def _models(home: Home) -> Iterator[tuple[TrainingRecord | None, str, Json]]:
    """Yield each training with its bundle's manifest, then the bundles no training is known of."""
    seen = set()
    for path in sorted(home.reports.glob("*/training.json")):
        try:
            record = read_training(home, path.parent.name)
        except CrossfadeError:
            continue
        seen.add(record.bundle_id)
        yield record, record.bundle_id, _json(bundle_path(home, record.bundle_id) / MANIFEST)
    for path in sorted(home.bundles.glob(f"[!.]*/{MANIFEST}")):
        if path.parent.name not in seen:
            yield None, path.parent.name, _json(path)


def _sources(snapshot: Snapshot | None, consents: list[Consent]) -> tuple[RowSource, ...]:
    """Return where the rows of a snapshot come from, with the consents the model rests on."""
    if snapshot is None:
        return ()
    return tuple(_source(origin, snapshot, consents) for origin in snapshot.provenance)


def _source(origin: Provenance, snapshot: Snapshot, consents: list[Consent]) -> RowSource:
    marks = [mark for mark in snapshot.watermarks if mark.source == origin.source]
    return RowSource(
        provenance=origin,
        rows=sum(mark.rows for mark in marks),
        newest=max((mark.latest.isoformat() for mark in marks if mark.latest), default=None),
        consents=tuple(each for each in consents if each.source == origin.source),
    )


def _snapshot(home: Home, snapshot_id: str) -> Snapshot | None:
    try:
        return snapshot_named(home, snapshot_id) if snapshot_id else None
    except CrossfadeError:
        return None


def _gone(record: TrainingRecord | None, manifest: Json, snapshot: Snapshot | None) -> tuple[str, ...]:
    there = {"training record": record, "bundle": manifest, "snapshot": snapshot}
    return tuple(name for name, value in there.items() if not value)


def _verdict(decision: Json) -> str | None:
    if not decision:
        return None
    reason = str(decision["reason"]).removeprefix(f"{decision['challenger']} is refused: ")
    return f"{'promoted' if decision['promote'] else 'refused'}: {reason}"


def _json(path: Path) -> Json:
    """Return a file's content; nothing where it is gone or damaged."""
    try:
        content: Json = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content
