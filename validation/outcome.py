"""What comes out of the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from pipelines.data.approval import Verdict
from pipelines.data.tables import Tables
from validation.profile import Profile
from validation.quarantine_lines import ReasonCount


@dataclass(frozen=True)
class Judgement:
    """What the gate says of a reading, without its rows.

    Attributes:
        verdict: What the gate says about exactly the rows that go on.
        read: For each table, how many rows came to the gate, those rejected by cleaning included.
        kept: For each table, how many rows passed.
        reasons: The rows set aside and the values made missing, by reason, the most frequent first.
        figures: What was measured of the tables as a whole; None where there was nothing to measure.
        profile: What is kept of this batch for the comparison with later ones, once it has been accepted.
        notes: What a reader should know about the check itself, as sentences.
    """

    verdict: Verdict
    read: Mapping[str, int]
    kept: Mapping[str, int]
    reasons: tuple[ReasonCount, ...] = ()
    figures: Mapping[str, float | None] = field(default_factory=dict)
    profile: Profile = field(default_factory=Profile)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class GateOutcome:
    """The rows that passed, the rows that did not, and the judgement.

    Attributes:
        judgement: What the gate says.
        tables: What goes on; nothing may be written of it without the verdict.
        quarantined: One line a row set aside or value made missing (``validation.quarantine.QUARANTINE_SCHEMA``).
    """

    judgement: Judgement
    tables: Tables
    quarantined: pa.Table

    @property
    def verdict(self) -> Verdict:
        """What the gate says about exactly ``tables``."""
        return self.judgement.verdict
