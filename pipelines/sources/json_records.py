"""JSON records from a byte stream in blocks: one object a line, or one array of objects.

Lines are read by Arrow, a block at a time, against a schema. Files written by many programs over many years do not keep
to one: a number stands as text in one line of ten thousand. Such a line is read by itself, as a Python object, and the
rest of its block keeps its speed.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any, Final

import pyarrow as pa
from pyarrow import json as arrow_json

from pipelines.errors import SourceError
from pipelines.sources.checked_stream import CheckedStream

_BLOCK_BYTES = 1 << 22
#: No record of a listening service is longer than a few kB; one that is would be held in memory whole.
LONGEST_RECORD_BYTES: Final = 1 << 24
#: With more misfits in a block than this, reading all of its lines one by one costs no more.
_FEW_MISFITS = 12
#: Arrow 25 crashes where nothing but "null" stands in a block; behind an object that is a row of nulls.
_FIRST_LINE = b"{}\n"
_ROW = re.compile(r"in row ([0-9]+)$")
_ARRAY_RECORDS = 20_000
#: What parts the entries of an array; it matches everywhere.
_BETWEEN = re.compile(r"[\s,]*")


@dataclass(frozen=True)
class Records:
    """Some records of a file, in two parts that together are all of them.

    Attributes:
        typed: Those that fit the schema.
        others: The number of the line (or entry) and what stands there; None where it is no JSON object.
    """

    typed: pa.Table
    others: Sequence[tuple[int, dict[str, Any] | None]] = field(default_factory=list)


def json_records(stream: IO[bytes], schema: pa.Schema, *, where: str) -> Iterator[Records]:
    """Yield the records of a stream; what the schema does not name is not kept.

    Args:
        stream: The bytes, already decompressed or decompressing as they are read.
        schema: The names and types of what is wanted; a line with other types is among ``others``.
        where: What to call the file in an error.

    Raises:
        SourceError: It is not UTF-8, damaged, or an array that is cut short; or a record is absurdly long.
    """
    text = io.BufferedReader(CheckedStream(stream, where, "utf-8"), _BLOCK_BYTES)
    start = text.peek(3)[:3]
    if start == b"\xef\xbb\xbf":
        text.read(3)
    if text.peek(1).lstrip()[:1] == b"[":
        yield from _array_records(text, schema, where)
        return
    for number, block in _blocks(text, where):
        yield _read_block(block, number, schema)


def parse_record(text: bytes | str) -> dict[str, Any] | None:
    """Return the JSON object a text holds; None where it holds something else or says one name twice."""
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _blocks(text: IO[bytes], where: str) -> Iterator[tuple[int, bytes]]:
    """Yield whole lines, a few MB of them at a time, with the number of the first."""
    number, rest = 1, b""
    while chunk := text.read(_BLOCK_BYTES):
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            rest += chunk
            _refuse_endless(len(rest), f"line {number:,}", where)
            continue
        block = rest + chunk[:cut]
        yield number, block
        number += block.count(b"\n")
        rest = chunk[cut:]
    if rest:
        yield number, rest


def _read_block(block: bytes, number: int, schema: pa.Schema) -> Records:
    """Read some lines by the schema; where a line does not fit, go on behind it."""
    try:
        return Records(_typed(block, schema))
    except _DoesNotFitError as error:
        misfit = error.row
    lines = [(place, line) for place, line in enumerate(block.split(b"\n"), number) if line.strip()]
    tables, others = [schema.empty_table()], []
    for _ in range(_FEW_MISFITS):
        if misfit is None or misfit >= len(lines):
            break
        try:
            tables.append(_typed_lines(lines[:misfit], schema))
            others.append(lines[misfit])
            lines = lines[misfit + 1 :]
            tables.append(_typed_lines(lines, schema))
        except _DoesNotFitError as error:
            misfit = error.row
        else:
            lines = []
            break
    return Records(pa.concat_tables(tables), [(place, parse_record(line)) for place, line in (*others, *lines)])


def _typed_lines(lines: list[tuple[int, bytes]], schema: pa.Schema) -> pa.Table:
    return _typed(b"\n".join(line for _, line in lines), schema)


def _typed(block: bytes, schema: pa.Schema) -> pa.Table:
    """Return the records of some lines.

    Raises:
        _DoesNotFitError: One is no JSON or does not fit the schema.
    """
    text = _FIRST_LINE + block
    try:
        table = arrow_json.read_json(
            pa.BufferReader(text),
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except pa.ArrowInvalid as error:
        row = _ROW.search(str(error))
        raise _DoesNotFitError(int(row[1]) - 1 if row else None) from error
    return table.slice(1)


class _DoesNotFitError(Exception):
    """A line does not fit the schema.

    Attributes:
        row: Its number, as far as Arrow told, from 0.
    """

    def __init__(self, row: int | None) -> None:
        super().__init__()
        self.row = row


def _array_records(text: IO[bytes], schema: pa.Schema, where: str) -> Iterator[Records]:
    """Yield the entries of one array as objects: an array has no lines to cut it by."""
    found: list[tuple[int, dict[str, Any] | None]] = []
    for number, entry in enumerate(_array_entries(text, where), 1):
        found.append((number, entry if isinstance(entry, dict) else None))
        if len(found) == _ARRAY_RECORDS:
            yield Records(schema.empty_table(), found)
            found = []
    if found:
        yield Records(schema.empty_table(), found)


def _array_entries(text: IO[bytes], where: str) -> Iterator[object]:
    """Yield the entries one by one; a few MB of the array are held at a time."""
    decode = json.JSONDecoder().raw_decode
    pieces = iter(partial(io.TextIOWrapper(text, "utf-8").read, _BLOCK_BYTES), "")
    held, place, number = next(pieces).lstrip()[1:], 0, 0
    while True:
        # The pattern also matches nothing, so there always is a match.
        place = _BETWEEN.match(held, place).end()  # type: ignore[union-attr]
        if held.startswith("]", place):
            return
        try:
            entry, place = decode(held, place)
        except (ValueError, RecursionError) as error:
            held, place = held[place:], 0
            _refuse_endless(len(held), f"entry {number + 1:,}", where)
            more = next(pieces, "")
            if not more:
                raise SourceError(
                    f"it is cut short or no JSON after entry {number:,}",
                    where=where,
                    remedy="Fetch the file again, or wait until it is written",
                ) from error
            held += more
        else:
            number += 1
            yield entry


def _refuse_endless(length: int, what: str, where: str) -> None:
    if length > LONGEST_RECORD_BYTES:
        raise SourceError(
            f"{what} is longer than {LONGEST_RECORD_BYTES >> 20} MiB",
            where=where,
            remedy="No listening service writes such records: check what the file is",
        )
