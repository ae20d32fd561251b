"""CSV from any byte stream as batches of text columns, with errors that say where it went wrong.

Nothing is guessed about types here: every value stays the text that stands in the file, and
``pipelines.data.cleaning`` parses it.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from pipelines.errors import SourceError

if TYPE_CHECKING:
    from typing_extensions import Buffer

_BLOCK_BYTES = 1 << 22
_SHOWN = 60


@dataclass(frozen=True)
class CsvFormat:
    """How a CSV is written.

    Attributes:
        delimiters: The characters that may separate columns; the one most frequent in the header does.
        quotes: Whether a value may stand in double quotes.
        encoding: ``utf-8`` (with or without a byte order mark) or a one-byte encoding.
    """

    delimiters: str = ",;\t"
    quotes: bool = True
    encoding: str = "utf-8"


def csv_batches(
    stream: IO[bytes], *, where: str, required: Sequence[str], shape: CsvFormat | None = None
) -> Iterator[pa.Table]:
    """Yield the rows of a CSV with a header line, every column as text.

    Args:
        stream: The bytes, already decompressed or decompressing as they are read.
        where: What to call the file in an error.
        required: Columns the header must name.
        shape: How the file is written; UTF-8 with quotes unless told.

    Raises:
        SourceError: It is empty, cut short, wrongly encoded, lacks a column, or a row has too few or too many values.
    """
    shape = shape or CsvFormat()
    text = io.BufferedReader(_CheckedStream(stream, where, shape.encoding), _BLOCK_BYTES)
    header = text.readline().decode(shape.encoding).removeprefix("\ufeff").rstrip("\r\n")
    if not header.strip():
        raise SourceError("it is empty", where=where, remedy="Pass a table with a header line and rows")
    delimiter = max(shape.delimiters, key=header.count)
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
    require_columns(names, required, where=where)
    yield from _data_rows(text, names, delimiter, where, shape)


def require_columns(names: Sequence[str], required: Sequence[str], *, where: str) -> None:
    """Check the column names of a table that came from outside.

    Raises:
        SourceError: A required column is missing, or a name stands twice.
    """
    found = ", ".join(f"'{name}'" for name in names)[: _SHOWN * 10]
    for name in required:
        if name not in names:
            raise SourceError(
                f"the column '{name}' is missing (columns found: {found})",
                where=where,
                remedy=f"Name a column '{name}'",
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceError(f"the column '{twice[0]}' stands twice in the header", where=where, remedy="Rename one")


def one_element_lists(texts: pa.ChunkedArray) -> pa.Array:
    """Return each text as a list of its own, so that a ``|`` inside a name does not divide it."""
    values = texts.combine_chunks()
    return pa.ListArray.from_arrays(pa.array(np.arange(len(values) + 1), pa.int32()), values)


def _data_rows(text: IO[bytes], names: list[str], delimiter: str, where: str, shape: CsvFormat) -> Iterator[pa.Table]:
    """Parse what follows the header."""
    uneven: list[arrow_csv.InvalidRow] = []

    def remember(row: arrow_csv.InvalidRow) -> str:
        uneven.append(row)
        return "error"

    try:
        reader = arrow_csv.open_csv(
            text,
            # One thread: only then does the parser know the number of a bad row.
            read_options=arrow_csv.ReadOptions(
                column_names=names, block_size=_BLOCK_BYTES, encoding=shape.encoding, use_threads=False
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if shape.quotes else False,
                newlines_in_values=shape.quotes,
                invalid_row_handler=remember,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
        for batch in reader:
            yield pa.Table.from_batches([batch])
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            raise SourceError("it has not one row", where=where, remedy="Pass a table with rows") from error
        raise _uneven_row(uneven, error, where) from error


def _uneven_row(uneven: list[arrow_csv.InvalidRow], error: Exception, where: str) -> SourceError:
    """Say which row does not fit the header."""
    remedy = "Check whether the file is complete and its quotes are closed"
    if not uneven:
        return SourceError(f"it is not a CSV: {error}", where=where, remedy=remedy)
    row = uneven[0]
    return SourceError(
        f"row {row.number} has {row.actual_columns} values where the header has {row.expected_columns}: "
        f"{row.text[:_SHOWN]!r}",
        where=where,
        remedy=remedy,
    )


class _CheckedStream(io.RawIOBase):
    """Passes bytes on, and stops with a plain error where they are damaged or not in the promised encoding."""

    def __init__(self, stream: IO[bytes], where: str, encoding: str) -> None:
        self._stream = stream
        self._where = where
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._bytes = 0
        self._lines = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        chunk = self._read(len(view))
        try:
            self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise self._misread(chunk, error) from error
        self._bytes += len(chunk)
        self._lines += chunk.count(b"\n")
        view[: len(chunk)] = chunk
        return len(chunk)

    def _read(self, size: int) -> bytes:
        """Read, and explain a damaged archive."""
        try:
            return self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise SourceError(
                f"it is damaged or cut short after row {self._lines:,} ({error})",
                where=self._where,
                remedy="Fetch or write the file again",
            ) from error

    def _misread(self, chunk: bytes, error: UnicodeDecodeError) -> SourceError:
        """Say at which row and byte the text cannot be read."""
        # The decoder may have kept up to three bytes of a character from the chunk before.
        kept = len(error.object) - len(chunk)
        position = max(error.start - kept, 0)
        row = self._lines + chunk[:position].count(b"\n")
        line = f"row {row:,}" if row else "the header"
        return SourceError(
            f"{line} is not valid {error.encoding} (byte {self._bytes + error.start - kept:,})",
            where=self._where,
            remedy="Save the file as UTF-8",
        )
