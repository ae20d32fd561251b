"""The gate: tables in, rows that passed and a verdict about exactly those rows out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from pipelines.atomic import new_folder, write_text
from pipelines.data.approval import fingerprint
from pipelines.data.hashing import hash_json
from pipelines.data.row_parsing import REJECTED_SCHEMA
from pipelines.data.tables import Tables
from validation.data_docs import prune, write_summary
from validation.examination import Examination
from validation.history import Past
from validation.outcome import GateOutcome, Judgement
from validation.quarantine_lines import QUARANTINE_SCHEMA
from validation.report import summarise
from validation.rules import SourceRules

if TYPE_CHECKING:
    from validation.suites import SuiteRun


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
    lines = [QUARANTINE_SCHEMA.empty_table()]
    examination = Examination(rules, now, lines.append)
    examination.rejected(REJECTED_SCHEMA.empty_table() if rejected is None else rejected)
    tracks = examination.tracks(tables.tracks)
    interactions = examination.interactions(tables.interactions)
    kept = Tables(interactions, tracks, examination.playlists(tables.playlists))
    judgement, runs = examination.conclude(fingerprint(kept), past)
    if docs is not None:
        judgement = write_docs(docs, judgement, runs, now)
    return GateOutcome(judgement, kept, pa.concat_tables(lines))


def write_docs(docs: Path, judgement: Judgement, runs: Sequence[SuiteRun], now: datetime) -> Judgement:
    """Write the Data Docs of one run, which never change again, and point the folder's first page to them; old ones go.

    Args:
        docs: The folder of the Data Docs.
        judgement: What the gate says.
        runs: The suites that were run.
        now: The time of the run.

    Returns:
        The judgement, with the address of its page.

    Raises:
        CrossfadeError: The disk is full or the folder cannot be written.
    """
    from validation.suites import write_pages

    summary = summarise(judgement)
    name = hash_json([judgement.verdict.to_json(), summary.to_json(), now.isoformat()])[:16]
    with new_folder(docs) as draft:
        checked_at = now.isoformat(sep=" ", timespec="seconds")
        write_pages(draft.path, runs, {"summary": summary, "checked_at": checked_at, "suite": judgement.verdict.suite})
        write_summary(draft.path, summary, now)
        page = draft.publish(name) / "index.html"
    write_text(docs / "index.html", _POINTER.format(page=f"{name}/index.html"))
    prune(docs)
    return replace(judgement, verdict=replace(judgement.verdict, docs=page.resolve().as_uri()))


_POINTER = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={page}"><title>Data Docs</title>
</head><body><p><a href="{page}">The newest Data Docs</a></p></body></html>
"""
