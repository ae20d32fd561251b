"""CSV as people's own programs write it: with a header or without, in any common encoding, with rows that do not fit.

``csv_text`` reads tables that keep to one form, fast and strictly. Here a row with too many values spoils only
itself: it is given out as it is, and the source says what is wrong with it.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import IO, Final, cast

from pipelines.errors import ConfigError, SourceError
from pipelines.sources.checked_stream import CheckedStream

_DELIMITERS: Final = ",;\t|"
_BLANK: Final = "\ufeff \t\r\n"
_BLOCK_BYTES: Final = 1 << 20
_MARKS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def csv_rows(stream: IO[bytes], *, where: str, encoding: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV with the number of the line each one ends in; empty lines are passed over.

    Args:
        stream: The bytes, unpacked.
        where: What to call the file in an error.
        encoding: What it is written in; by default what its byte order mark says, else UTF-8.

    Raises:
        ConfigError: There is no such encoding.
        SourceError: It is empty, damaged, wrongly encoded, or its quotes are not closed.
    """
    lines = _lines(stream, where, encoding)
    told = ((number, line) for number, line in enumerate(lines) if line.strip(_BLANK))
    skipped, first = next(told, (0, ""))
    if not first:
        raise SourceError("it is empty", where=where, remedy="Pass a file with rows")
    # Strict, because otherwise a quote that is not closed swallows the rest of the file without a word.
    reader = csv.reader(
        chain([first.lstrip("\ufeff")], lines), delimiter=max(_DELIMITERS, key=first.count), strict=True
    )
    try:
        for row in reader:
            if row:
                yield skipped + reader.line_num, row
    except csv.Error as error:
        raise SourceError(
            f"line {skipped + reader.line_num:,} is not CSV ({error})",
            where=where,
            remedy="Check whether the file is complete and its quotes are closed",
        ) from error


def _lines(stream: IO[bytes], where: str, encoding: str | None) -> Iterator[str]:
    """Return the lines of a file with the ends they have."""
    start = stream.read(3)
    known = next((name for mark, name in _MARKS.items() if start.startswith(mark)), "utf-8")
    try:
        checked = CheckedStream(cast("IO[bytes]", _Rejoined(start, stream)), where, encoding or known)
    except LookupError as error:
        raise ConfigError(
            f"there is no encoding '{encoding}'", where="encoding", remedy="Name one, say cp1252 or utf-16"
        ) from error
    text = io.TextIOWrapper(io.BufferedReader(checked, _BLOCK_BYTES), encoding or known, newline="")
    # A line without an end comes in pieces, and csv refuses a value of more than 128 KiB.
    return iter(partial(text.readline, _BLOCK_BYTES), "")


class _Rejoined:
    """A stream whose first bytes were looked at."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start = start
        self._rest = rest

    def read(self, size: int) -> bytes:
        start, self._start = self._start[:size], self._start[size:]
        return start or self._rest.read(size)
