"""The interactions of one reading, listener by listener: in memory while they fit, then in files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.buckets import BUCKETS, PARTITION_ROWS, buckets_of

#: Long texts fill the memory before many rows do.
_MEMORY_BYTES = 256 << 20
_COMPRESSED = pa.ipc.IpcWriteOptions(compression="lz4")


class Spool:
    """Rows to be read back by bucket.

    What does not fit in memory goes to files of one record batch a bucket, so that any bucket is found without reading
    the others.

    Args:
        folder: Where the files go; None to hold everything in memory.
        memory_rows: How many rows are held in memory.
    """

    def __init__(self, folder: Path | None = None, *, memory_rows: int = PARTITION_ROWS) -> None:
        self._folder = folder
        self._memory_rows = memory_rows
        self._held: list[pa.Table] = []
        self._held_rows = 0
        self._held_bytes = 0
        self._files: list[Path] = []
        self.rows = 0

    def add(self, rows: pa.Table) -> None:
        """Take rows of ``INTERACTION_SCHEMA``.

        Raises:
            OSError: The disk is full or the folder cannot be written.
        """
        self._held.append(rows)
        self._held_rows += rows.num_rows
        self._held_bytes += rows.nbytes
        self.rows += rows.num_rows
        if self._folder and (self._held_rows > self._memory_rows or self._held_bytes > _MEMORY_BYTES):
            self._spill(self._folder)

    def take(self, file: Path, rows: int) -> None:
        """Take a file that ``write_buckets`` wrote; the caller's order of files is the order of reading."""
        self._files.append(file)
        self.rows += rows

    def rows_of(self, buckets: range) -> pa.Table:
        """Return the rows of the listeners in some neighbouring buckets, a listener's in the order of reading."""
        found = [c.INTERACTION_SCHEMA.empty_table()]
        for file in self._files:
            with pa.memory_map(str(file)) as mapped:
                batches = pa.ipc.open_file(mapped)
                found.append(pa.Table.from_batches(map(batches.get_batch, buckets), c.INTERACTION_SCHEMA))
        for rows in self._held:
            if len(buckets) == BUCKETS:
                found.append(rows)
            else:
                of_row = buckets_of(rows[c.USER_ID])
                found.append(rows.filter(pa.array((of_row >= buckets.start) & (of_row < buckets.stop))))
        return pa.concat_tables(found).combine_chunks()

    def track_ids(self) -> pa.Array:
        """Return the ids of all tracks, each once, in the order in which they stand here."""
        seen = pa.array([], pa.string())
        for ids in self._track_columns():
            seen = pc.unique(pa.chunked_array([seen, *ids.chunks]))
        return seen

    def _track_columns(self) -> Iterator[pa.ChunkedArray]:
        for file in self._files:
            with pa.memory_map(str(file)) as mapped:
                yield pa.ipc.open_file(mapped).read_all()[c.TRACK_ID]
        for rows in self._held:
            yield rows[c.TRACK_ID]

    def _spill(self, folder: Path) -> None:
        file = folder / f"{len(self._files):05d}.arrow"
        with file.open("wb") as sink:
            write_buckets(sink, pa.concat_tables(self._held))
        self._files.append(file)
        self._held, self._held_rows, self._held_bytes = [], 0, 0


def write_buckets(sink: IO[bytes], rows: pa.Table) -> None:
    """Write rows as one record batch a bucket, each listener's in the order in which they stand."""
    buckets = buckets_of(rows[c.USER_ID])
    in_order = rows.take(pa.array(np.argsort(buckets, kind="stable"))).combine_chunks()
    ends = np.cumsum(np.bincount(buckets, minlength=BUCKETS)).tolist()
    with pa.ipc.new_file(sink, rows.schema, options=_COMPRESSED) as writer:
        for first, end in zip([0, *ends[:-1]], ends, strict=True):
            batch = in_order.slice(first, end - first).combine_chunks().to_batches()
            writer.write_batch(batch[0] if batch else pa.RecordBatch.from_pylist([], schema=rows.schema))
