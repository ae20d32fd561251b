"""The gate: tables in, rows that passed and a verdict about exactly those rows out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.atomic import new_folder, write_text
from pipelines.data import columns as c
from pipelines.data.approval import Severity, Verdict, fingerprint
from pipelines.data.hashing import hash_json
from pipelines.data.row_parsing import REJECTED_SCHEMA, TABLE
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables, TrackCatalogue
from validation.figures import TABLES, measure, missing_shares
from validation.frames import interactions_frame, playlists_frame, tracks_frame
from validation.history import Past
from validation.inspection import InspectedFigures, InspectedRows, inspect_figures, inspect_history, inspect_rows
from validation.outcome import GateOutcome
from validation.profile import profile_batch
from validation.quarantine import unreadable_rows
from validation.report import summarise
from validation.rules import SourceRules

if TYPE_CHECKING:
    from validation.suites import SuiteRun

_GRAVEST_FIRST = {Severity.STOP: 0, Severity.QUARANTINE: 1, Severity.WARN: 2}


def check(
    tables: Tables,
    rules: SourceRules,
    *,
    docs: Path | None,
    now: datetime,
    rejected: pa.Table | None = None,
    past: Past | None = None,
) -> GateOutcome:
    """Check tables and tell the rows that passed from the others.

    Rows are judged one by one; then the tables as a whole are judged by what is left, and compared with what came
    before. Tracks come first, because rows about a track that was set aside cannot stay.

    Args:
        tables: The rows, cleaned.
        rules: What is expected of this source (``GateRules.for_source``), and what a breach leads to.
        docs: The folder of the Data Docs; None to write none.
        now: The instant after which times lie in the future.
        rejected: Rows that cleaning could not read; they count as read and lost.
        past: The batches of this source that were accepted before; None to compare with nothing.

    Returns:
        The outcome; ask its verdict before anything is done with its tables.

    Raises:
        CrossfadeError: An expectation could not be evaluated, or the Data Docs cannot be written.
    """
    rejected = REJECTED_SCHEMA.empty_table() if rejected is None else rejected
    rows = _judge_rows(tables, rules, now)
    interactions, tracks, playlists = (rows[name].kept for name in TABLES)
    kept = Tables(InteractionTable(interactions), TrackCatalogue(tracks), PlaylistTable(playlists))
    unreadable = {name: pc.sum(pc.equal(rejected[TABLE], name)).as_py() or 0 for name in TABLES}
    profile = profile_batch(tables, kept)
    figures = {**measure(tables, kept, unreadable, rules.batch, now), **missing_shares(profile)}
    whole = inspect_figures(figures, (*rules.expectations("batch"), *rules.expectations("missing")), now)
    compared = inspect_history(profile, past, rules, now)
    parts: tuple[InspectedRows | InspectedFigures, ...] = (*rows.values(), whole, compared)
    findings = [finding for part in parts for finding in part.findings]
    runs = [part.run for part in parts if part.run is not None]
    outcome = GateOutcome(
        tables=kept,
        quarantined=pa.concat_tables([unreadable_rows(rejected), *(part.quarantined for part in rows.values())]),
        verdict=Verdict(
            subject=fingerprint(kept),
            suite=rules.hash(),
            checked=sum(len(run.results) for run in runs),
            findings=tuple(sorted(findings, key=lambda finding: _GRAVEST_FIRST[finding.severity])),
        ),
        read={name: len(getattr(tables, name)) + unreadable[name] for name in TABLES},
        figures=figures,
        profile=profile,
        notes=compared.notes,
    )
    return outcome if docs is None else _with_docs(docs, outcome, runs, now)


def _judge_rows(tables: Tables, rules: SourceRules, now: datetime) -> dict[str, InspectedRows]:
    """Judge the rows of each table; what refers to tracks is held against those that passed."""
    plays, tracks, lists = tables.interactions, tables.tracks, tables.playlists
    catalogue = inspect_rows(tracks.data, tracks_frame(tracks.data), rules.expectations(tracks.name), now)
    known = catalogue.kept[c.TRACK_ID]
    return {
        plays.name: inspect_rows(
            plays.data, interactions_frame(plays.data, known), rules.expectations(plays.name), now
        ),
        tracks.name: catalogue,
        lists.name: inspect_rows(lists.data, playlists_frame(lists.data, known), rules.expectations(lists.name), now),
    }


def _with_docs(docs: Path, outcome: GateOutcome, runs: Sequence[SuiteRun], now: datetime) -> GateOutcome:
    """Write the Data Docs of one run, which never change again, and point the folder's first page to them."""
    from validation.suites import write_pages

    summary = summarise(outcome)
    name = hash_json([outcome.verdict.to_json(), summary.to_json(), now.isoformat()])[:16]
    with new_folder(docs) as draft:
        checked_at = now.isoformat(sep=" ", timespec="seconds")
        write_pages(draft.path, runs, {"summary": summary, "checked_at": checked_at, "suite": outcome.verdict.suite})
        page = draft.publish(name) / "index.html"
    write_text(docs / "index.html", _POINTER.format(page=f"{name}/index.html"))
    return replace(outcome, verdict=replace(outcome.verdict, docs=page.resolve().as_uri()))


_POINTER = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={page}"><title>Data Docs</title>
</head><body><p><a href="{page}">The newest Data Docs</a></p></body></html>
"""
