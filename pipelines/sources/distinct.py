"""Rows said before: a stream of tables without repetitions, in memory that grows with what is new only."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

#: Tables are merged when the smaller one is not this many times smaller, so each hash is copied a few times in all.
_MERGE_FACTOR: Final = 2


class DistinctRows:
    """Remembers the rows it has seen by 64-bit hashes, 8 bytes a row.

    Two rows among ten million share a hash by chance once in 300,000 streams; a row is then left out as said before.
    """

    def __init__(self) -> None:
        self._seen: list[np.ndarray] = []

    def new_rows(self, rows: pa.Table) -> pa.Table:
        """Return the rows that were not seen before, each once, and remember them."""
        hashes, first = np.unique(_hashes(rows), return_index=True)
        known = np.zeros(len(hashes), dtype=bool)
        for seen in self._seen:
            places = np.minimum(np.searchsorted(seen, hashes), len(seen) - 1)
            known |= seen[places] == hashes
        self._remember(hashes[~known])
        return rows.take(np.sort(first[~known]))

    def _remember(self, hashes: np.ndarray) -> None:
        """Keep sorted arrays, each much smaller than the one before."""
        if not len(hashes):
            return
        self._seen.append(hashes)
        while len(self._seen) > 1 and len(self._seen[-2]) < _MERGE_FACTOR * len(self._seen[-1]):
            smaller, larger = self._seen.pop(), self._seen.pop()
            self._seen.append(np.sort(np.concatenate([larger, smaller]), kind="stable"))


def _hashes(rows: pa.Table) -> np.ndarray:
    """Return one hash a row, of all its columns."""
    frame = pd.DataFrame({name: _column(rows[name]) for name in rows.column_names})
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()


def _column(column: pa.ChunkedArray) -> object:
    """Return a column in a form pandas can hash: a list becomes the text of its parts."""
    if pa.types.is_list(column.type):
        return pa.compute.binary_join(column, "\x1f").to_pandas()
    return column.to_pandas()
