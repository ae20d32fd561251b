"""One suite's part of the outcome: which rows stay, which go, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipelines.data.approval import Finding
from validation.history import Past, compare
from validation.kinds import Action, plain
from validation.profile import Profile
from validation.quarantine_lines import blanked_values, broken_rows
from validation.rules import SourceRules
from validation.section import Expectation

if TYPE_CHECKING:
    from validation.suites import SuiteRun


@dataclass(frozen=True)
class InspectedRows:
    """What was found in the rows of one table.

    Attributes:
        kept: The rows that passed, bad values made missing.
        quarantined: The others, and the values (``validation.quarantine.QUARANTINE_SCHEMA``).
        findings: The rules that were broken.
        run: The suite, as it was run.
    """

    kept: pa.Table
    quarantined: pa.Table
    findings: tuple[Finding, ...]
    run: SuiteRun


@dataclass(frozen=True)
class InspectedFigures:
    """What was found in the figures of the tables as a whole.

    Attributes:
        findings: The rules that were broken.
        run: The suite, as it was run; None where there was nothing to run it on.
        notes: What a reader should know about it, as sentences.
    """

    findings: tuple[Finding, ...] = ()
    run: SuiteRun | None = None
    notes: tuple[str, ...] = ()


def inspect_rows(rows: pa.Table, frame: pa.Table, expectations: Sequence[Expectation], now: datetime) -> InspectedRows:
    """Judge the rows of one table, each by itself.

    Args:
        rows: The table.
        frame: What the rules read of it (``validation.frames``).
        expectations: The rules of this table.
        now: The instant after which times lie in the future.
    """
    from validation.suites import run_suite

    table = expectations[0].table
    run = run_suite(table, frame, expectations, now)
    broken = [each for each in expectations if each.name in run.breaches]
    removing = [each for each in broken if each.rule.action.removes]
    stays = np.ones(rows.num_rows, dtype=bool)
    for each in removing:
        stays[run.breaches[each.name]] = False
    kept, lines = rows, [broken_rows(table, rows, run.breaches, removing)]
    for each in broken:
        if each.rule.action is Action.BLANK:
            positions = run.breaches[each.name]
            lines.append(blanked_values(table, rows, positions[stays[positions]], each))
            kept = _blank(kept, each.columns, positions)
    return InspectedRows(
        kept=kept if stays.all() else kept.filter(pa.array(stays)),
        quarantined=pa.concat_tables(lines),
        findings=tuple(_row_finding(each, rows, run.breaches[each.name]) for each in broken),
        run=run,
    )


def inspect_figures(
    figures: Mapping[str, float | None], expectations: Sequence[Expectation], now: datetime
) -> InspectedFigures:
    """Judge the tables as a whole: a suite on one row of figures, those that could be measured."""
    from validation.suites import run_suite

    asked = [each for each in expectations if figures[each.reads] is not None]
    run = run_suite(
        "batch", pa.table({name: pa.array([value], pa.float64()) for name, value in figures.items()}), asked, now
    )
    findings = tuple(
        Finding(each.table, each.words, each.rule.action.severity, 0, plain(figures[each.reads]))
        for each in asked
        if each.name in run.breaches
    )
    return InspectedFigures(findings, run)


def inspect_history(profile: Profile, past: Past | None, rules: SourceRules, now: datetime) -> InspectedFigures:
    """Judge how far a batch is from the past: a suite with one column a rule and one row a figure.

    Args:
        profile: The batch.
        past: What was accepted before; None to ask nothing.
        rules: The rules of this source.
        now: The instant after which times lie in the future.
    """
    from validation.suites import run_suite

    if past is None:
        return InspectedFigures()
    if len(past.batches) < rules.past.least_batches:
        count = f"{len(past.batches)} accepted so far, {rules.past.least_batches} are needed"
        return InspectedFigures(notes=(f"The batch was not compared with earlier ones: {count}.",))
    compared = compare(profile, past, least_rows=rules.past.least_rows)
    rows = max(map(len, compared.values()))
    figures = {name: [each.figure for each in of] + [None] * (rows - len(of)) for name, of in compared.items()}
    frame = pa.table({name: pa.array(of, pa.float64()) for name, of in figures.items()})
    expectations = rules.expectations("history")
    run = run_suite("history", frame, expectations, now)
    findings = tuple(
        Finding(of.table, each.words, each.rule.action.severity, 0, f"{plain(of.figure)} for {of.what}")
        for each in expectations
        for of in (compared[each.reads][place] for place in run.breaches.get(each.name, ()))
    )
    note = (
        f"The batch was compared with {len(past.batches)} accepted before, the last at {past.batches[-1].accepted_at}."
    )
    return InspectedFigures(findings, run, (note,))


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
