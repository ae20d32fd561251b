"""The few values that stand for a column when a rule is judged: all of it passes exactly when they do.

A range holds a column when it holds its smallest and its largest value; a list of permitted values, when it holds its
different values; a column is unique when its most frequent value is. So a handful of values is judged, and a whole
column only where a rule is broken, to name the rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from validation.kinds import Given, Holds, OneOf, Range, Rule, Unique


def representatives(column: pa.ChunkedArray, rule: Rule) -> pa.ChunkedArray | None:
    """Return values of a column that pass a rule exactly when the column does.

    Args:
        column: The values the rule speaks of, at least one.
        rule: The rule.

    Returns:
        One value or more; None where no few values can stand for the column.
    """
    match rule:
        case Given():
            return _first(column, pc.is_null(column))
        case Holds():
            return _first(column, pc.is_valid(column))
        case OneOf():
            return pa.chunked_array([pc.unique(column)])
        case Unique():
            return _most_frequent(column)
        case Range():
            ends = pc.min_max(column)
            return pa.chunked_array([pa.array([ends["min"].as_py(), ends["max"].as_py()], column.type)])
        case _:
            return None


def side_by_side(columns: Mapping[str, pa.ChunkedArray]) -> pa.Table:
    """Return columns of different lengths as one table; a shorter one repeats its last value."""
    rows = np.arange(max(map(len, columns.values())))
    return pa.table({name: column.take(np.minimum(rows, len(column) - 1)) for name, column in columns.items()})


def _first(column: pa.ChunkedArray, wanted: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the first value that may break the rule; where there is none, any."""
    place = pc.index(wanted, True).as_py()
    return column.slice(max(place, 0), 1)


def _most_frequent(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the value in the most rows, twice where it stands in several; missing values do not count."""
    counts = pc.value_counts(column.drop_null())
    if not len(counts):
        return column.slice(0, 1)
    rows = counts.field("counts")
    place = pc.index(rows, pc.max(rows)).as_py()
    return pa.chunked_array([counts.field("values").take([place] * min(rows[place].as_py(), 2))])
