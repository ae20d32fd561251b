"""One table in one file, CSV or Parquet, told apart by its first bytes rather than by its name."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import SourceError
from pipelines.sources.csv_text import csv_batches, require_columns

_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"
_NOT_TABLES = {b"PK\x03\x04": "a zip archive or a spreadsheet", b"SQLi": "an SQLite database", b"%PDF": "a PDF"}
_BATCH_ROWS = 1 << 17


def table_batches(path: Path, *, required: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the rows of a CSV (plain or gzip) or Parquet file.

    The columns of a CSV are text, those of a Parquet file have the types they were written with. At least one batch
    with rows is given.

    Args:
        path: The file.
        required: Columns it must have.

    Raises:
        SourceError: It is missing, a folder, empty, truncated, wrongly encoded, not a table or lacks a column.
    """
    first = _first_bytes(path)
    if first[:4] in _NOT_TABLES:
        raise SourceError(
            f"it is {_NOT_TABLES[first[:4]]}, not a table", where=str(path), remedy="Pass a CSV or Parquet file"
        )
    if first == _PARQUET:
        yield from parquet_batches(path, required=required)
    elif path.suffix == ".parquet":
        raise SourceError("it is not a Parquet file", where=str(path), remedy="Write or fetch the file again")
    else:
        opener = gzip.open if first[:2] == _GZIP else open
        with cast("IO[bytes]", opener(path, "rb")) as stream:
            yield from csv_batches(stream, where=str(path), required=required)


def row_groups(path: Path) -> int:
    """Return how many parts of a file can be read by themselves: the row groups of a Parquet file, else 1.

    Raises:
        SourceError: It is missing, a folder or damaged.
    """
    if _first_bytes(path) != _PARQUET:
        return 1
    with _parquet(path) as file:
        return max(1, int(file.num_row_groups))


def row_group(path: Path, number: int, *, required: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the rows of one of the ``row_groups``; errors as for ``table_batches``."""
    if row_groups(path) == 1:
        yield from table_batches(path, required=required)
    else:
        yield from parquet_batches(path, required=required, groups=[number])


def check_file(path: Path) -> None:
    """Check that a file can be opened.

    Raises:
        SourceError: There is none, it is a folder, or it may not be read.
    """
    _first_bytes(path)


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except FileNotFoundError as error:
        raise SourceError("there is no such file", where=str(path), remedy="Check the path") from error
    except IsADirectoryError as error:
        raise SourceError("it is a folder", where=str(path), remedy="Pass the file itself") from error
    except OSError as error:
        raise SourceError(
            f"it cannot be read ({error.strerror})", where=str(path), remedy="Check the path and who may read it"
        ) from error


def parquet_batches(
    path: Path,
    *,
    required: Sequence[str],
    columns: Sequence[str] | None = None,
    rows: int = _BATCH_ROWS,
    groups: list[int] | None = None,
) -> Iterator[pa.Table]:
    """Yield the rows of a Parquet file; at least one batch is given.

    Args:
        path: The file.
        required: Columns it must have.
        columns: Which to read; all where it is left out.
        rows: How many at a time.
        groups: Of which row groups; of all where it is left out.

    Raises:
        SourceError: It is missing, empty, damaged or lacks a column.
    """
    with _parquet(path) as file:
        require_columns(file.schema_arrow.names, required, where=str(path))
        if not file.metadata.num_rows:
            raise SourceError("it has not one row", where=str(path), remedy="Pass a table with rows")
        for batch in file.iter_batches(rows, row_groups=groups, columns=None if columns is None else list(columns)):
            yield pa.Table.from_batches([batch])


@contextmanager
def _parquet(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; what goes wrong with it meanwhile is an error of the source."""
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"it is damaged or cut short ({error})", where=str(path), remedy="Write or fetch the file again"
        ) from error
