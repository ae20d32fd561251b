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
from validation.figures import TABLES, measure
from validation.frames import interactions_frame, playlists_frame, tracks_frame
from validation.inspection import InspectedRows, inspect_figures, inspect_rows
from validation.outcome import GateOutcome
from validation.quarantine import unreadable_rows
from validation.report import summarise
from validation.rules import GateRules

if TYPE_CHECKING:
    from validation.suites import SuiteRun

_GRAVEST_FIRST = {Severity.STOP: 0, Severity.QUARANTINE: 1, Severity.WARN: 2}


def check(
    tables: Tables, rules: GateRules, *, docs: Path | None, now: datetime, rejected: pa.Table | None = None
) -> GateOutcome:
    """Check tables and tell the rows that passed from the others.

    Rows are judged one by one; then the tables as a whole are judged by what is left. Tracks come first, because rows
    about a track that was set aside cannot stay.

    Args:
        tables: The rows, cleaned.
        rules: What is expected, and what a breach leads to.
        docs: The folder of the Data Docs; None to write none.
        now: The instant after which times lie in the future.
        rejected: Rows that cleaning could not read; they count as read and lost.

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
    figures = measure(tables, kept, unreadable, rules.batch)
    whole = inspect_figures(figures, rules.expectations("batch"), now)
    findings = [*(finding for part in rows.values() for finding in part.findings), *whole.findings]
    runs = [*(part.run for part in rows.values()), whole.run]
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
    )
    return outcome if docs is None else _with_docs(docs, outcome, runs, now)


def _judge_rows(tables: Tables, rules: GateRules, now: datetime) -> dict[str, InspectedRows]:
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
