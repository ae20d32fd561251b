"""The flow that lets rows out of quarantine: through the gate, by the rules of today, to the trusted rows.

The rows take the way of a reading. Those that pass join the snapshot; those that fail again stand in an entry with
today's reasons; only then do they leave the entry they were in. So a run that is killed loses nothing, and when it is
started again the rows it had let in are known already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from prefect import flow

from flows.contract import Contract, gate_rules
from flows.ingestion import take_in
from flows.latest import latest_snapshot
from flows.progress import tell
from flows.settings import Settings, load_settings
from pipelines.data.consent import ConsentLedger
from pipelines.data.reading import Reading
from pipelines.errors import NotPermittedError
from validation.history import Past
from validation.kinds import Action
from validation.quarantine import QuarantineEntry, find_quarantine
from validation.readmission import QuarantinedRows, may_come_back


@dataclass(frozen=True)
class Readmission:
    """What became of the rows that were to come back.

    Attributes:
        entry_id: The entry they were in.
        asked: How many were to come back.
        passed: How many joined the snapshot.
        failed: How many broke a rule again.
        withheld: How many nobody has agreed to any more; they stay where they were.
        failed_in: The entry that holds those that failed, with today's reasons; None where there is none.
        remaining: How many rows are still in the entry.
        snapshot_id: The snapshot.
    """

    entry_id: str
    asked: int
    passed: int
    failed: int
    withheld: int
    failed_in: str | None
    remaining: int
    snapshot_id: str

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)


@flow(name="readmit", flow_run_name="readmit {entry_id}")
def readmit(entry_id: str, numbers: Sequence[int]) -> Readmission:
    """Let the gate judge rows in quarantine again, and let in what passes.

    Args:
        entry_id: The entry.
        numbers: The numbers of its rows that are to come back.

    Raises:
        CrossfadeError: There is no such entry, nobody has agreed to any of the rows, or nothing of their source was
            ever let in.
    """
    settings = load_settings().settings
    home = settings.layout
    entry, trusted = find_quarantine(home.quarantine, entry_id), latest_snapshot(home)
    asked = np.isin(entry.numbers(), list(numbers))
    may = _may_come_back(entry, trusted.readings.get(entry.source, Reading.POPULATION), settings)
    chosen = asked & may
    if not chosen.any():
        raise NotPermittedError(
            f"the consent to {int(asked.sum()):,} rows was withdrawn or never given",
            where=f"quarantine entry {entry.entry_id}",
            remedy="'crossfade consent list' shows who agreed to what",
        )
    rows = entry.rows().filter(pa.array(chosen))
    tell("read", f"{rows.num_rows:,} rows of {entry.source}")
    source, contract = QuarantinedRows(entry.source, rows, trusted), _contract(entry, trusted.readings, settings)
    summary = take_in(source, settings, contract)
    # A trusted row of the same playlist may fail today's rules as well: it is set aside, but nobody asked for it.
    failed = min(summary.quarantined, rows.num_rows)
    after = entry if summary.quarantine == entry.entry_id else entry.let_go(entry.numbers()[chosen])
    return Readmission(
        entry_id=entry.entry_id,
        asked=int(asked.sum()),
        passed=rows.num_rows - failed,
        failed=failed,
        withheld=int((asked & ~may).sum()),
        failed_in=summary.quarantine,
        remaining=after.count,
        snapshot_id=summary.snapshot_id,
    )


def _may_come_back(entry: QuarantineEntry, reading: Reading, settings: Settings) -> np.ndarray:
    """Tell for each row of an entry whether the person it is about, if any, agrees to its use."""
    standing = ConsentLedger(settings.layout.consents).standing()
    lines = entry.rows().to_pylist()
    return np.array([may_come_back(line, entry.source, reading, standing) for line in lines], dtype=bool)


def _contract(entry: QuarantineEntry, readings: Mapping[str, Reading], settings: Settings) -> Contract:
    """Return what is asked of rows that come back: the rules for rows are those of any reading of their source.

    The rows were chosen one by one. So the figures of the whole, made for readings, refuse nothing here, and these rows
    are no batch for later ones to be compared with.
    """
    rules = gate_rules(settings).for_source(entry.source, readings.get(entry.source, Reading.POPULATION))
    asked = {name: getattr(rules.batch, name) for name in type(rules.batch).model_fields}
    milder = {name: rule.model_copy(update={"action": Action.WARN}) for name, rule in asked.items() if rule is not None}
    batch, missing = rules.batch.model_copy(update=milder), type(rules.missing)()
    return Contract(rules.model_copy(update={"batch": batch, "missing": missing}), Past(), None)
