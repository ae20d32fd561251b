"""CSV from any byte stream as batches of text columns, with errors that say where it went wrong.

Nothing is guessed about types here: every value stays the text that stands in the file, and
``pipelines.data.cleaning`` parses it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from pipelines.errors import SourceError
from pipelines.sources.checked_stream import CheckedStream

_BLOCK_BYTES = 1 << 22
_SHOWN = 60
_REMEDY = "Check whether the file is complete and its quotes are closed"


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
    checked = CheckedStream(stream, where, shape.encoding)
    text = io.BufferedReader(checked, _BLOCK_BYTES)
    header = _header(text, where, shape.encoding)
    delimiter = max(shape.delimiters, key=header.count)
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
    require_columns(names, required, where=where)
    last = ""
    for batch in _data_rows(text, names, delimiter, where, shape):
        last = batch.column(len(names) - 1)[-1].as_py()
        yield batch
    if shape.quotes and _is_left_open(last, checked.tail, delimiter):
        raise SourceError("the quotes of its last value are not closed", where=where, remedy=_REMEDY)


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


def _header(text: IO[bytes], where: str, encoding: str) -> str:
    """Return the first line that is not blank."""
    for line in text:
        header = line.decode(encoding).removeprefix("\ufeff").rstrip("\r\n")
        if "\r" in header:
            raise SourceError(
                "its lines end in a carriage return alone",
                where=where,
                remedy="Save the file with the line ends of Unix or Windows",
            )
        if len(header) > csv.field_size_limit():
            raise SourceError("its first line is too long for a header", where=where, remedy="Check what the file is")
        if header.strip():
            return header
    raise SourceError("it is empty", where=where, remedy="Pass a table with a header line and rows")


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


def _is_left_open(last: str, tail: bytes, delimiter: str) -> bool:
    """Tell whether a file ends inside quotes: the parser then takes all that follows them for its last value."""
    ending = tail.decode("utf-8", errors="ignore")
    opened = delimiter + '"' + last.replace('"', '""')
    if len(opened) > len(ending):
        return not ending.rstrip("\r\n").endswith('"')
    # Were the quotes closed, something would follow the value; were there none, nothing would stand before it.
    return ending.endswith(opened)


def _uneven_row(uneven: list[arrow_csv.InvalidRow], error: Exception, where: str) -> SourceError:
    """Say which row does not fit the header."""
    if not uneven:
        return SourceError(f"it is not a CSV: {error}", where=where, remedy=_REMEDY)
    row = uneven[0]
    return SourceError(
        f"row {row.number} has {row.actual_columns} values where the header has {row.expected_columns}: "
        f"{row.text[:_SHOWN]!r}",
        where=where,
        remedy=_REMEDY,
    )
