"""What came last: the snapshot to train on and the training to promote from, each named by a one-line file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipelines.atomic import write_text
from pipelines.data.snapshot import FORMAT, Snapshot, other_format, read_snapshot
from pipelines.data.succession import present_name
from pipelines.errors import ReleaseError, SnapshotError
from pipelines.home import Home

_RECORD = "training.json"


@dataclass(frozen=True)
class TrainingRecord:
    """A finished training: what it made and from what.

    Attributes:
        training_id: Its name: the id of its MLflow run.
        created_at: When it was finished (ISO 8601, UTC).
        snapshot_id: The data.
        config_hash: The training configuration.
        commit: The commit of the code; None where it is not known.
        winner: Name of the best candidate.
        bundle_id: Its bundle.
        model_version: Its version in the MLflow registry.
        flips: A sentence for each pair of candidates that the protocols order differently.
        basis: The consents the training rests on, and what the owner of the installation had decided.
    """

    training_id: str
    created_at: str
    snapshot_id: str
    config_hash: str
    commit: str | None
    winner: str
    bundle_id: str
    model_version: str
    flips: tuple[str, ...] = ()
    basis: Mapping[str, Any] = field(default_factory=dict)

    def folder(self, home: Home) -> Path:
        """Return the folder of its reports."""
        return home.reports / self.training_id

    def page(self, home: Home) -> Path:
        """Return its HTML page."""
        return self.folder(home) / "report.html"

    def decision(self, home: Home) -> Path:
        """Return the file with the last decision about its winner; there is none until it was judged."""
        return self.folder(home) / "decision.json"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)


def latest_snapshot(home: Home) -> Snapshot:
    """Open the snapshot that was ingested last.

    Raises:
        SnapshotError: Nothing was ingested yet, or the snapshot is damaged.
    """
    name = _line(home.latest_snapshot)
    if name is None:
        raise SnapshotError("there is no data yet", where=str(home.root), remedy="Run 'crossfade ingest' first")
    return snapshot_named(home, name)


def trusted_snapshot(home: Home) -> Snapshot | None:
    """Open the snapshot that what is read next will join; None before the first ingestion.

    One that was written by another release, in a format that is not read here, is left aside like none; whoever asks
    says so with ``left_aside``.

    Raises:
        SnapshotError: It is damaged.
    """
    name = _line(home.latest_snapshot)
    if name is None or other_format(home.snapshots / name) is not None:
        return None
    return snapshot_named(home, name)


def left_aside(home: Home) -> str | None:
    """Say which snapshot the next reading will not join, and what to do; None where it joins what is there."""
    name = _line(home.latest_snapshot)
    found = None if name is None else other_format(home.snapshots / name)
    if found is None:
        return None
    return (
        f"The snapshot {name} was written by another release (format {found}; this one reads {FORMAT}) and was left "
        "aside: none of its rows were joined. Ingest its sources again; then "
        f"{home.snapshots / str(name)} can be deleted."
    )


def snapshot_named(home: Home, snapshot_id: str) -> Snapshot:
    """Open a snapshot by its id, or by the id it had before somebody was forgotten.

    Raises:
        SnapshotError: There is no such snapshot, or it is damaged.
    """
    return read_snapshot(home.snapshots / present_name(home.snapshots, snapshot_id))


def set_latest_snapshot(home: Home, snapshot: Snapshot) -> None:
    """Make a snapshot the one to train on."""
    write_text(home.latest_snapshot, f"{snapshot.snapshot_id}\n")


def repoint_latest(home: Home, old: str, new: Snapshot) -> None:
    """Train on ``new`` where ``old`` was what to train on."""
    if _line(home.latest_snapshot) == old:
        set_latest_snapshot(home, new)


def save_training(home: Home, record: TrainingRecord) -> None:
    """Keep a training's record and make it the one to promote from."""
    save_record(home, record)
    write_text(_latest_training(home), f"{record.training_id}\n")


def records(home: Home) -> list[TrainingRecord]:
    """Return the record of every training, in the order of their ids.

    Raises:
        ReleaseError: One is damaged.
    """
    return [read_training(home, path.parent.name) for path in sorted(home.reports.glob(f"[!.]*/{_RECORD}"))]


def save_record(home: Home, record: TrainingRecord) -> None:
    """Keep a training's record."""
    write_text(record.folder(home) / _RECORD, json.dumps(record.to_json(), indent=2))


def latest_training(home: Home) -> TrainingRecord | None:
    """Return the record of the last training; None where nothing was trained yet.

    Raises:
        ReleaseError: It is damaged.
    """
    return read_training(home) if _line(_latest_training(home)) else None


def read_training(home: Home, training_id: str | None = None) -> TrainingRecord:
    """Return the record of a training, by default the last one.

    Raises:
        ReleaseError: Nothing was trained yet, or the record is missing or damaged.
    """
    name = training_id or _line(_latest_training(home))
    if name is None:
        raise ReleaseError("nothing was trained yet", where=str(home.root), remedy="Run 'crossfade train' first")
    path = home.reports / name / _RECORD
    try:
        return _record(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ReleaseError(
            "there is no readable record of this training",
            where=str(path),
            remedy="Name another one, or run 'crossfade train' and leave the name out",
        ) from error


def _record(raw: Mapping[str, Any]) -> TrainingRecord:
    return TrainingRecord(**{**raw, "flips": tuple(raw["flips"])})


def _latest_training(home: Home) -> Path:
    return home.reports / "LATEST"


def _line(path: Path) -> str | None:
    """Return the content of a one-line file, or None where there is none."""
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None
