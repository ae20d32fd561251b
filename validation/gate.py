"""The gate: tables in, rows that passed and a verdict about exactly those rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.atomic import new_folder, write_text
from pipelines.data import columns as c
from pipelines.data.approval import Finding, Severity, Verdict, fingerprint
from pipelines.data.hashing import hash_json
from pipelines.data.row_parsing import REJECTED_SCHEMA, TABLE
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables, TrackCatalogue
from validation.figures import TABLES, measure
from validation.frames import interactions_frame, playlists_frame, tracks_frame
from validation.kinds import Action, plain
from validation.outcome import GateOutcome
from validation.quarantine import QUARANTINE_SCHEMA, blanked_values, broken_rows, unreadable_rows
from validation.report import summarise
from validation.rules import Expectation, GateRules

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
    tracks = _inspect(tables.tracks.data, tracks_frame(tables.tracks.data), rules.expectations("tracks"), now)
    catalogue = tracks.kept[c.TRACK_ID]
    plays = tables.interactions.data
    interactions = _inspect(plays, interactions_frame(plays, catalogue), rules.expectations("interactions"), now)
    lists = tables.playlists.data
    playlists = _inspect(lists, playlists_frame(lists, catalogue), rules.expectations("playlists"), now)

    kept = Tables(InteractionTable(interactions.kept), TrackCatalogue(tracks.kept), PlaylistTable(playlists.kept))
    unreadable = {name: pc.sum(pc.equal(rejected[TABLE], name)).as_py() or 0 for name in TABLES}
    figures = measure(tables, kept, unreadable, rules.batch)
    batch = _judge(figures, rules.expectations("batch"), now)

    inspections = (interactions, tracks, playlists)
    findings = [finding for part in (*inspections, batch) for finding in part.findings]
    verdict = Verdict(
        subject=fingerprint(kept),
        suite=rules.hash(),
        checked=sum(len(part.run.results) for part in (*inspections, batch)),
        findings=tuple(sorted(findings, key=lambda finding: _GRAVEST_FIRST[finding.severity])),
    )
    outcome = GateOutcome(
        tables=kept,
        quarantined=pa.concat_tables([unreadable_rows(rejected), *(part.quarantined for part in inspections)]),
        verdict=verdict,
        read={name: len(getattr(tables, name)) + unreadable[name] for name in TABLES},
        figures=figures,
    )
    runs = [part.run for part in (*inspections, batch)]
    return outcome if docs is None else _with_docs(docs, outcome, runs, now)


@dataclass(frozen=True)
class _Inspection:
    """One suite's part of the outcome."""

    run: SuiteRun
    kept: pa.Table
    quarantined: pa.Table
    findings: tuple[Finding, ...]


def _inspect(rows: pa.Table, frame: pd.DataFrame, expectations: Sequence[Expectation], now: datetime) -> _Inspection:
    """Judge the rows of one table."""
    from validation.suites import run_suite

    table = expectations[0].table
    run = run_suite(table, frame, expectations, now)
    broken = [each for each in expectations if each.name in run.breaches]
    removing = [each for each in broken if each.rule.action.removes]
    gone = np.zeros(rows.num_rows, dtype=bool)
    for each in removing:
        gone[run.breaches[each.name]] = True
    kept, lines = rows, [broken_rows(table, rows, run.breaches, removing)]
    for each in broken:
        if each.rule.action is Action.BLANK:
            positions = run.breaches[each.name]
            lines.append(blanked_values(table, rows, positions[~gone[positions]], each))
            kept = _blank(kept, each.columns, positions)
    findings = tuple(_row_finding(each, rows, run.breaches[each.name]) for each in broken)
    kept = kept.filter(pa.array(~gone)) if gone.any() else kept
    return _Inspection(run, kept, pa.concat_tables(lines), findings)


def _blank(rows: pa.Table, columns: Sequence[str], positions: np.ndarray) -> pa.Table:
    """Make values missing; ``take`` with missing places does it for every type, lists included."""
    missing = np.zeros(rows.num_rows, dtype=bool)
    missing[positions] = True
    places = pa.array(np.arange(rows.num_rows), mask=missing)
    for name in columns:
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, rows.schema.field(place), rows[name].take(places))
    return rows


def _row_finding(expectation: Expectation, rows: pa.Table, positions: np.ndarray) -> Finding:
    return Finding(
        table=expectation.table,
        expectation=expectation.words,
        severity=expectation.rule.action.severity,
        rows=len(positions),
        example=_shown(rows[expectation.columns[0]][int(positions[0])]),
    )


def _shown(value: pa.Scalar) -> str:
    if pa.types.is_temporal(value.type) and value.is_valid:
        return str(value.cast(pa.string()))  # Arrow writes times of any year; Python's end with the year 9999
    plain_value = value.as_py()
    blank = not plain_value.strip() if isinstance(plain_value, str) else plain_value in (None, [])
    return "nothing" if blank else plain(plain_value)


def _judge(figures: Mapping[str, float | None], expectations: Sequence[Expectation], now: datetime) -> _Inspection:
    """Judge the tables as a whole: a suite on one row of figures, those that could be measured."""
    from validation.suites import run_suite

    frame = pd.DataFrame([figures], dtype="float64")
    asked = [each for each in expectations if figures[each.reads] is not None]
    run = run_suite("batch", frame, asked, now)
    findings = tuple(
        Finding(each.table, each.words, each.rule.action.severity, 0, plain(figures[each.reads]))
        for each in asked
        if each.name in run.breaches
    )
    return _Inspection(run, pa.table({}), QUARANTINE_SCHEMA.empty_table(), findings)


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
