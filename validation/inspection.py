"""One suite's part of the outcome: which rows stay, which go, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.data.approval import Finding
from validation.kinds import Action, plain
from validation.quarantine import blanked_values, broken_rows
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
    """What was found in the figures of the tables as a whole; attributes as for rows."""

    findings: tuple[Finding, ...]
    run: SuiteRun


def inspect_rows(
    rows: pa.Table, frame: pd.DataFrame, expectations: Sequence[Expectation], now: datetime
) -> InspectedRows:
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
    run = run_suite("batch", pd.DataFrame([figures], dtype="float64"), asked, now)
    findings = tuple(
        Finding(each.table, each.words, each.rule.action.severity, 0, plain(figures[each.reads]))
        for each in asked
        if each.name in run.breaches
    )
    return InspectedFigures(findings, run)


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
