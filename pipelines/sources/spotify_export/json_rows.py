"""Rows of a JSON list, read piece by piece however long it is, and only the fields that are asked for.

The fast way cuts a block behind its last brace and parses everything before it. Where that succeeds the cut was right:
a cut inside a text or an object leaves something open, which no parser accepts. Where it fails, the elements of the
block are told apart one by one, exactly, and each is parsed by itself: first by the same parser, then by the standard
library's, which takes numbers and characters that are out of range. So a strange row costs time, and never its
neighbours.

Of keys that stand twice the last one counts, as in every reader of JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import IO, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from pipelines.errors import SourceError

Row = TypeVar("Row", bound=Struct)

#: Bytes parsed at a time: some 600 plays, so that they and what is made of them stay in the processor's cache.
BLOCK_BYTES: Final = 1 << 19
#: A play is about one KiB. Nothing a person played fills a MiB, and a file of one endless row needs a bound.
ROW_BYTES: Final = 1 << 20

_BOM: Final = b"\xef\xbb\xbf"
_BRACES_TRIED: Final = 4
_BLANKS: Final = b" \t\r\n"
_CLOSE: Final = ord("]")
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff", b"[\x00", b"\x00[", b"{\x00", b"\x00{")
_ENDING: Final = frozenset({b",", b"]", b"}"})
_OPENING: Final = frozenset({b"[", b"{"})
_CLOSING: Final = frozenset({b"]", b"}"})
#: What decides where an element ends: texts, brackets, commas, and a quote that opens a text without an end.
_TOKENS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)


class JsonRows(Generic[Row]):
    """Reads the rows of one file.

    Args:
        row_type: The fields to read.
        where: What to call the file in an error.
        block_bytes: How much is read and parsed at a time.
        row_bytes: How long a row may be.

    Attributes:
        strangers: Elements that are no objects, so far; they are no rows.
    """

    def __init__(
        self, row_type: type[Row], where: str, *, block_bytes: int = BLOCK_BYTES, row_bytes: int = ROW_BYTES
    ) -> None:
        self._type = row_type
        self._where = where
        self._block_bytes = block_bytes
        self._row_bytes = row_bytes
        # A type made at run time: msgspec reads it, a type checker cannot.
        self._many = msgspec.json.Decoder(list[row_type])  # type: ignore[valid-type]
        self._one = msgspec.json.Decoder(row_type)
        self._rows = 0
        self._closed = False
        self.strangers = 0

    def read(self, stream: IO[bytes]) -> Iterator[list[Row]]:
        """Yield the rows in blocks.

        Raises:
            SourceError: It is no list, not UTF-8, not JSON, cut short, or one of its rows has no end.
        """
        rest = self._opened(stream)
        while True:
            block, is_last = self._block(stream, rest)
            rows, rest = self._parsed(block, last=is_last)
            if rows:
                yield rows
            self._rows += len(rows)
            if self._closed:
                break
            if len(rest) > self._row_bytes:
                raise self._error(f"row {self._rows + self.strangers + 1:,} is longer than {self._row_bytes:,} bytes")
        while rest:
            if rest.strip(_BLANKS):
                raise self._error("something follows its list of plays")
            rest = stream.read(self._block_bytes)

    def _block(self, stream: IO[bytes], rest: bytes) -> tuple[bytearray, bool]:
        """Return what is left of the block before and a block more, as a list that opens, and whether it is the last.

        It can be written to, so that it is closed where it is cut, and not copied for that.
        """
        block, missing = bytearray(b"[" + rest), self._block_bytes
        while missing > 0 and (chunk := stream.read(missing)):
            block += chunk
            missing -= len(chunk)
        return block, missing > 0

    def _opened(self, stream: IO[bytes]) -> bytes:
        """Return what is read first, from behind the bracket that opens the list."""
        block = bytes(self._block(stream, b"")[0][1:])
        if block.startswith(_UTF_16):
            raise self._error("it is UTF-16 text and not UTF-8")
        text = block.removeprefix(_BOM).lstrip(_BLANKS)
        if not text:
            raise self._error("it is empty, cut short or still being written")
        if not text.startswith(b"["):
            raise self._error("it is no JSON list of plays")
        return text[1:]

    def _parsed(self, block: bytearray, *, last: bool) -> tuple[list[Row], bytes]:
        """Return the whole rows of a block, and what is left of it."""
        try:
            if last:
                rows = self._many.decode(block)
                self._closed = True
                return rows, b""
            cut = _behind_last_row(block)
            rows = self._decoded_up_to(cut, block)
            return rows, bytes(block[cut:].lstrip(_BLANKS)[1:])
        except (ValueError, RecursionError):
            pass
        return self._one_by_one(bytes(block[1:]), last=last)

    def _decoded_up_to(self, cut: int, block: bytearray) -> list[Row]:
        """Parse a block as if it ended at a place; the block is afterwards what it was."""
        following, block[cut] = block[cut], _CLOSE
        try:
            with memoryview(block) as whole, whole[: cut + 1] as part:
                return self._many.decode(part)
        finally:
            block[cut] = following

    def _one_by_one(self, block: bytes, *, last: bool) -> tuple[list[Row], bytes]:
        """Tell the elements of a block apart and parse each by itself."""
        rows: list[Row] = []
        start = 0
        for end, sign in _ends(block):
            number = self._rows + self.strangers + len(rows) + 1
            if sign == b"}":
                raise self._error(f"row {number:,} is not JSON")
            self._closed = sign == b"]"
            if not (self._closed and number == 1 and not block[start:end].strip(_BLANKS)):
                rows += self._parsed_alone(block[start:end], number)
            start = end + 1
            if self._closed:
                return rows, block[start:]
        if last:
            raise self._error(f"it ends in the middle of row {self._rows + self.strangers + len(rows) + 1:,}")
        return rows, block[start:]

    def _parsed_alone(self, element: bytes, number: int) -> list[Row]:
        """Return one row, or none where the element is no object."""
        try:
            return [self._one.decode(element)]
        except (ValueError, RecursionError):
            pass
        try:
            value = json.loads(element.decode())
        except UnicodeDecodeError as error:
            raise self._error(f"row {number:,} is not UTF-8 text") from error
        except (ValueError, RecursionError) as error:
            raise self._error(f"row {number:,} is not JSON") from error
        if not isinstance(value, dict):
            self.strangers += 1
            return []
        return [self._type(**{name: _storable(value.get(name)) for name in self._type.__struct_fields__})]

    def _error(self, what: str) -> SourceError:
        return SourceError(
            what, where=self._where, remedy="Wait until the file is complete, or unpack or download the export again"
        )


def _ends(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield where each whole element of a list ends, and what stands there: a comma, or a bracket or brace too many."""
    depth = 0
    for token in _TOKENS.finditer(block):
        sign = token.group()
        if sign == b'"':
            return
        if depth == 0 and sign in _ENDING:
            yield token.start(), sign
        elif sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth -= 1


def _behind_last_row(block: bytearray) -> int:
    """Return where the last row ends, as it seems: behind a brace that a comma follows.

    Raises:
        ValueError: There is no such place among the last few braces.
    """
    end = len(block)
    for _ in range(_BRACES_TRIED):
        brace = block.rindex(b"}", 0, end)
        if block[brace + 1 : end].lstrip(_BLANKS).startswith(b","):
            return brace + 1
        end = brace
    raise ValueError


def _storable(value: object) -> object:
    """Return a text without the halves of characters JSON can write and no file can hold; other values as they are."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value
