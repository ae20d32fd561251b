"""Small tables joined to larger ones, since what is done with a table costs something however small it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa


def joined(tables: Iterable[pa.Table], most_bytes: int) -> Iterator[pa.Table]:
    """Yield the same rows in the same order in fewer tables; columns of other types begin a new one.

    Args:
        tables: The rows.
        most_bytes: A table that has so many is not joined with another.
    """
    waiting: list[pa.Table] = []
    size = 0
    for table in tables:
        if waiting and (waiting[0].schema != table.schema or size >= most_bytes):
            yield pa.concat_tables(waiting)
            waiting, size = [], 0
        waiting.append(table)
        size += table.nbytes
    if waiting:
        yield pa.concat_tables(waiting)
