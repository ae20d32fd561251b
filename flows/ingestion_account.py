"""The account of an ingestion: what became of every row that was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from flows.recordings import RATE_COLUMNS, Recordings
from pipelines.data.accumulate import Changes
from pipelines.data.cleaning import TableCounts
from pipelines.data.watermarks import Watermark
from validation.outcome import Judgement
from validation.quarantine_lines import BLANKED, SET_ASIDE


@dataclass(frozen=True)
class TableAccount:
    """What became of one table's rows.

    ``read + built = passed + all left out + all rejected + all merged + all quarantined``, and
    ``passed = new + updated + known``.

    Attributes:
        read: Rows the source found.
        built: Rows made here, because the source has no such table.
        left_out: Rows that are not what the table holds, by reason.
        rejected: Rows that could not be read, by reason; they are in quarantine too.
        merged: Rows that went into another one of the same reading, by rule.
        quarantined: Rows that broke a rule of the gate, by reason.
        blanked: Values made missing by the gate in rows that passed, by reason.
        emptied: For each column, unreadable values that became missing.
        passed: Rows the gate let in.
        new: Of them, rows that were not known.
        updated: Of them, rows that took the place of one that said something else.
        known: Of them, rows that were there already: duplicates of what was read before.
        dropped: Rows that were there and made way.
        rows: Rows in the snapshot.

    Raises:
        AssertionError: The sums do not add up.
    """

    read: int = 0
    built: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    merged: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)
    blanked: Mapping[str, int] = field(default_factory=dict)
    emptied: Mapping[str, int] = field(default_factory=dict)
    passed: int = 0
    new: int = 0
    updated: int = 0
    known: int = 0
    dropped: int = 0
    rows: int = 0

    def __post_init__(self) -> None:
        """Check the sums."""
        gone = (self.left_out, self.rejected, self.merged, self.quarantined)
        accounted = self.passed + sum(sum(reasons.values()) for reasons in gone)
        if self.read + self.built != accounted or self.passed != self.new + self.updated + self.known:
            raise AssertionError(f"rows are not accounted for: {self}")


def account_of(
    table: str, counts: TableCounts, merged: Mapping[str, int], judgement: Judgement, changes: Changes, rows: int
) -> TableAccount:
    """Put together what cleaning, the gate and the joining say of a table.

    Args:
        table: Its name.
        counts: What was read.
        merged: Rows that went into another one, by rule.
        judgement: What the gate says.
        changes: What became of the rows that passed.
        rows: How many rows the snapshot has.
    """

    def lines(action: str) -> dict[str, int]:
        return {each.reason: each.rows for each in judgement.reasons if (each.table, each.action) == (table, action)}

    return TableAccount(
        read=counts.read,
        built=counts.built,
        left_out=counts.left_out,
        rejected=counts.rejected,
        merged=dict(merged),
        quarantined=lines(SET_ASIDE),
        blanked=lines(BLANKED),
        emptied=counts.emptied,
        passed=judgement.kept[table],
        rows=rows,
        **asdict(changes),
    )


@dataclass(frozen=True)
class IngestSummary:
    """What an ingestion did.

    Attributes:
        source: The source that was read.
        snapshot_id: The snapshot.
        changed: Whether it is another one than before.
        rows: Rows in the snapshot, by table.
        tables: The account of each table, by its name.
        quarantined: Rows set aside, and values made missing.
        quarantine: The id of the quarantine entry that holds them; None where there is none.
        join_rate: The share of interactions, as read, whose track is known; None without interactions.
        recordings: How many tracks of each source another source knows too, and by what rule.
        watermarks: How far each source has been read, for each person.
        warnings: What was not as expected and does no harm, as sentences.
        docs: The address of the Data Docs.
    """

    source: str
    snapshot_id: str
    changed: bool
    rows: Mapping[str, int]
    tables: Mapping[str, TableAccount]
    quarantined: int
    quarantine: str | None
    join_rate: float | None
    recordings: Recordings
    watermarks: tuple[Watermark, ...]
    warnings: tuple[str, ...]
    docs: str | None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            **asdict(self),
            "recordings": self.recordings.to_json(),
            "watermarks": [mark.to_json() for mark in self.watermarks],
        }

    def table_lines(self) -> list[tuple[str, ...]]:
        """Return one line a table for people: what was read, and what became of it."""
        return [(name, *(f"{figure:,}" for figure in _figures(each))) for name, each in self.tables.items()]

    def reason_lines(self) -> list[tuple[str, ...]]:
        """Return one line for each reason for which rows did not join as they were, the most frequent first."""
        lines = [
            (table, what, reason, rows)
            for table, each in self.tables.items()
            for what, reasons in _reasons(each)
            for reason, rows in reasons.items()
        ]
        return [(*words, f"{rows:,}") for *words, rows in sorted(lines, key=lambda line: -line[3])]

    def to_markdown(self) -> str:
        """Return the account as a page of Markdown."""
        before = "It is the same snapshot as before." if not self.changed else ""
        join = "" if self.join_rate is None else f"Join rate: {self.join_rate:.2%} of the interactions read."
        marks: list[tuple[str, ...]] = [
            (mark.source, mark.person or "everybody", until(mark), f"{mark.rows:,}") for mark in self.watermarks
        ]
        return "\n\n".join(
            part
            for part in (
                " ".join(each for each in (f"Snapshot `{self.snapshot_id}`.", before, join) if each),
                _markdown(ACCOUNT_COLUMNS, self.table_lines()),
                _markdown(REASON_COLUMNS, self.reason_lines()),
                _markdown(("source", "listener", "read", "interactions"), marks),
                _markdown(RATE_COLUMNS, self.recordings.rate_lines()),
            )
            if part
        )


ACCOUNT_COLUMNS = (
    "table", "read", "left out", "unreadable", "merged", "set aside", "new", "updated", "known", "dropped", "total",
)  # fmt: skip
REASON_COLUMNS = ("table", "what was done", "reason", "rows")


def until(mark: Watermark) -> str:
    """Say how far a source has been read."""
    return f"up to {mark.latest:%Y-%m-%d %H:%M}" if mark.latest else "without times"


def _figures(table: TableAccount) -> tuple[int, ...]:
    gone = (table.left_out, table.rejected, table.merged, table.quarantined)
    changes = (table.new, table.updated, table.known, table.dropped)
    return (table.read + table.built, *(sum(reasons.values()) for reasons in gone), *changes, table.rows)


def _reasons(table: TableAccount) -> tuple[tuple[str, Mapping[str, int]], ...]:
    return (
        ("left out", table.left_out),
        ("unreadable", table.rejected),
        ("merged", table.merged),
        ("set aside", table.quarantined),
        ("value made missing", table.blanked),
        ("value unreadable", table.emptied),
    )


def _markdown(header: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    if not lines:
        return ""
    rows = (header, ("---",) * len(header), *(tuple(cell.replace("|", "\\|") for cell in line) for line in lines))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
