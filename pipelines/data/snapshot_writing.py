"""Writing a snapshot part by part; it appears whole, with a verdict about exactly its rows, or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.atomic import Draft, new_folder
from pipelines.data import columns as c
from pipelines.data.approval import Verdict
from pipelines.data.buckets import BUCKETS
from pipelines.data.canonical import Digests, bucket_digests, in_order, sort_rows
from pipelines.data.catalogue import SourcedTracks
from pipelines.data.hashing import hash_file, hash_json, hash_table
from pipelines.data.provenance import Provenance
from pipelines.data.reading import Reading
from pipelines.data.snapshot import FORMAT, MANIFEST, Part, Snapshot, read_snapshot
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables
from pipelines.data.watermarks import watermarks_of
from pipelines.errors import SnapshotError

_TEXTS = [field.name for field in c.INTERACTION_SCHEMA if pa.types.is_string(field.type)]


class SnapshotDraft:
    """A snapshot being written."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._parts: list[Part] = []
        self._sources: set[str] = set()
        self._rows = {InteractionTable.name: 0}
        self._others: dict[str, str] = {}
        self._extras: dict[str, str] = {}
        (draft.path / InteractionTable.name).mkdir()

    @property
    def fingerprint(self) -> str:
        """The hash that names exactly the rows written so far, in whatever parts they stand."""
        interactions = {bucket: digest for part in self._parts for bucket, digest in part.digests.items()}
        return Digests(interactions, self._others).fingerprint

    def write_part(self, buckets: range, interactions: pa.Table) -> None:
        """Write the interactions of some neighbouring buckets; parts come in the order of their buckets."""
        rows = in_order(interactions)
        part = Part(_file_of(buckets), buckets, rows.num_rows, bucket_digests(rows), watermarks_of(rows))
        pq.write_table(rows, self._draft.path / part.file, compression="zstd", use_dictionary=_TEXTS)
        self._note(part)

    def keep_part(self, trusted: Snapshot, part: Part) -> None:
        """Take over a part of another snapshot as it is; its file is shared, not copied."""
        source, target = trusted.file(part.file), self._draft.path / part.file
        try:
            os.link(source, target)
        except OSError:  # a file system without links
            shutil.copyfile(source, target)
        self._note(part)

    def write_others(self, tracks: SourcedTracks, playlists: PlaylistTable) -> None:
        """Write the tables that are held in memory."""
        for table in (tracks, playlists):
            rows = sort_rows(table.data, table.name)
            pq.write_table(rows, self._draft.path / f"{table.name}.parquet", compression="zstd")
            self._others[table.name] = hash_table(rows)
            self._rows[table.name] = rows.num_rows
            self._sources.update(pc.unique(rows[c.SOURCE]).to_pylist())

    def sourced_tracks(self) -> SourcedTracks:
        """Read back what was written of the tracks."""
        return SourcedTracks(pq.read_table(self._draft.path / f"{SourcedTracks.name}.parquet"))

    def write_extra(self, name: str, rows: pa.Table) -> None:
        """Write a table that was drawn from the others; it is part of what the snapshot is named by."""
        pq.write_table(rows, self._draft.path / f"{name}.parquet", compression="zstd")
        self._extras[name] = hash_table(rows)

    def publish(
        self, verdict: Verdict, provenance: tuple[Provenance, ...], readings: Mapping[str, Reading] | None = None
    ) -> Snapshot:
        """Give the snapshot its name.

        Args:
            verdict: What the gate said about exactly these rows.
            provenance: An entry or more for every source named in the rows; others are left out.
            readings: What a reading of each source is; a population where nothing is said.

        Raises:
            GateRefusedError: The verdict is a refusal.
            SnapshotError: The verdict is about other rows, or a source has no provenance.
        """
        verdict.require()
        if verdict.subject != self.fingerprint:
            raise SnapshotError("the verdict is about other rows", where="gate", remedy="Check exactly what is written")
        strangers = self._sources - {entry.source for entry in provenance}
        if strangers:
            raise SnapshotError(f"rows of '{min(strangers)}' have no provenance", where="snapshot")
        entries = [each.to_json() for each in provenance if each.source in self._sources]
        entries = sorted({hash_json(entry): entry for entry in entries}.values(), key=lambda each: each["source"])
        uses = sorted({(entry["source"], *entry["uses"]) for entry in entries})
        snapshot_id = hash_json([self.fingerprint, self._extras, uses])[:16]
        known = readings or {}
        folder = self._draft.path
        manifest = {
            "format": FORMAT,
            "snapshot_id": snapshot_id,
            "fingerprint": self.fingerprint,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "rows": self._rows,
            "files": {str(path.relative_to(folder)): hash_file(path) for path in sorted(folder.rglob("*.parquet"))},
            "parts": [part.to_json() for part in self._parts],
            "provenance": entries,
            "readings": {source: known.get(source, Reading.POPULATION) for source in sorted(self._sources)},
            "verdict": verdict.to_json(),
        }
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True), encoding="utf-8")
        return read_snapshot(self._draft.publish(snapshot_id))

    def _note(self, part: Part) -> None:
        self._parts.append(part)
        self._rows[InteractionTable.name] += part.rows
        self._sources.update(mark.source for mark in part.watermarks)


@contextmanager
def draft_snapshot(folder: Path) -> Iterator[SnapshotDraft]:
    """Give a draft of a snapshot; nothing is left of it where it is not published.

    Args:
        folder: Where snapshots live.

    Raises:
        CrossfadeError: The disk is full or the folder cannot be written.
    """
    with new_folder(folder) as draft:
        yield SnapshotDraft(draft)


def write_snapshot(
    folder: Path,
    tables: Tables,
    verdict: Verdict,
    provenance: tuple[Provenance, ...],
    readings: Mapping[str, Reading] | None = None,
) -> Snapshot:
    """Write tables that are held in memory, as one part.

    Args:
        folder: Where snapshots live.
        tables: The rows, after quarantine.
        verdict: What the gate said about exactly these rows.
        provenance: One entry for every source named in the rows.
        readings: What a reading of each source is.

    Raises:
        GateRefusedError: The verdict is a refusal.
        SnapshotError: The verdict is about other rows, or a source has no provenance.
    """
    verdict.require()
    with draft_snapshot(folder) as draft:
        draft.write_part(range(BUCKETS), tables.interactions.data)
        draft.write_others(SourcedTracks(tables.tracks.data), tables.playlists)
        return draft.publish(verdict, provenance, readings)


def _file_of(buckets: range) -> str:
    return f"{InteractionTable.name}/{buckets.start:03d}-{buckets.stop - 1:03d}.parquet"
