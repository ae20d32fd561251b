"""Bad rows on purpose, so that cleaning and the gate have something true to show.

Each is a copy of a real row with one thing wrong with it, or nothing (the same event twice). Ruined tracks are cold
ones: no play of anybody goes into quarantine with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.sources.synthetic.world import Stream, generator

#: Far behind any clock this will ever run on.
_FUTURE: Final = datetime(2199, 1, 1, tzinfo=UTC)
_MOMENT: Final = timedelta(milliseconds=7)


def _with(rows: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    field = rows.schema.field(name)
    return rows.set_column(rows.column_names.index(name), field, column.cast(field.type))


def _later(rows: pa.Table) -> pa.Table:
    return _with(rows, c.AT, pc.add(rows[c.AT], pa.scalar(_MOMENT)))


def _negative(rows: pa.Table) -> pa.Table:
    values = pc.subtract(-1.0, pc.fill_null(pc.abs(rows[c.VALUE]), 0.0))
    return _with(_with(_later(rows), c.VALUE, values), c.KIND, pa.repeat(c.PLAY, len(rows)))


def _in_the_future(rows: pa.Table) -> pa.Table:
    times = [_FUTURE + timedelta(seconds=second) for second in range(len(rows))]
    return _with(rows, c.AT, pa.array(times, rows.schema.field(c.AT).type))


def _unknown_track(rows: pa.Table) -> pa.Table:
    return _with(rows, c.TRACK_ID, pc.binary_join_element_wise(rows[c.TRACK_ID], "withdrawn", "-"))


def _no_listener(rows: pa.Table) -> pa.Table:
    return _with(rows, c.USER_ID, pa.repeat(" ", len(rows)))


def _unknown_kind(rows: pa.Table) -> pa.Table:
    return _with(rows, c.KIND, pa.repeat("scrobbel", len(rows)))


def _nothing_wrong(rows: pa.Table) -> pa.Table:
    return rows


#: What can be wrong with an interaction, and how a good row is spoilt.
FAULTS: Final[dict[str, Callable[[pa.Table], pa.Table]]] = {
    "negative play time": _negative,
    "time in the future": _in_the_future,
    "unknown track": _unknown_track,
    "missing listener": _no_listener,
    "unknown kind": _unknown_kind,
    "the same event twice": _nothing_wrong,
}


#: What is wrong with the first cold tracks.
TRACK_FAULTS: Final = ((c.TEMPO, 0.0), (c.LOUDNESS, 4.0), (c.DURATION_MS, -1))


def dirty_rows(rows: pa.Table, rate: float, seed: int, block: int) -> tuple[pa.Table, Counter[str]]:
    """Return spoilt copies of some rows, and how many there are of each fault.

    Args:
        rows: The good rows of one block.
        rate: Bad rows as a share of the good ones, at most 1; above 0 there is one of each fault in every block.
        seed: The world's seed.
        block: The block's number.
    """
    each = min(max(1, round(rate * len(rows) / len(FAULTS))), len(rows) // len(FAULTS)) if rate > 0.0 else 0
    chosen = generator(seed, Stream.DIRT, block).choice(len(rows), (len(FAULTS), each), replace=False)
    spoilt = [spoil(rows.take(numbers)) for spoil, numbers in zip(FAULTS.values(), chosen, strict=True)]
    return pa.concat_tables(spoilt), Counter(dict.fromkeys(FAULTS, each))
