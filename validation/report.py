"""An outcome of the gate in words and numbers, for people: the command line, a Prefect artifact, the Data Docs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.data.approval import Finding, Severity
from validation.figures import TABLES
from validation.outcome import Judgement
from validation.quarantine_lines import BLANKED, SET_ASIDE, UNREADABLE, ReasonCount


@dataclass(frozen=True)
class TableSummary:
    """What became of the rows of one table: ``read = kept + set_aside + unreadable``.

    Attributes:
        table: The table.
        read: Rows that came.
        kept: Rows that passed.
        set_aside: Rows that broke a rule.
        unreadable: Rows that cleaning rejected.
        blanked: Values made missing in rows that passed.
    """

    table: str
    read: int
    kept: int
    set_aside: int
    unreadable: int
    blanked: int


@dataclass(frozen=True)
class GateSummary:
    """An outcome without its rows.

    Attributes:
        passed: Whether anything may train on the data.
        checked: How many expectations were checked.
        tables: One entry a table.
        findings: What was not as expected, gravest first.
        reasons: The rows in quarantine by reason, the most frequent first.
        docs: The address of the Data Docs; None where none were written.
        notes: What a reader should know about the check itself, as sentences.
    """

    passed: bool
    checked: int
    tables: tuple[TableSummary, ...]
    findings: tuple[Finding, ...]
    reasons: tuple[ReasonCount, ...]
    docs: str | None
    notes: tuple[str, ...] = ()

    @property
    def refusals(self) -> tuple[str, ...]:
        """The findings that stop the flow, as sentences."""
        return tuple(str(finding) for finding in self.findings if finding.severity is Severity.STOP)

    @property
    def unreadable(self) -> tuple[ReasonCount, ...]:
        """Why rows could not even be read, the most frequent reason first."""
        return tuple(reason for reason in self.reasons if reason.action == UNREADABLE)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)

    def to_markdown(self) -> str:
        """Return the summary as a page of Markdown."""
        verdict = "The data passed" if self.passed else "**The data was refused**: nothing trains on it"
        rows = [
            (entry.table, entry.read, entry.kept, entry.set_aside, entry.unreadable, entry.blanked)
            for entry in self.tables
        ]
        findings = [
            (finding.severity.value, finding.table, finding.expectation, finding.rows or "", finding.example)
            for finding in self.findings
        ]
        reasons = [(entry.table, entry.reason, entry.action, entry.rows) for entry in self.reasons]
        parts = [
            " ".join((f"{verdict} ({self.checked} expectations checked).", *self.notes)),
            _table("Rows", ("table", "read", "passed", "set aside", "unreadable", "values made missing"), rows),
            _table("Not as expected", ("leads to", "table", "expected", "rows", "found"), findings),
            _table("Quarantine", ("table", "reason", "what was done", "rows"), reasons),
            f"[Data Docs]({self.docs})" if self.docs else "",
        ]
        return "\n\n".join(part for part in parts if part) + "\n"


def summarise(judgement: Judgement) -> GateSummary:
    """Return a judgement as people read it."""
    lines: Counter[tuple[str, str]] = Counter()
    for entry in judgement.reasons:
        lines[entry.table, entry.action] += entry.rows
    tables = tuple(
        TableSummary(
            table=name,
            read=judgement.read[name],
            kept=judgement.kept[name],
            set_aside=lines[name, SET_ASIDE],
            unreadable=lines[name, UNREADABLE],
            blanked=lines[name, BLANKED],
        )
        for name in TABLES
    )
    verdict = judgement.verdict
    return GateSummary(
        verdict.passed, verdict.checked, tables, verdict.findings, judgement.reasons, verdict.docs, judgement.notes
    )


def _table(title: str, header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    """Return a Markdown table under a heading; nothing where there are no rows."""
    if not rows:
        return ""
    lines = [header, tuple("---:" if isinstance(cell, int) else "---" for cell in rows[0]), *rows]
    return f"### {title}\n\n" + "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(value: object) -> str:
    """Return a value so that it can neither end its cell nor become markup."""
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
