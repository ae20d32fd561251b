"""Quarantine: what the gate set aside, row by row with its reason, kept where people can look at it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.atomic import new_folder
from pipelines.data.hashing import hash_table
from pipelines.data.row_parsing import REASON, ROW, TABLE, rows_as_json
from pipelines.errors import CrossfadeError
from validation.section import Expectation

ACTION: Final = "action"
RULE: Final = "rule"

#: What was done: the row is no row of its table (rejected by cleaning), was set aside, or lost one value.
UNREADABLE: Final = "unreadable"
SET_ASIDE: Final = "set aside"
BLANKED: Final = "value made missing"

#: One line for each row set aside, and for each value made missing in a row that stays.
QUARANTINE_SCHEMA: Final = pa.schema(
    [
        pa.field(TABLE, pa.string(), nullable=False),
        pa.field(ACTION, pa.string(), nullable=False),
        pa.field(RULE, pa.string()),
        pa.field(REASON, pa.string(), nullable=False),
        pa.field(ROW, pa.string(), nullable=False),
    ]
)

_ROWS = "rows.parquet"
_SUMMARY = "summary.json"


@dataclass(frozen=True)
class ReasonCount:
    """How many rows of a table met the same fate for the same reason.

    Attributes:
        table: The table.
        action: What was done.
        reason: Why.
        rows: How many.
    """

    table: str
    action: str
    reason: str
    rows: int


@dataclass(frozen=True)
class QuarantineEntry:
    """The quarantine of one ingestion.

    Attributes:
        path: Its folder.
        created_at: When it was written, in ISO form.
        subject: Fingerprint of the tables that went on.
        reasons: Its rows by reason.
    """

    path: Path
    created_at: str
    subject: str
    reasons: tuple[ReasonCount, ...]

    def rows(self) -> pa.Table:
        """Read the rows; the columns are those of ``QUARANTINE_SCHEMA``."""
        return pq.read_table(self.path / _ROWS)


def broken_rows(
    table: str, rows: pa.Table, breaches: Mapping[str, np.ndarray], rules: Sequence[Expectation]
) -> pa.Table:
    """Describe the rows that leave a table, each once, under the first rule it breaks.

    Args:
        table: The table's name.
        rows: All its rows.
        breaches: Positions of the rows that break each rule.
        rules: The rules that remove rows, in order.
    """
    first = np.full(rows.num_rows, len(rules), dtype=np.int32)
    for place, rule in reversed(list(enumerate(rules))):
        first[breaches.get(rule.name, [])] = place
    positions = np.flatnonzero(first < len(rules))
    reasons = [rules[place] for place in first[positions]]
    return _lines(table, SET_ASIDE, rows.take(pa.array(positions)), reasons)


def blanked_values(table: str, rows: pa.Table, positions: np.ndarray, rule: Expectation) -> pa.Table:
    """Describe the rows that stay and lose one value."""
    return _lines(table, BLANKED, rows.take(pa.array(positions)), [rule] * len(positions))


def unreadable_rows(rejected: pa.Table) -> pa.Table:
    """Describe the rows cleaning rejected (``pipelines.data.row_parsing.REJECTED_SCHEMA``)."""
    count = rejected.num_rows
    columns = [rejected[TABLE], [UNREADABLE] * count, pa.nulls(count, pa.string()), rejected[REASON], rejected[ROW]]
    return pa.table(columns, schema=QUARANTINE_SCHEMA)


def count_reasons(quarantined: pa.Table) -> tuple[ReasonCount, ...]:
    """Count by table, action and reason, the most frequent first."""
    groups = quarantined.group_by([TABLE, ACTION, REASON]).aggregate([([], "count_all")])
    counts = [ReasonCount(line[TABLE], line[ACTION], line[REASON], line["count_all"]) for line in groups.to_pylist()]
    return tuple(sorted(counts, key=lambda count: (-count.rows, count.table, count.action, count.reason)))


def write_quarantine(folder: Path, quarantined: pa.Table, *, subject: str, now: datetime) -> QuarantineEntry | None:
    """Keep what was set aside; the same rows are kept once, however often they come.

    Args:
        folder: Where quarantine lives.
        quarantined: The lines, of ``QUARANTINE_SCHEMA``.
        subject: Fingerprint of the tables that went on.
        now: The time of the ingestion.

    Returns:
        What was written; None where there was nothing to write.

    Raises:
        CrossfadeError: The disk is full or the folder cannot be written.
    """
    if not quarantined.num_rows:
        return None
    summary = {
        "created_at": now.isoformat(timespec="seconds"),
        "subject": subject,
        "reasons": [asdict(reason) for reason in count_reasons(quarantined)],
    }
    with new_folder(folder) as draft:
        pq.write_table(quarantined, draft.path / _ROWS, compression="zstd")
        (draft.path / _SUMMARY).write_text(json.dumps(summary, indent=2), encoding="utf-8")
        return _read_entry(draft.publish(hash_table(quarantined)[:16]))


def list_quarantine(folder: Path) -> tuple[QuarantineEntry, ...]:
    """Return every entry, the newest first.

    Raises:
        CrossfadeError: An entry is damaged.
    """
    entries = [_read_entry(path.parent) for path in folder.glob(f"[!.]*/{_SUMMARY}")]
    return tuple(sorted(entries, key=lambda entry: (entry.created_at, entry.path.name), reverse=True))


def _lines(table: str, action: str, rows: pa.Table, rules: Sequence[Expectation]) -> pa.Table:
    names, reasons = [rule.name for rule in rules], [f"expected {rule.words}" for rule in rules]
    columns = [[table] * len(rules), [action] * len(rules), names, reasons, rows_as_json(rows)]
    return pa.table(columns, schema=QUARANTINE_SCHEMA)


def _read_entry(path: Path) -> QuarantineEntry:
    try:
        summary: dict[str, Any] = json.loads((path / _SUMMARY).read_text(encoding="utf-8"))
        reasons = tuple(ReasonCount(**reason) for reason in summary["reasons"])
        return QuarantineEntry(path, summary["created_at"], summary["subject"], reasons)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CrossfadeError(
            "its summary cannot be read", where=str(path), remedy="Remove the folder, then ingest again"
        ) from error
