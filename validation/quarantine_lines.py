"""The lines of a quarantine: one for each row that the gate set aside, or took a value from, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from pipelines.data.row_parsing import REASON, ROW, TABLE, rows_as_json
from validation.section import Expectation

ACTION: Final = "action"
RULE: Final = "rule"

#: What was done: the row is no row of its table (rejected by cleaning), was set aside, or lost one value.
UNREADABLE: Final = "unreadable"
SET_ASIDE: Final = "set aside"
BLANKED: Final = "value made missing"

#: One line for each row set aside, and for each value made missing in a row that stays.
QUARANTINE_SCHEMA: Final = pa.schema(
    [
        pa.field(TABLE, pa.string(), nullable=False),
        pa.field(ACTION, pa.string(), nullable=False),
        pa.field(RULE, pa.string()),
        pa.field(REASON, pa.string(), nullable=False),
        pa.field(ROW, pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True)
class ReasonCount:
    """How many rows of a table met the same fate for the same reason.

    Attributes:
        table: The table.
        action: What was done.
        reason: Why.
        rows: How many.
    """

    table: str
    action: str
    reason: str
    rows: int


def broken_rows(
    table: str, rows: pa.Table, breaches: Mapping[str, np.ndarray], rules: Sequence[Expectation]
) -> pa.Table:
    """Describe the rows that leave a table, each once, under the first rule it breaks.

    Args:
        table: The table's name.
        rows: All its rows.
        breaches: Positions of the rows that break each rule.
        rules: The rules that remove rows, in order.
    """
    first = np.full(rows.num_rows, len(rules), dtype=np.int32)
    for place, rule in reversed(list(enumerate(rules))):
        first[breaches.get(rule.name, [])] = place
    positions = np.flatnonzero(first < len(rules))
    reasons = [rules[place] for place in first[positions]]
    return _lines(table, SET_ASIDE, rows.take(pa.array(positions)), reasons)


def blanked_values(table: str, rows: pa.Table, positions: np.ndarray, rule: Expectation) -> pa.Table:
    """Describe the rows that stay and lose one value."""
    return _lines(table, BLANKED, rows.take(pa.array(positions)), [rule] * len(positions))


def unreadable_rows(rejected: pa.Table) -> pa.Table:
    """Describe the rows cleaning rejected (``pipelines.data.row_parsing.REJECTED_SCHEMA``)."""
    count = rejected.num_rows
    columns = [rejected[TABLE], [UNREADABLE] * count, pa.nulls(count, pa.string()), rejected[REASON], rejected[ROW]]
    return pa.table(columns, schema=QUARANTINE_SCHEMA)


def count_reasons(quarantined: pa.Table) -> tuple[ReasonCount, ...]:
    """Count by table, action and reason, the most frequent first."""
    groups = quarantined.group_by([TABLE, ACTION, REASON]).aggregate([([], "count_all")])
    return add_up(
        ReasonCount(line[TABLE], line[ACTION], line[REASON], line["count_all"]) for line in groups.to_pylist()
    )


def add_up(counts: Iterable[ReasonCount]) -> tuple[ReasonCount, ...]:
    """Return one count a table, action and reason, of the counts of several parts, the most frequent first."""
    rows: Counter[tuple[str, str, str]] = Counter()
    for count in counts:
        rows[count.table, count.action, count.reason] += count.rows
    return tuple(ReasonCount(*key, rows[key]) for key in sorted(rows, key=lambda key: (-rows[key], *key)))


def _lines(table: str, action: str, rows: pa.Table, rules: Sequence[Expectation]) -> pa.Table:
    names, reasons = [rule.name for rule in rules], [f"expected {rule.words}" for rule in rules]
    columns = [[table] * len(rules), [action] * len(rules), names, reasons, rows_as_json(rows)]
    return pa.table(columns, schema=QUARANTINE_SCHEMA)
