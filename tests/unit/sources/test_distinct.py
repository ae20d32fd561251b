"""Rows that were said before."""

from __future__ import annotations

import pyarrow as pa

from pipelines.sources.distinct import DistinctRows


def rows(*values):
    texts = [text for text, _ in values]
    return pa.table(
        {"a": pa.array(texts, pa.string()), "b": pa.array([part for _, part in values], pa.list_(pa.string()))}
    )


def test_a_row_comes_once_and_in_its_order():
    distinct = DistinctRows()
    one, two, three = ("x", ["p"]), ("x", ["p", "q"]), (None, None)
    assert distinct.new_rows(rows(two, one, two, three)).equals(rows(two, one, three))
    assert distinct.new_rows(rows(one, three)).num_rows == 0
    assert distinct.new_rows(rows(("y", ["p"]), one)).equals(rows(("y", ["p"])))


def test_what_was_seen_long_ago_is_still_known():
    distinct = DistinctRows()
    tables = [rows(*((f"{place}-{number}", None) for number in range(place + 1))) for place in range(30)]
    assert sum(distinct.new_rows(table).num_rows for table in tables) == sum(range(31))
    assert sum(distinct.new_rows(table).num_rows for table in tables) == 0


def test_an_empty_table_is_nothing_new():
    assert DistinctRows().new_rows(rows()).num_rows == 0
