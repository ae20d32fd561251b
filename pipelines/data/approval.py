"""The gate's verdict on tables: the value a snapshot cannot be written without.

The verdict lives here, in the core, so that the core can insist on it; the checks that produce one live in
``validation``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pipelines.data.canonical import digests_of
from pipelines.data.tables import Tables
from pipelines.errors import GateRefusedError


class Severity(StrEnum):
    """What a breach of an expectation leads to."""

    WARN = "warn"
    QUARANTINE = "quarantine"
    STOP = "stop"


@dataclass(frozen=True)
class Finding:
    """One expectation that was not met.

    Attributes:
        table: The table it was checked on.
        expectation: What was expected, in words ("'value' lies between 0 and 86,400,000").
        severity: What the breach leads to.
        rows: How many rows break it (0 for a breach of the table as a whole).
        example: One offending value or row, as text; never a person's id.
    """

    table: str
    expectation: str
    severity: Severity
    rows: int
    example: str

    def __str__(self) -> str:
        """Return the finding as one sentence."""
        rows = f" ({self.rows:,} row{'s' if self.rows > 1 else ''})" if self.rows else ""
        return f"{self.table}: expected {self.expectation}{rows}, found {self.example}"


@dataclass(frozen=True)
class Verdict:
    """What the gate says about exactly one set of tables.

    Attributes:
        subject: Fingerprint of the tables the verdict is about.
        suite: Hash of the rules that were applied.
        checked: How many expectations were checked.
        findings: Every breach, gravest first.
        docs: Where the Data Docs of this run are, as an address; None where none were written.
    """

    subject: str
    suite: str
    checked: int
    findings: tuple[Finding, ...] = ()
    docs: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the tables may be trained on."""
        return all(finding.severity is not Severity.STOP for finding in self.findings)

    def require(self) -> None:
        """Stop here unless the tables passed.

        Raises:
            GateRefusedError: A table-level expectation failed.
        """
        if not self.passed:
            stops = [str(finding) for finding in self.findings if finding.severity is Severity.STOP]
            more = f" (and {len(stops) - 1} more)" if len(stops) > 1 else ""
            raise GateRefusedError(
                f"the data did not pass: {stops[0]}{more}",
                where="gate",
                remedy=f"Read the Data Docs at {self.docs}" if self.docs else "Mend the data and ingest again",
            )

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**asdict(self), "passed": self.passed}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Verdict:
        """Read what ``to_json`` wrote."""
        findings = (Finding(**{**each, "severity": Severity(each["severity"])}) for each in raw["findings"])
        return cls(raw["subject"], raw["suite"], raw["checked"], tuple(findings), raw["docs"])


def fingerprint(tables: Tables) -> str:
    """Return the hash that names exactly these rows, in whatever order they stand."""
    return digests_of(tables).fingerprint
