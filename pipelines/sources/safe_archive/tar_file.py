"""Tar archives, plain or packed with gzip or zstd, read as a stream from front to end."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

import pyarrow as pa

from pipelines.errors import SourceError
from pipelines.sources.safe_archive.base import (
    Archive,
    MemberStream,
    check_name,
    explained,
    is_beside_the_data,
    refused,
    unchanged,
)
from pipelines.sources.safe_archive.limits import Limits

#: What may stand between the bytes of one member and those of the next. A header is half a KiB, with long names a few;
#: tarfile reads a header into memory whole, however long it says it is.
_HEADER_BYTES: Final = 1 << 20
_BLOCK: Final = 512


class TarFile(Archive):
    """A tar archive.

    Args:
        path: Where it lies.
        limits: What it may unpack to.
        compression: ``gzip`` or ``zstd``; None where it is not packed.
    """

    def __init__(self, path: Path, limits: Limits, *, compression: str | None = None) -> None:
        super().__init__(path, limits)
        self._compression = compression

    def names(self) -> tuple[str, ...]:
        """Return the names of the members; reads the archive to its end."""
        with unchanged(self.path), self._opened() as (archive, unpacked):
            return tuple(sorted(member.name for member in self._members(archive, unpacked)))

    def read(self, wanted: Callable[[str], bool]) -> Iterator[tuple[str, IO[bytes]]]:
        """Yield the wanted members in the order in which they stand."""
        with unchanged(self.path), self._opened() as (archive, unpacked):
            for member in self._members(archive, unpacked):
                if wanted(member.name):
                    where = self.label(member.name)
                    with explained(where):
                        content = archive.extractfile(member)
                    if content is not None:
                        yield member.name, cast("IO[bytes]", MemberStream(content, where))

    @contextmanager
    def _opened(self) -> Iterator[tuple[tarfile.TarFile, _Unpacked]]:
        with explained(self.path):
            file = pa.OSFile(str(self.path))
            stream = pa.CompressedInputStream(file, self._compression) if self._compression else file
            unpacked = _Unpacked(stream, self.path, self._limits)
            archive = tarfile.open(fileobj=cast("Any", unpacked), mode="r|", bufsize=_HEADER_BYTES)  # noqa: SIM115
        with file, archive:
            yield archive, unpacked

    def _members(self, archive: tarfile.TarFile, unpacked: _Unpacked) -> Iterator[tarfile.TarInfo]:
        """Yield the files, each one checked, and see to it that the archive comes to its own end."""
        count = 0
        while (member := self._next(archive)) is not None:
            count += 1
            self._limits.check_members(count, self.path)
            self._check(member)
            # tarfile keeps every header it has seen; a stream never goes back to one.
            cast("Any", archive).members = []
            unpacked.allow_up_to(member.offset_data + member.size)
            if member.isreg() and not is_beside_the_data(member.name):
                yield member
        if not unpacked.ended_with_zeros:
            raise SourceError(
                "it is cut short or still being written",
                where=str(self.path),
                remedy="Wait until it is complete, or fetch it again",
            )

    def _next(self, archive: tarfile.TarFile) -> tarfile.TarInfo | None:
        with explained(self.path):
            return archive.next()

    def _check(self, member: tarfile.TarInfo) -> None:
        check_name(member.name, self.path)
        if not (member.isreg() or member.isdir()) or member.issparse():
            raise refused(member.name, self.path, "is a link or a device", "Do not use this archive")


class _Unpacked:
    """The bytes of the tar itself, unpacked, with an eye on how many they are.

    Attributes:
        ended_with_zeros: Whether the last block read was empty, which is how a whole tar ends.
    """

    def __init__(self, stream: pa.NativeFile, path: Path, limits: Limits) -> None:
        self._stream = stream
        self._path = path
        self._packed = path.stat().st_size
        self._limits = limits
        self._position = 0
        self._allowed = 2 * _HEADER_BYTES
        self.ended_with_zeros = False

    def allow_up_to(self, position: int) -> None:
        """Say where the bytes of the present member end."""
        # tarfile asks for whole buffers, so it may be one ahead.
        self._allowed = position + 2 * _HEADER_BYTES

    def read(self, size: int) -> bytes:
        """Return up to so many bytes.

        Raises:
            SourceError: They are more than an archive may unpack to, or a header has no end.
        """
        chunk: bytes = self._stream.read(size)
        self._position += len(chunk)
        self._limits.check_bytes(self._position, self._path)
        self._limits.check_ratio(self._position, self._packed, self._path)
        if self._position > self._allowed:
            raise SourceError(
                "the header of a member has no end", where=str(self._path), remedy="Fetch the archive again"
            )
        if chunk:
            self.ended_with_zeros = not any(chunk[-_BLOCK:])
        return chunk
