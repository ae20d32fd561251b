"""What a person names as an input: one file, or many in a folder or an archive, opened in the same way."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

from pipelines.data.hashing import hash_file, hash_json
from pipelines.errors import ConfigError, SourceError
from pipelines.sources.base import SourceOptions
from pipelines.sources.safe_archive import Limits, open_archive
from pipelines.sources.safe_archive.base import MemberStream, unchanged
from pipelines.sources.tabular import check_file

if TYPE_CHECKING:
    from typing_extensions import Buffer

_GZIP: Final = b"\x1f\x8b"
_TAR_AT: Final = 257
_ARCHIVES: Final = ((0, b"PK\x03\x04"), (0, b"PK\x05\x06"), (0, b"\x28\xb5\x2f\xfd"), (_TAR_AT, b"ustar"))
_FIRST_BYTES: Final = 512


@dataclass(frozen=True)
class Member:
    """One file of an input.

    Attributes:
        name: Its name; within a folder or an archive its path there.
        where: What to call it in an error.
        stream: Its bytes, unpacked.
        is_alone: Whether it is the input itself. Its name then is the one the person's computer gave it.
    """

    name: str
    where: str
    stream: IO[bytes]
    is_alone: bool = False

    def place(self, line: int) -> str:
        """Return where a row stands, as it may be kept: the names of downloads often hold that of their owner."""
        return f"line {line}" if self.is_alone else f"{self.name}, line {line}"


def named_input(options: SourceOptions, *, source: str, what: str) -> Path:
    """Return the path a person named.

    Args:
        options: Of the source.
        source: Its name, for the error.
        what: What should have been named.

    Raises:
        ConfigError: None was.
    """
    if options.archive is None:
        raise ConfigError("no file was named", where=f"source '{source}'", remedy=f"Pass {what}: --archive PATH")
    return options.archive


def read_members(
    path: Path, wanted: Callable[[str], bool], *, what: str, limits: Limits | None = None
) -> Iterator[Member]:
    """Yield the files of an input; the bytes of one are gone when the next is asked for.

    Args:
        path: A folder, a zip, a tar (plain, gzip, zstd), or one file (plain or gzip).
        wanted: Tells by its name whether a file of a folder or an archive is one of them; one file is always read.
        what: What is looked for, in words.
        limits: What the input may unpack to.

    Raises:
        SourceError: There is nothing, not one file is wanted, or the input is damaged, changes or is refused.
    """
    limits = limits if limits is not None else Limits()
    if not (path.is_dir() or is_archive(path)):
        with unchanged(path), path.open("rb") as file:
            yield Member(path.name, str(path), _plain(file, path, limits), is_alone=True)
        return
    archive, count = open_archive(path, limits), 0
    for name, stream in archive.read(wanted):
        count += 1
        where = archive.label(name)
        plain = _unpacked(stream, path, limits, where) if name.lower().endswith(".gz") else stream
        yield Member(name.removesuffix(".gz"), where, plain)
    if not count:
        raise SourceError(
            f"it holds no {what}", where=str(path), remedy="Pass the file, folder or archive as it was downloaded"
        )


def checksum_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and contents below a folder.

    Raises:
        SourceError: It cannot be read.
    """
    if not path.is_dir():
        check_file(path)
        return hash_file(path)
    return hash_json([[name, hash_file(path / name)] for name in open_archive(path).names()])


def is_archive(path: Path) -> bool:
    """Tell by the first bytes, those of a packed file unpacked.

    Raises:
        SourceError: It cannot be read.
    """
    check_file(path)
    with path.open("rb") as file:
        first = file.read(_FIRST_BYTES)
    if first.startswith(_GZIP):
        try:
            with gzip.open(path) as unpacked:
                first = unpacked.read(_FIRST_BYTES)
        except (OSError, EOFError):
            return False
    return any(first[place:].startswith(mark) for place, mark in _ARCHIVES)


def _plain(file: IO[bytes], path: Path, limits: Limits) -> IO[bytes]:
    """Return the bytes of a file, unpacked where it is packed."""
    start = file.read(len(_GZIP))
    file.seek(0)
    return _unpacked(file, path, limits, str(path)) if start == _GZIP else file


def _unpacked(packed: IO[bytes], path: Path, limits: Limits, where: str) -> IO[bytes]:
    """Return the bytes of a gzip stream."""
    limited = _Limited(cast("IO[bytes]", gzip.GzipFile(fileobj=packed)), path, limits)
    return cast("IO[bytes]", MemberStream(cast("IO[bytes]", limited), where))


class _Limited(io.RawIOBase):
    """The bytes of a packed file, with an eye on how many they are."""

    def __init__(self, stream: IO[bytes], path: Path, limits: Limits) -> None:
        self._stream = stream
        self._path = path
        # A folder's size says nothing about the packed files in it.
        self._packed = path.stat().st_size if path.is_file() else limits.total_bytes
        self._limits = limits
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        chunk = self._stream.read(len(view))
        self._count += len(chunk)
        self._limits.check_bytes(self._count, self._path)
        self._limits.check_ratio(self._count, self._packed, self._path)
        view[: len(chunk)] = chunk
        return len(chunk)
