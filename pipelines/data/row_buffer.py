"""Rows that are put by in the order in which they come: in memory, or in a file where there is a folder for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

_HELD_BYTES = 16 << 20
_COMPRESSED = pa.ipc.IpcWriteOptions(compression="lz4")


class RowBuffer:
    """Rows of one schema.

    Args:
        schema: The schema.
        file: Where they go when they become many; None to hold everything in memory.
    """

    def __init__(self, schema: pa.Schema, file: Path | None = None) -> None:
        self.schema = schema
        self.rows = 0
        self._file = file
        self._held: list[pa.Table] = []
        self._held_bytes = 0
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None

    def add(self, rows: pa.Table) -> None:
        """Put rows into the buffer.

        Raises:
            OSError: The disk is full or the folder cannot be written.
        """
        if not rows.num_rows:
            return
        self._held.append(rows)
        self._held_bytes += rows.nbytes
        self.rows += rows.num_rows
        if self._file and self._held_bytes > _HELD_BYTES:
            self._writer = self._writer or pa.ipc.new_stream(str(self._file), self.schema, options=_COMPRESSED)
            for each in self._held:
                self._writer.write_table(each)
            self._held, self._held_bytes = [], 0

    def __iter__(self) -> Iterator[pa.Table]:
        """Give the rows back, some at a time; after that no more can be added."""
        if self._writer:
            self._writer.close()
            with pa.memory_map(str(self._file)) as mapped, pa.ipc.open_stream(mapped) as batches:
                for batch in batches:
                    yield pa.Table.from_batches([batch])
        yield from self._held
