"""The flow that takes listening data from a source to a snapshot: read, check, set aside, freeze.

A reading joins the rows that are there (``pipelines.data.accumulate``); the same input read again changes nothing. One
ingestion is at work on a home folder at a time. Until the last step, which names the new snapshot, nothing that anybody
reads has changed, so a run that is killed leaves nothing but work folders, and the next run clears them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from prefect import flow, task
from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.alarming import GATE_REFUSED, send
from flows.consent import with_consent
from flows.contract import Contract, contract_of
from flows.ingestion_account import IngestSummary, account_of
from flows.latest import left_aside, set_latest_snapshot, trusted_snapshot
from flows.outbox import collect_letters
from flows.parameters import SourceName
from flows.progress import name_run, tell
from flows.recordings import Recordings, find_recordings
from flows.retrying import PAUSES, is_passing
from flows.settings import Settings, load_settings
from flows.sources import build_source
from flows.work_time import working
from pipelines.atomic import clear_drafts, new_folder
from pipelines.data.accumulate import Joining
from pipelines.data.cleaning import Intake, read
from pipelines.data.entities import Corrections, read_corrections
from pipelines.data.provenance import Provenance
from pipelines.data.raw_tables import RawTables
from pipelines.data.row_buffer import RowBuffer
from pipelines.data.snapshot import Snapshot
from pipelines.data.snapshot_writing import SnapshotDraft, draft_snapshot
from pipelines.data.tables import InteractionTable
from pipelines.engines.choosing import THIS_MACHINE, EngineChoice, started
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.parallel import at_work
from pipelines.sources.base import Reading, Source
from pipelines.sources.suppressing import FORGOTTEN, Suppressed, may_come_back
from pipelines.store.forget_requests import mac_of
from pipelines.store.receipts import forgotten_macs
from pipelines.store.secret import Secret
from validation.admission import Admission, Trusted, admit
from validation.examination import Examination
from validation.gate import write_docs
from validation.outcome import Judgement
from validation.quarantine import write_quarantine
from validation.quarantine_lines import QUARANTINE_SCHEMA
from validation.report import summarise

if TYPE_CHECKING:
    from validation.suites import SuiteRun

#: How long an ingestion waits for another one: scheduled ones may come at the same minute.
PATIENCE_SECONDS: Final = 3600.0


@flow(name="ingest", flow_run_name="ingest {source}")
def ingest(
    source: SourceName = "synthetic", options: dict[str, Any] | None = None, engine: EngineChoice = THIS_MACHINE
) -> IngestSummary:
    """Read a source, let the gate judge its rows, and freeze those that passed with those that were there.

    Args:
        source: Where listening data come from.
        options: The source's options as JSON, for example {"archive": "/data/scrobbles.csv", "listener": "ann"}.
        engine: What parses and merges the rows; the gate judges them here.

    Raises:
        CrossfadeError: The source cannot be read, a person has not agreed to it, the gate refuses the data, or another
            ingestion takes too long.
    """
    settings = load_settings().settings
    home = settings.layout
    with started(engine) as running, at_work(running):
        summary = take_in(build_source(source, with_consent(source, options or {}, home), home), settings)
    name_run(f"ingest {source}: {summary.tables[InteractionTable.name].new:,} new interactions")
    return summary


def take_in(source: Source, settings: Settings, contract: Contract | None = None) -> IngestSummary:
    """Ingest a source inside a running flow; errors as for ``ingest``.

    Args:
        source: The source.
        settings: All settings.
        contract: What the gate asks; by default what it asks of every reading of this source.
    """
    home = settings.layout
    with alone(home), new_folder(home.work) as work, draft_snapshot(home.snapshots) as draft:
        before, unread = trusted_snapshot(home), left_aside(home)
        corrections = read_corrections(home.matches)
        tell("read", source.title)
        intake = read_and_clean(source, work.path)
        tracks = intake.counts["tracks"].kept
        tell("check", f"{intake.interactions.rows:,} interactions, {tracks:,} tracks")
        contract = contract or contract_of(source, settings)
        lines = RowBuffer(QUARANTINE_SCHEMA, work.path / "quarantine.arrows")
        now = datetime.now(UTC)
        admission, judgement, runs = check_rows(intake, source, before, contract, draft, lines)
        judgement = write_docs(home.data_docs, judgement, runs, now)
        _publish(judgement, source)
        aside = set_aside(lines, judgement, source, home)
        judgement.verdict.require()
        provenance = (*(before.provenance if before else ()), source.provenance())
        recordings = match_tracks(draft, provenance, corrections)
        snapshot = freeze(draft, judgement, provenance, source, before, home)
        if judgement.read[InteractionTable.name]:  # what is empty says nothing about what comes next
            contract.accept(judgement.profile, now)
        tell("snapshot", snapshot.snapshot_id)
    summary = _summary(source, intake, admission, judgement, snapshot, before, recordings=recordings)
    summary = replace(summary, quarantine=aside, warnings=(*([unread] if unread else ()), *summary.warnings))
    create_markdown_artifact(summary.to_markdown(), key="ingestion", description=f"What became of {source.title}")
    return summary


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Keep other ingestions out, and clear what killed ones left behind.

    Raises:
        CrossfadeError: Another ingestion takes too long.
    """

    def waiting() -> None:
        tell("wait", "another ingestion is at work on this home folder")

    with only_one(home.root, patience=PATIENCE_SECONDS, waiting=waiting):
        clear_drafts(home.work, home.snapshots, home.quarantine)
        yield


@task(
    name="read and clean",
    task_run_name="read and clean {source.name}",
    retries=len(PAUSES),
    retry_delay_seconds=PAUSES,
    retry_condition_fn=is_passing,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def read_and_clean(source: Source, folder: Path) -> Intake:
    """Read a source to its end; an archive it needs is downloaded once and kept by its checksum."""
    tables = without_forgotten(source)

    def may_be_empty() -> bool:
        # All that stands in a store may be nothing, and the last listener of a source may have been forgotten.
        return source.reading is Reading.EVENTS or FORGOTTEN in tables.left_out.get(InteractionTable.name, {})

    with working("load"):
        return read(tables, Path(tempfile.mkdtemp(dir=folder)), may_be_empty=may_be_empty)


def without_forgotten(source: Source) -> RawTables:
    """Return a source without the people who were forgotten; whoever comes by themselves may come again.

    Raises:
        CrossfadeError: A receipt, or the installation's secret, cannot be read: somebody might come back unnoticed.
    """
    settings = load_settings().settings
    collect_letters(settings)
    macs = forgotten_macs(settings.layout)
    if not macs or may_come_back(source):
        return source
    secret = Secret.of(settings.layout, settings.secret_key.get_secret_value())
    return Suppressed(source, lambda listener: mac_of(secret, listener) in macs)


@task(name="check", task_run_name="check every row", cache_policy=NO_CACHE, persist_result=False)
def check_rows(
    intake: Intake,
    source: Source,
    before: Snapshot | None,
    contract: Contract,
    draft: SnapshotDraft,
    lines: RowBuffer,
) -> tuple[Admission, Judgement, tuple[SuiteRun, ...]]:
    """Let the gate judge the rows, and join those that passed with those that are there."""
    joining = Joining.of(source.name, source.reading, before.readings if before else {})
    if not intake.interactions.rows and source.reading is not Reading.EVENTS:
        joining = replace(joining, makes_way=frozenset())  # nobody came whom others could make way for
    trusted = Trusted.of(before)
    examination = Examination(contract.rules, datetime.now(UTC), lines.add, trusted.track_ids(joining))
    admission = admit(intake, joining, trusted, examination, draft)
    # A source that may not be empty and is was refused when it was read.
    empty = not intake.interactions.rows
    return admission, *examination.conclude(draft.fingerprint, contract.past, may_be_empty=empty)


@task(name="quarantine", task_run_name="set rows aside", cache_policy=NO_CACHE, persist_result=False)
def set_aside(lines: RowBuffer, judgement: Judgement, source: Source, home: Home) -> str | None:
    """Keep the rows that did not pass, with their reasons, and return the id of their entry."""
    subject, now = judgement.verdict.subject, datetime.now(UTC)
    entry = write_quarantine(home.quarantine, lines, source=source.name, subject=subject, now=now)
    return entry.entry_id if entry else None


@task(name="match", task_run_name="match tracks", cache_policy=NO_CACHE, persist_result=False)
def match_tracks(draft: SnapshotDraft, provenance: tuple[Provenance, ...], corrections: Corrections) -> Recordings:
    """Find the tracks of all sources that are the same recording."""
    with working("load"):
        return find_recordings(draft, provenance, corrections)


@task(name="snapshot", task_run_name="freeze a snapshot", cache_policy=NO_CACHE, persist_result=False)
def freeze(
    draft: SnapshotDraft,
    judgement: Judgement,
    provenance: tuple[Provenance, ...],
    source: Source,
    before: Snapshot | None,
    home: Home,
) -> Snapshot:
    """Give the snapshot its name and make it the data to train on."""
    readings = {source.name: source.reading, **(before.readings if before else {})}
    snapshot = draft.publish(judgement.verdict, provenance, readings)
    set_latest_snapshot(home, snapshot)
    return snapshot


def _publish(judgement: Judgement, source: Source) -> None:
    """Show in Prefect what the gate says."""
    summary = summarise(judgement)
    create_markdown_artifact(summary.to_markdown(), key="data-summary", description=f"What came from {source.title}")
    if not judgement.verdict.passed:
        found = [str(finding) for finding in judgement.verdict.findings]
        headline = f"the gate stopped what came from {source.title}"
        send(GATE_REFUSED, headline, {"source": source.name, "sentences": found, "docs": summary.docs})
    if summary.docs:
        words = f"Every expectation: {summary.docs.removeprefix('file://')}"
        create_link_artifact(summary.docs, link_text="Data Docs", key="data-docs", description=words)


def _summary(
    source: Source,
    intake: Intake,
    admission: Admission,
    judgement: Judgement,
    snapshot: Snapshot,
    before: Snapshot | None,
    *,
    recordings: Recordings,
) -> IngestSummary:
    def merged(table: str) -> dict[str, int]:
        return dict(admission.merged if table == InteractionTable.name else intake.counts[table].merged)

    return IngestSummary(
        source=source.name,
        snapshot_id=snapshot.snapshot_id,
        changed=before is None or before.snapshot_id != snapshot.snapshot_id,
        rows=snapshot.rows,
        tables={
            table: account_of(table, counts, merged(table), judgement, admission.changes[table], snapshot.rows[table])
            for table, counts in intake.counts.items()
        },
        quarantined=sum(reason.rows for reason in judgement.reasons),
        quarantine=None,
        join_rate=judgement.figures["join_rate"],
        recordings=recordings,
        watermarks=snapshot.watermarks,
        warnings=(*source.notes, *(str(finding) for finding in judgement.verdict.findings)),
        docs=judgement.verdict.docs,
    )
