"""What comes out of the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from pipelines.data.approval import Verdict
from pipelines.data.tables import Tables


@dataclass(frozen=True)
class GateOutcome:
    """The rows that passed, the rows that did not, and the verdict.

    Attributes:
        tables: What goes on; nothing may be written of it without the verdict.
        quarantined: One line a row set aside or value made missing (``validation.quarantine.QUARANTINE_SCHEMA``).
        verdict: What the gate says about exactly ``tables``.
        read: For each table, how many rows came to the gate, those rejected by cleaning included.
        figures: What was measured of the tables as a whole; None where there was nothing to measure.
    """

    tables: Tables
    quarantined: pa.Table
    verdict: Verdict
    read: Mapping[str, int]
    figures: Mapping[str, float | None]
