"""Lists for everybody on disk: shards of Parquet with one row a listener, a record beside each, a manifest for all.

A run is a folder whose name is a hash of what decides its content: the bundle, the histories, k and the number of
shards. A shard appears whole or not at all, and then its record; so a run that was killed goes on where it was, in any
number of processes, and a run that is finished has nothing left to do but for shards whose listeners have blocked
something since. The manifest comes last. Folders and files of the bookkeeping begin with "_", which Spark, Hive and the
like leave out: the folder can be read as a table as it is.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pipelines.atomic import new_file, write_text
from pipelines.data.hashing import hash_file, hash_json
from pipelines.errors import CrossfadeError
from pipelines.release.batch_listeners import BatchListeners
from pipelines.release.list_files import ListFile, rows_without
from pipelines.release.model_bundle import ModelBundle
from pipelines.release.ranking_many import rank_many

FORMAT: Final = 2
MANIFEST: Final = "_manifest.json"
LATEST: Final = "LATEST"
RECORDS: Final = "_records"
_RUN: Final = re.compile(r"[0-9a-f]{16}")
#: So many listeners are ranked at a time and become a row group: 40 MB of a hundred tracks each.
_LISTENERS_AT_ONCE: Final = 32_768
#: About this many listeners share a shard, where nobody says how many shards there are.
LISTENERS_A_SHARD: Final = 100_000

#: Says of each of some listeners whether they may have no list.
Withheld = Callable[[pa.Array], np.ndarray]


@dataclass(frozen=True)
class ShardRecord:
    """One finished shard.

    Attributes:
        file: Its name in the folder of the run.
        listeners: How many have a row in it.
        tracks: How many places their lists have.
        withheld: How many have none because they are, or asked to be, forgotten.
        barred: What tells what was left out of their lists beside their histories; empty for nothing.
        bytes: Its size.
        sha256: The checksum of its content.
    """

    file: str
    listeners: int
    tracks: int
    withheld: int
    barred: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class BatchRun:
    """A batch of lists that is to be made, or was.

    Attributes:
        parent: The folder of all runs.
        bundle_id: The model.
        origin: The checksum of the table of histories; empty for the listeners of the bundle.
        listeners: How many there are.
        k: The length of each list.
        shards: How many files they are spread over.
    """

    parent: Path
    bundle_id: str
    origin: str
    listeners: int
    k: int
    shards: int

    @classmethod
    def of(cls, parent: Path, bundle: ModelBundle, everybody: BatchListeners, k: int, shards: int | None) -> BatchRun:
        """Return the run that makes lists of ``k`` tracks for everybody."""
        wanted = shards or -(-len(everybody) // LISTENERS_A_SHARD)
        return cls(parent, bundle.bundle_id, everybody.origin, len(everybody), k, max(1, wanted))

    @property
    def run_id(self) -> str:
        """The name of the run: the same for the same lists."""
        return hash_json([FORMAT, self.bundle_id, self.origin, self.listeners, self.k, self.shards])[:16]

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.parent / self.run_id

    @property
    def manifest(self) -> Path:
        """What says that it is finished, and of what it consists."""
        return self.folder / MANIFEST

    def rows(self, shard: int) -> slice:
        """Return which listeners a shard is about: neighbours, as many as in any other shard, or one more."""
        bounds = np.linspace(0, self.listeners, self.shards + 1).astype(int).tolist()
        return slice(bounds[shard], bounds[shard + 1])

    def finished(self, shard: int) -> ShardRecord | None:
        """Return the record of a shard that is there and as it was written; None where it has yet to be made."""
        record = _read_record(self._record(shard))
        path = self.folder / _name(shard)
        return record if record and path.is_file() and hash_file(path) == record.sha256 else None

    def up_to_date(self, shard: int, everybody: BatchListeners) -> ShardRecord | None:
        """Return the record of a shard that is there and leaves out what must not be in these lists by now."""
        record = self.finished(shard)
        if record is None:
            return None
        barred = everybody.exclusions.digest(everybody.ids[self.rows(shard)])
        return record if record.barred == barred else None

    def begin(self, everybody: BatchListeners) -> list[int]:
        """Return the shards that have yet to be made; until they are, the run is none that was finished."""
        todo = [shard for shard in range(self.shards) if self.up_to_date(shard, everybody) is None]
        if todo:
            self.manifest.unlink(missing_ok=True)
        return todo

    def keep(self, shard: int, record: ShardRecord) -> None:
        """Write down that a shard is finished."""
        write_text(self._record(shard), json.dumps(asdict(record), indent=2))

    def _record(self, shard: int) -> Path:
        return self.folder / RECORDS / f"{_stem(shard)}.json"


def write_shard(
    run: BatchRun, shard: int, bundle: ModelBundle, everybody: BatchListeners, withheld: Withheld
) -> ShardRecord:
    """Make the lists of one shard, unless that was done, and return its record.

    Who may have no list is asked before and again afterwards: somebody may ask to be forgotten meanwhile.

    Raises:
        CrossfadeError: The disk is full or the folder cannot be written.
    """
    if done := run.up_to_date(shard, everybody):
        return done
    chosen = run.rows(shard)
    ids = everybody.ids[chosen].cast(pa.string())
    out = withheld(ids)
    rows = np.flatnonzero(~out) + chosen.start
    path = run.folder / _name(shard)
    _clear_drafts(run.folder, path.name)
    with new_file(path) as file, ListFile(file, bundle) as lists:
        for block in np.array_split(rows, max(1, -(-len(rows) // _LISTENERS_AT_ONCE))):
            listeners = everybody.ids.take(pa.array(block))
            hidden = everybody.exclusions.matrix(bundle, listeners)
            lists.write(listeners, rank_many(bundle, everybody.histories[block], run.k, hidden))
    since = withheld(ids)
    if (since & ~out).any():
        rows_without(path, ids.filter(pa.array(since)))
    record = _record_of(path, int(since.sum()), everybody.exclusions.digest(ids))
    run.keep(shard, record)
    return record


def finish(run: BatchRun, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write the manifest of a run whose shards are all there, make it the latest, and return the manifest.

    Args:
        run: The run.
        facts: What else is worth knowing about it: snapshot, version of the model.

    Raises:
        CrossfadeError: A shard is missing, or the folder cannot be written.
    """
    records = [run.finished(shard) for shard in range(run.shards)]
    missing = [_name(shard) for shard, record in enumerate(records) if record is None]
    if missing:
        raise CrossfadeError(
            f"{len(missing)} shards are missing, the first is {missing[0]}",
            where=str(run.folder),
            remedy="Run it again",
        )
    there = [record for record in records if record is not None]
    manifest = {
        "format": FORMAT,
        "run_id": run.run_id,
        "bundle_id": run.bundle_id,
        "k": run.k,
        "histories": run.origin or "those of the bundle",
        **facts,
        **_totals(there),
        "shards": [asdict(record) for record in there],
    }
    write_text(run.manifest, json.dumps(manifest, indent=2))
    write_text(run.parent / LATEST, f"{run.run_id}\n")
    return manifest


def latest_run(parent: Path) -> str | None:
    """Return the name of the run that was finished last; None where there is none."""
    path = parent / LATEST
    return path.read_text(encoding="utf-8").strip() if path.exists() else None


def drop_other_runs(parent: Path, kept: Collection[str | None]) -> None:
    """Remove all runs from a folder but those that are kept."""
    for folder in parent.iterdir():
        if _RUN.fullmatch(folder.name) and folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def forget_lists(parent: Path, listener: str) -> Iterator[tuple[Path, str]]:
    """Remove a listener from every run in a folder; the records and manifests say what is there afterwards.

    Yields:
        Each file that was changed, and the checksum it had before.
    """
    _clear_drafts(parent, "part-*.parquet")
    for path in sorted(parent.glob("*/part-*.parquet")):
        before = hash_file(path)
        if not rows_without(path, pa.array([listener])):
            continue
        record = path.parent / RECORDS / f"{path.stem}.json"
        known = _read_record(record)
        if known is not None:
            new = _record_of(path, known.withheld + 1, known.barred)
            write_text(record, json.dumps(asdict(new), indent=2))
            _amend(path.parent / MANIFEST, new)
        yield path, before


def _clear_drafts(folder: Path, name: str) -> None:
    """Remove what killed processes left of shards; a process that is at work on one of them begins it again."""
    for draft in folder.rglob(f".{name}-*"):
        draft.unlink(missing_ok=True)


def _amend(manifest: Path, new: ShardRecord) -> None:
    """Let a manifest, where there is one, say what a shard now holds."""
    if manifest.exists():
        said = json.loads(manifest.read_text(encoding="utf-8"))
        shards = [ShardRecord(**each) for each in said["shards"]]
        shards = [new if each.file == new.file else each for each in shards]
        said |= {**_totals(shards), "shards": [asdict(each) for each in shards]}
        write_text(manifest, json.dumps(said, indent=2))


def _totals(records: list[ShardRecord]) -> dict[str, int]:
    return {name: sum(getattr(each, name) for each in records) for name in ("listeners", "tracks", "withheld", "bytes")}


def _record_of(path: Path, withheld: int, barred: str) -> ShardRecord:
    listeners, tracks = ListFile.counts(path)
    return ShardRecord(path.name, listeners, tracks, withheld, barred, path.stat().st_size, hash_file(path))


def _read_record(path: Path) -> ShardRecord | None:
    try:
        return ShardRecord(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # cut short by a full disk, or of another release: it is made anew
        return None


def _stem(shard: int) -> str:
    return f"part-{shard:05d}"


def _name(shard: int) -> str:
    return f"{_stem(shard)}.parquet"
