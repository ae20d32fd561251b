"""The flow that takes listening data from a source to a snapshot: read, clean, check, set aside, freeze."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.consent import with_consent
from flows.contract import Contract, contract_of
from flows.latest import set_latest_snapshot
from flows.progress import tell
from flows.retrying import PAUSES, is_passing
from flows.settings import load_settings
from flows.sources import build_source
from flows.work_time import working
from pipelines.data.cleaning import Cleaned, clean
from pipelines.data.snapshot import Snapshot
from pipelines.data.snapshot_writing import write_snapshot
from pipelines.home import Home
from pipelines.sources.base import Source
from validation.gate import check
from validation.outcome import GateOutcome
from validation.quarantine import write_quarantine
from validation.report import summarise


@dataclass(frozen=True)
class IngestSummary:
    """What an ingestion did.

    Attributes:
        source: The source that was read.
        snapshot_id: The snapshot.
        rows: Rows that passed, by table.
        quarantined: Rows set aside, and values made missing.
        warnings: What was not as expected and does no harm, as sentences.
        docs: The address of the Data Docs.
    """

    source: str
    snapshot_id: str
    rows: Mapping[str, int]
    quarantined: int
    warnings: tuple[str, ...]
    docs: str | None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)


@flow(name="ingest", flow_run_name="ingest {source}")
def ingest(source: str = "synthetic", options: dict[str, Any] | None = None) -> IngestSummary:
    """Read a source, let the gate judge its rows, and freeze those that passed.

    Args:
        source: The name of the source.
        options: The source's options, as its options class names them.

    Raises:
        CrossfadeError: The source cannot be read, a person has not agreed to it, or the gate refuses the data.
    """
    settings = load_settings().settings
    home = settings.layout
    chosen = build_source(source, with_consent(source, options or {}, home), home)
    tell("read", chosen.title)
    cleaned = read_and_clean(chosen)
    tell("check", f"{len(cleaned.tables.interactions):,} interactions, {len(cleaned.tables.tracks):,} tracks")
    contract = contract_of(chosen, settings)
    outcome = check_rows(cleaned, contract, home)
    summary = summarise(outcome)
    create_markdown_artifact(summary.to_markdown(), key="data-summary", description=f"What came from {chosen.title}")
    if summary.docs:
        create_link_artifact(summary.docs, link_text="Data Docs", key="data-docs", description="Every expectation")
    set_aside(outcome, source, home)
    outcome.verdict.require()
    snapshot = freeze(outcome, chosen, home)
    contract.accept(outcome.profile, datetime.now(UTC))
    tell("snapshot", snapshot.snapshot_id)
    return IngestSummary(
        source=source,
        snapshot_id=snapshot.snapshot_id,
        rows=dict(snapshot.manifest["rows"]),
        quarantined=outcome.quarantined.num_rows,
        warnings=(*chosen.notes, *(str(finding) for finding in outcome.verdict.findings)),
        docs=summary.docs,
    )


@task(
    name="read and clean",
    task_run_name="read and clean {source.name}",
    retries=len(PAUSES),
    retry_delay_seconds=PAUSES,
    retry_condition_fn=is_passing,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def read_and_clean(source: Source) -> Cleaned:
    """Read a source to its end; an archive it needs is downloaded once and kept by its checksum."""
    with working("load"):
        return clean(source)


@task(name="check", task_run_name="check every row", cache_policy=NO_CACHE, persist_result=False)
def check_rows(cleaned: Cleaned, contract: Contract, home: Home) -> GateOutcome:
    """Let the gate judge the rows and write the Data Docs."""
    return check(
        cleaned.tables,
        contract.rules,
        docs=home.data_docs,
        now=datetime.now(UTC),
        rejected=cleaned.rejected,
        past=contract.past,
    )


@task(name="quarantine", task_run_name="set rows aside", cache_policy=NO_CACHE, persist_result=False)
def set_aside(outcome: GateOutcome, source: str, home: Home) -> Path | None:
    """Keep the rows that did not pass, with their reasons."""
    entry = write_quarantine(
        home.quarantine, outcome.quarantined, source=source, subject=outcome.verdict.subject, now=datetime.now(UTC)
    )
    return entry.path if entry else None


@task(name="snapshot", task_run_name="freeze a snapshot", cache_policy=NO_CACHE, persist_result=False)
def freeze(outcome: GateOutcome, source: Source, home: Home) -> Snapshot:
    """Write the rows that passed and make them the data to train on."""
    snapshot = write_snapshot(home.snapshots, outcome.tables, outcome.verdict, (source.provenance(),))
    set_latest_snapshot(home, snapshot)
    return snapshot
