"""Immutable snapshots: Parquet files and a manifest, written only with a verdict that passed.

A snapshot is a folder named by its content:

    manifest.json                   ids, counts, checksums, provenance, watermarks and the verdict
    interactions/000-255.parquet    the interactions of a run of buckets (``pipelines.data.buckets``)
    tracks.parquet                  one row a track and source
    playlists.parquet
    <name>.parquet                  other tables that were drawn from these, see ``Snapshot.extra``

Rows stand in one order (``pipelines.data.canonical``), whatever order they came in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.data import columns as c
from pipelines.data.buckets import BUCKETS, buckets_of
from pipelines.data.catalogue import SourcedTracks, one_row_a_track
from pipelines.data.entities import Matches, join_catalogue
from pipelines.data.hashing import hash_file
from pipelines.data.permissions import NOTHING_AGREED, Permissions, permitted, usable_tracks
from pipelines.data.provenance import Provenance, Use
from pipelines.data.reading import Reading
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables, TrackCatalogue
from pipelines.data.watermarks import Watermark, joined
from pipelines.errors import SnapshotError

FORMAT = 2
MANIFEST = "manifest.json"
#: The extra table of tracks that are the same recording.
MATCHES = "matches"


@dataclass(frozen=True)
class Part:
    """A file of interactions.

    Attributes:
        file: Its path inside the snapshot.
        buckets: Whose rows it holds.
        rows: How many.
        digests: SHA-256 of the rows of each bucket that has any.
        watermarks: How far each source has been read, as far as its rows stand here.
    """

    file: str
    buckets: range
    rows: int
    digests: Mapping[int, str]
    watermarks: tuple[Watermark, ...]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "file": self.file,
            "buckets": [self.buckets.start, self.buckets.stop],
            "rows": self.rows,
            "digests": dict(self.digests),
            "watermarks": [mark.to_json() for mark in self.watermarks],
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Part:
        """Read what ``to_json`` wrote."""
        digests = {int(bucket): digest for bucket, digest in raw["digests"].items()}
        watermarks = tuple(Watermark.from_json(entry) for entry in raw["watermarks"])
        return cls(raw["file"], range(*raw["buckets"]), raw["rows"], digests, watermarks)


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
        """The snapshot's name: a hash of its rows and of what they may be used for."""
        return str(self.manifest["snapshot_id"])

    @property
    def provenance(self) -> tuple[Provenance, ...]:
        """Where the rows come from."""
        return tuple(Provenance.from_json(entry) for entry in self.manifest["provenance"])

    @property
    def readings(self) -> dict[str, Reading]:
        """What a reading of each source is."""
        return {source: Reading(reading) for source, reading in self.manifest["readings"].items()}

    @property
    def watermarks(self) -> tuple[Watermark, ...]:
        """How far each source has been read."""
        return joined(mark for part in self.parts for mark in part.watermarks)

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each table has; tracks that several sources know count once for each."""
        return dict(self.manifest["rows"])

    @property
    def parts(self) -> tuple[Part, ...]:
        """The files of interactions, in the order of their rows."""
        return tuple(Part.from_json(entry) for entry in self.manifest["parts"])

    def tables(self) -> Tables:
        """Read all rows, for showing and checking."""
        return Tables(self.interactions(), self.catalogue(), self.playlists())

    def interactions(self) -> InteractionTable:
        """Read all interactions."""
        return InteractionTable(self.interactions_of(range(BUCKETS)))

    def interactions_of(self, buckets: range) -> pa.Table:
        """Read the interactions of the listeners in some neighbouring buckets."""
        found = [c.INTERACTION_SCHEMA.empty_table()]
        for part in self.parts:
            shared = range(max(part.buckets.start, buckets.start), min(part.buckets.stop, buckets.stop))
            if shared:
                rows = self._read(part.file)
                found.append(rows if shared == part.buckets else _within(rows, shared))
        return pa.concat_tables(found)

    def batches(self, files: slice = slice(None)) -> Iterator[InteractionTable]:
        """Read the interactions file by file, in their order; by default all files."""
        for part in self.parts[files]:
            yield InteractionTable(self._read(part.file))

    def training_rows(self, permissions: Permissions = NOTHING_AGREED, files: slice = slice(None)) -> InteractionTable:
        """Read the interactions a model may learn from, and no other, with the ids the rows came with.

        Args:
            permissions: What people and the owner have agreed to.
            files: Which of the files to read; each holds all rows of its listeners. By default all of them.
        """
        parts = (part.data for part in self.batches(files))
        rows = (part.filter(permitted(part, Use.TRAIN, self.provenance, permissions)) for part in parts)
        return InteractionTable(pa.concat_tables([c.INTERACTION_SCHEMA.empty_table(), *rows]))

    def training_interactions(self, permissions: Permissions = NOTHING_AGREED) -> InteractionTable:
        """Read the same rows; joined tracks go by one id."""
        return InteractionTable(self.matches.renamed(self.training_rows(permissions).data))

    def sourced_tracks(self) -> SourcedTracks:
        """Read what each source says of each track."""
        return SourcedTracks(self._read(f"{TrackCatalogue.name}.parquet"))

    def catalogue(self) -> TrackCatalogue:
        """Read the catalogue: one row a track, put together from all sources that know it."""
        return one_row_a_track(self.sourced_tracks(), self.provenance)

    def tracks(self, use: Use, permissions: Permissions = NOTHING_AGREED) -> TrackCatalogue:
        """Read the catalogue for one use, one row a recording.

        Of what may not be used so it holds nothing but ids: it fills no gap of a recording either.
        """
        usable = usable_tracks(self.sourced_tracks(), use, self.provenance, permissions)
        return join_catalogue(one_row_a_track(usable, self.provenance), self.matches)

    @cached_property
    def matches(self) -> Matches:
        """Which tracks are the same recording; the other tables hold the ids the rows came with."""
        rows = self.extra(MATCHES)  # noqa: S610 - this is not Django's
        return Matches.none() if rows is None else Matches(rows)

    def playlists(self) -> PlaylistTable:
        """Read all playlist rows."""
        return PlaylistTable(self._read(f"{PlaylistTable.name}.parquet"))

    def extra(self, name: str) -> pa.Table | None:
        """Read a table that was drawn from the others when the snapshot was written; None where there is none."""
        file = f"{name}.parquet"
        return self._read(file) if file in self.manifest["files"] else None

    def file(self, name: str) -> Path:
        """Return the path of one of its files, which is as the gate approved it.

        Raises:
            SnapshotError: It is missing or was changed.
        """
        path = self.path / name
        if not path.is_file() or hash_file(path) != self.manifest["files"][name]:
            raise SnapshotError(
                f"'{name}' is missing or was changed after the gate approved it",
                where=str(self.path),
                remedy="Put it back, or remove the file LATEST beside the snapshot and ingest everything again",
            )
        return path

    def _read(self, name: str) -> pa.Table:
        return pq.read_table(self.file(name))


def _within(rows: pa.Table, buckets: range) -> pa.Table:
    of_row = buckets_of(rows[c.USER_ID])
    return rows.filter(pa.array((of_row >= buckets.start) & (of_row < buckets.stop)))


def other_format(path: Path) -> int | None:
    """Return the format of a whole snapshot of another release, which this one does not read; None for any other."""
    try:
        found = json.loads((path / MANIFEST).read_text(encoding="utf-8"))["format"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, int) and found != FORMAT else None


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
    if (other := other_format(path)) is not None:
        raise SnapshotError(
            f"it was written by another release (format {other}; this one reads {FORMAT})",
            where=str(path),
            remedy="Ingest its sources again, or use the release that wrote it",
        )
    if manifest.get("format") != FORMAT or not manifest.get("verdict", {}).get("passed"):
        raise SnapshotError("it was never approved", where=str(path), remedy="Ingest again")
    return Snapshot(path, manifest)
