"""Quarantine: the lines about what the gate set aside, kept where people can look at them.

An entry is a folder named by its rows. The rows never change; those that were let in later are named in a file beside
them, which is replaced in one step, so that no kill can lose a row.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.atomic import new_folder, write_text
from pipelines.data.hashing import hash_json, hash_table
from pipelines.data.row_parsing import ROW
from pipelines.errors import CrossfadeError
from validation.quarantine_lines import QUARANTINE_SCHEMA, ReasonCount, add_up, count_reasons

_ROWS = "rows.parquet"
_SUMMARY = "summary.json"
_LEFT = "left.json"
#: The source of entries that were written before entries said it.
_UNKNOWN_SOURCE = "unknown"


@dataclass(frozen=True)
class QuarantineEntry:
    """The quarantine of one ingestion.

    Attributes:
        path: Its folder.
        created_at: When it was written, in ISO form.
        source: The source the rows come from.
        subject: Fingerprint of the tables that went on.
        reasons: The rows that are still in it, by reason.
        left: Numbers of the rows that left it, counted from 1.
    """

    path: Path
    created_at: str
    source: str
    subject: str
    reasons: tuple[ReasonCount, ...]
    left: frozenset[int] = frozenset()

    @property
    def entry_id(self) -> str:
        """The entry's name: a hash of the rows that were put in."""
        return self.path.name

    @property
    def count(self) -> int:
        """How many rows are still in it."""
        return sum(reason.rows for reason in self.reasons)

    def rows(self) -> pa.Table:
        """Read the rows that are still in it; the columns are those of ``QUARANTINE_SCHEMA``.

        Raises:
            CrossfadeError: They are damaged.
        """
        return _rows_left(self.path, self.left)

    def numbers(self) -> np.ndarray:
        """Return the number of each row of ``rows``, counted from 1 over all rows that were put in."""
        with _readable(self.path):
            everything = np.arange(1, pq.read_metadata(self.path / _ROWS).num_rows + 1)
        return everything[~np.isin(everything, sorted(self.left))]

    def let_go(self, numbers: Iterable[int]) -> QuarantineEntry:
        """Record that rows have left, and return the entry without them.

        Args:
            numbers: Their numbers.

        Raises:
            CrossfadeError: The disk is full or the folder cannot be written.
        """
        left = sorted(self.left.union(int(number) for number in numbers))
        write_text(self.path / _LEFT, json.dumps(left))
        return _read_entry(self.path)


def write_quarantine(
    folder: Path, quarantined: Iterable[pa.Table], *, source: str, subject: str, now: datetime
) -> QuarantineEntry | None:
    """Keep what was set aside; the same rows are kept once, however often they come.

    Rows that had been let in and are set aside again are in quarantine again.

    Args:
        folder: Where quarantine lives.
        quarantined: The lines, of ``QUARANTINE_SCHEMA``, some at a time.
        source: The source the rows come from.
        subject: Fingerprint of the tables that went on.
        now: The time of the ingestion.

    Returns:
        What was written; None where there was nothing to write.

    Raises:
        CrossfadeError: The disk is full or the folder cannot be written.
    """
    parts = (part for part in quarantined if part.num_rows)
    first = next(parts, None)
    if first is None:
        return None
    with new_folder(folder) as draft:
        reasons: list[ReasonCount] = []
        digests: list[str] = []
        with pq.ParquetWriter(draft.path / _ROWS, QUARANTINE_SCHEMA, compression="zstd") as file:
            for part in chain([first], parts):
                file.write_table(part)
                reasons += count_reasons(part)
                digests.append(hash_table(part))
        summary = {
            "created_at": now.isoformat(timespec="seconds"),
            "source": source,
            "subject": subject,
            "reasons": [asdict(reason) for reason in add_up(reasons)],
        }
        (draft.path / _SUMMARY).write_text(json.dumps(summary, indent=2), encoding="utf-8")
        path = draft.publish(hash_json([source, *digests])[:16])
    (path / _LEFT).unlink(missing_ok=True)
    return _read_entry(path)


def forget_rows(entry: QuarantineEntry, person: str) -> QuarantineEntry | None:
    """Write an entry without a person's rows, remove the old one, and return what is left of it.

    Args:
        entry: The entry; it is returned as it is where it holds no row with this id.
        person: The id.

    Returns:
        The new entry, which has a name of its own; None where no row is left.

    Raises:
        CrossfadeError: The entry is damaged, or cannot be written.
    """
    rows = _rows_left(entry.path, frozenset())
    stays = np.array([person not in _values(row) for row in rows[ROW].to_pylist()], dtype=bool)
    if stays.all():
        return entry
    made = write_quarantine(
        entry.path.parent,
        [rows.filter(pa.array(stays))],
        source=entry.source,
        subject=entry.subject,
        now=datetime.fromisoformat(entry.created_at),
    )
    if made is not None:
        old_numbers = np.flatnonzero(stays) + 1
        made = made.let_go(np.flatnonzero(np.isin(old_numbers, sorted(entry.left))) + 1)
    shutil.rmtree(entry.path)
    return made


def _values(row: str) -> list[str]:
    """Return the texts of a row as they would be read: without spaces around them."""
    return [str(value).strip() for value in json.loads(row).values()]


def list_quarantine(folder: Path) -> tuple[QuarantineEntry, ...]:
    """Return every entry, the newest first.

    Raises:
        CrossfadeError: An entry is damaged.
    """
    entries = [_read_entry(path.parent) for path in folder.glob(f"[!.]*/{_SUMMARY}")]
    return tuple(sorted(entries, key=lambda entry: (entry.created_at, entry.path.name), reverse=True))


def find_quarantine(folder: Path, entry_id: str) -> QuarantineEntry:
    """Return an entry by its id, or by the beginning of it that no other has.

    Raises:
        CrossfadeError: There is no such entry, there are several, or it is damaged.
    """
    found = [path.parent for path in folder.glob(f"[!.]*/{_SUMMARY}") if path.parent.name.startswith(entry_id)]
    if len(found) != 1 or not entry_id:
        what = "several entries begin" if len(found) > 1 else "no entry begins"
        raise CrossfadeError(
            f"{what} with '{entry_id}'", where="quarantine", remedy="'crossfade quarantine list' shows all"
        )
    return _read_entry(found[0])


def _read_entry(path: Path) -> QuarantineEntry:
    try:
        summary: dict[str, Any] = json.loads((path / _SUMMARY).read_text(encoding="utf-8"))
        left = _left(path)
        counted = tuple(ReasonCount(**reason) for reason in summary["reasons"])
        reasons = count_reasons(_rows_left(path, left)) if left else counted
        source = summary.get("source", _UNKNOWN_SOURCE)
        return QuarantineEntry(path, summary["created_at"], source, summary["subject"], reasons, left)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CrossfadeError(
            "its summary cannot be read", where=str(path), remedy="Remove the folder, then ingest again"
        ) from error


def _left(path: Path) -> frozenset[int]:
    try:
        return frozenset(json.loads((path / _LEFT).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return frozenset()


def _rows_left(path: Path, left: frozenset[int]) -> pa.Table:
    with _readable(path):
        rows = pq.read_table(path / _ROWS)
        stays = np.ones(rows.num_rows, dtype=bool)
        stays[np.array(sorted(left), dtype=np.int64) - 1] = False
    return rows if stays.all() else rows.filter(pa.array(stays))


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say of an entry whose rows are gone, damaged or fewer than those that left it what to do."""
    try:
        yield
    except (OSError, ValueError, IndexError) as error:
        raise CrossfadeError(
            "its rows cannot be read", where=str(path), remedy="Remove the folder, then ingest again"
        ) from error
