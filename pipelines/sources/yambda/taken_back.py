"""Likes and dislikes that stand: those that nobody took back later.

Both files are sorted by listener, so they are read side by side, and only the rows of a few listeners are held.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from pipelines.errors import SourceError
from pipelines.sources.yambda.layout import ITEM, TIMESTAMP, UID, UNDONE_BY, Layout
from pipelines.sparse import find

_COLUMNS = (UID, ITEM, TIMESTAMP)


def standing(layout: Layout, event: str, left_out: Counter[str]) -> Iterator[pa.Table]:
    """Yield the likes, or the dislikes, after which no taking back follows.

    At the same second the like comes first: nobody takes back what was not given.

    Args:
        layout: Where the files are.
        event: ``likes`` or ``dislikes``.
        left_out: Takes how many were taken back, and how many rows did so.

    Raises:
        SourceError: A file cannot be read, or is not sorted by listener.
    """
    undoing = UNDONE_BY[event]
    undone = _Following(_whole_listeners(layout, undoing))
    for rows in _whole_listeners(layout, event):
        taken_back = _last_times(undone.up_to(rows[UID][-1].as_py()))
        stands = _stands(rows, *taken_back)
        left_out[f"{event} that were taken back"] += int((~stands).sum())
        yield rows.filter(pa.array(stands))
    undone.up_to(None)
    left_out[f"{undoing}: they take back and are no rows"] += undone.count


class _Following:
    """Rows sorted by listener, given out as far as another file has come."""

    def __init__(self, batches: Iterator[pa.Table]) -> None:
        self._batches = batches
        self._held: pa.Table | None = next(batches, None)
        self.count = self._held.num_rows if self._held is not None else 0

    def up_to(self, listener: int | None) -> list[pa.Table]:
        """Return the rows of listeners up to this one, or all that are left, that were not given out before."""
        found: list[pa.Table] = []
        while self._held is not None:
            listeners = self._held[UID].to_numpy()
            end = len(listeners) if listener is None else int(np.searchsorted(listeners, listener, side="right"))
            found.append(self._held[:end])
            if end < len(listeners):
                self._held = self._held[end:]
                break
            self._held = next(self._batches, None)
            self.count += self._held.num_rows if self._held is not None else 0
        return found


def _whole_listeners(layout: Layout, event: str) -> Iterator[pa.Table]:
    """Yield the rows of a file so that those of one listener come together.

    Raises:
        SourceError: It is not sorted by listener.
    """
    rest: pa.Table | None = None
    for batch in layout.rows(event, _COLUMNS):
        rows = batch if rest is None else pa.concat_tables([rest, batch])
        listeners = rows[UID].to_numpy()
        if (listeners[1:] < listeners[:-1]).any():
            raise SourceError(
                "its rows are not sorted by listener (uid)",
                where=str(layout.file(event)),
                remedy="Use the file as it was published",
            )
        last = int(np.searchsorted(listeners, listeners[-1]))
        if last:
            yield rows[:last]
        rest = rows[last:]
    if rest is not None:
        yield rest


def _last_times(undone: list[pa.Table]) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each listener and track among the rows, as one sorted key, when it was taken back last."""
    if not undone:
        return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.uint32)
    rows = pa.concat_tables(undone)
    keys, times = _keys(rows), rows[TIMESTAMP].to_numpy()
    order = np.lexsort((times, keys))
    keys, times = keys[order], times[order]
    last = np.append(keys[1:] != keys[:-1], True)[: len(keys)]
    return keys[last], times[last]


def _stands(rows: pa.Table, keys: np.ndarray, times: np.ndarray) -> np.ndarray:
    place = find(_keys(rows), keys)
    later = rows[TIMESTAMP].to_numpy() > (times[place] if len(times) else 0)
    stands: np.ndarray = (place < 0) | later
    return stands


def _keys(rows: pa.Table) -> np.ndarray:
    keys: np.ndarray = (rows[UID].to_numpy().astype(np.uint64) << np.uint64(32)) | rows[ITEM].to_numpy().astype(
        np.uint64
    )
    return keys
