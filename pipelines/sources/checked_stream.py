"""A byte stream that is checked while it is read: whole, and text in the encoding it is said to have."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

from pipelines.errors import SourceError

if TYPE_CHECKING:
    from typing_extensions import Buffer

_TAIL_BYTES = 1 << 16


class CheckedStream(io.RawIOBase):
    """Passes bytes on, and stops with a plain error where they are damaged or not in the promised encoding.

    Args:
        stream: The bytes, perhaps decompressing as they are read.
        where: What to call the file in an error.
        encoding: What its text is said to be written in.

    Attributes:
        tail: The last bytes passed on, up to 64 KiB.
    """

    def __init__(self, stream: IO[bytes], where: str, encoding: str) -> None:
        self._stream = stream
        self._where = where
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._bytes = 0
        self._lines = 0
        self.tail = b""

    def readable(self) -> bool:
        """Tell that this stream is for reading."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Fill a buffer and return how many bytes came.

        Raises:
            SourceError: The bytes are damaged, cut short or not text in the encoding.
        """
        view = memoryview(buffer)
        chunk = self._read(len(view))
        try:
            self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise self._misread(chunk, error) from error
        self._bytes += len(chunk)
        self._lines += chunk.count(b"\n")
        self.tail = (self.tail + chunk)[-_TAIL_BYTES:]
        view[: len(chunk)] = chunk
        return len(chunk)

    def _read(self, size: int) -> bytes:
        """Read, and explain a damaged archive."""
        try:
            return self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise SourceError(
                f"it is damaged or cut short after line {self._lines:,} ({error})",
                where=self._where,
                remedy="Fetch or write the file again",
            ) from error

    def _misread(self, chunk: bytes, error: UnicodeDecodeError) -> SourceError:
        """Say at which line and byte the text cannot be read."""
        # The decoder may have kept up to three bytes of a character from the chunk before.
        kept = len(error.object) - len(chunk)
        position = max(error.start - kept, 0)
        line = 1 + self._lines + chunk[:position].count(b"\n")
        return SourceError(
            f"line {line:,} is not valid {error.encoding} (byte {self._bytes + error.start - kept:,})",
            where=self._where,
            remedy="Save the file as UTF-8",
        )
