"""What comes out of the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from pipelines.data.approval import Verdict
from pipelines.data.tables import Tables
from validation.profile import Profile


@dataclass(frozen=True)
class GateOutcome:
    """The rows that passed, the rows that did not, and the verdict.

    Attributes:
        tables: What goes on; nothing may be written of it without the verdict.
        quarantined: One line a row set aside or value made missing (``validation.quarantine.QUARANTINE_SCHEMA``).
        verdict: What the gate says about exactly ``tables``.
        read: For each table, how many rows came to the gate, those rejected by cleaning included.
        figures: What was measured of the tables as a whole; None where there was nothing to measure.
        profile: What is kept of this batch for the comparison with later ones, once it has been accepted.
        notes: What a reader should know about the check itself, as sentences.
    """

    tables: Tables
    quarantined: pa.Table
    verdict: Verdict
    read: Mapping[str, int]
    figures: Mapping[str, float | None]
    profile: Profile = field(default_factory=Profile)
    notes: tuple[str, ...] = ()
