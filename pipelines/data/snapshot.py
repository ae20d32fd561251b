"""Immutable snapshots: Parquet files and a manifest, written only with a verdict that passed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.atomic import new_folder
from pipelines.data import columns as c
from pipelines.data.approval import Verdict, fingerprint
from pipelines.data.hashing import hash_file
from pipelines.data.permissions import NOTHING_AGREED, Permissions, permitted, usable_tracks
from pipelines.data.provenance import Provenance, Use
from pipelines.data.tables import InteractionTable, PlaylistTable, Table, Tables, TrackCatalogue
from pipelines.errors import SnapshotError

FORMAT = 1
MANIFEST = "manifest.json"
_TABLES: tuple[type[Table], ...] = (InteractionTable, TrackCatalogue, PlaylistTable)


@dataclass(frozen=True)
class Snapshot:
    """A set of tables that passed the gate, frozen on disk.

    Attributes:
        path: Its folder.
        manifest: Id, counts, checksums, provenance and the verdict.
    """

    path: Path
    manifest: Mapping[str, Any]

    @property
    def snapshot_id(self) -> str:
        """The snapshot's name: a hash of its rows."""
        return str(self.manifest["snapshot_id"])

    @property
    def provenance(self) -> tuple[Provenance, ...]:
        """Where the rows come from."""
        return tuple(Provenance.from_json(entry) for entry in self.manifest["provenance"])

    def tables(self) -> Tables:
        """Read all rows, for showing and checking."""
        interactions, tracks, playlists = (self._read(kind) for kind in _TABLES)
        return Tables(InteractionTable(interactions), TrackCatalogue(tracks), PlaylistTable(playlists))

    def training_interactions(self, permissions: Permissions = NOTHING_AGREED) -> InteractionTable:
        """Read the interactions a model may learn from, and no other.

        Args:
            permissions: What people and the owner have agreed to.
        """
        rows = self._read(InteractionTable)
        return InteractionTable(rows.filter(permitted(rows, Use.TRAIN, self.provenance, permissions)))

    def tracks(self, use: Use, permissions: Permissions = NOTHING_AGREED) -> TrackCatalogue:
        """Read the catalogue for one use; of tracks that may not be used so it holds nothing but the id."""
        return usable_tracks(TrackCatalogue(self._read(TrackCatalogue)), use, self.provenance, permissions)

    def _read(self, kind: type[Table]) -> pa.Table:
        path = self.path / f"{kind.name}.parquet"
        if not path.is_file() or hash_file(path) != self.manifest["files"][path.name]:
            raise SnapshotError(
                f"'{path.name}' is missing or was changed after the gate approved it",
                where=str(self.path),
                remedy="Ingest again",
            )
        return pq.read_table(path)


def write_snapshot(folder: Path, tables: Tables, verdict: Verdict, provenance: tuple[Provenance, ...]) -> Snapshot:
    """Write tables the gate approved; the folder appears whole or not at all.

    Args:
        folder: Where snapshots live.
        tables: The rows, after quarantine.
        verdict: What the gate said about exactly these rows.
        provenance: One entry for every source named in the rows.

    Raises:
        GateRefusedError: The verdict is a refusal.
        SnapshotError: The verdict is about other rows, or a source has no provenance.
    """
    verdict.require()
    snapshot_id = fingerprint(tables)
    if verdict.subject != snapshot_id:
        raise SnapshotError("the verdict is about other rows", where="gate", remedy="Check exactly what is written")
    known = {entry.source for entry in provenance}
    for table in (tables.interactions, tables.tracks, tables.playlists):
        strangers = set(pc.unique(table.data[c.SOURCE]).to_pylist()) - known
        if strangers:
            raise SnapshotError(f"rows of '{strangers.pop()}' have no provenance", where=f"table '{table.name}'")
    with new_folder(folder) as draft:
        for table in (tables.interactions, tables.tracks, tables.playlists):
            pq.write_table(table.data, draft.path / f"{table.name}.parquet", compression="zstd")
        manifest = {
            "format": FORMAT,
            "snapshot_id": snapshot_id[:16],
            "fingerprint": snapshot_id,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "rows": {table.name: len(table) for table in (tables.interactions, tables.tracks, tables.playlists)},
            "files": {path.name: hash_file(path) for path in sorted(draft.path.iterdir())},
            "provenance": [entry.to_json() for entry in sorted(provenance, key=lambda entry: entry.source)],
            "verdict": verdict.to_json(),
        }
        (draft.path / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True), encoding="utf-8")
        return read_snapshot(draft.publish(snapshot_id[:16]))


def read_snapshot(path: Path) -> Snapshot:
    """Open a snapshot.

    Raises:
        SnapshotError: It is missing or damaged, of another format, or was not approved.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SnapshotError(
            "there is no readable snapshot", where=str(path), remedy="Run 'crossfade ingest'"
        ) from error
    if manifest.get("format") != FORMAT or not manifest.get("verdict", {}).get("passed"):
        raise SnapshotError("it is of another format or was never approved", where=str(path), remedy="Ingest again")
    return Snapshot(path, manifest)
