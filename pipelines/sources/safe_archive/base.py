"""What every kind of archive has in common: its contract, the names it may hold, and streams that explain damage."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, TYPE_CHECKING, Final

import pyarrow as pa

from pipelines.errors import SourceError
from pipelines.sources.safe_archive.limits import Limits

if TYPE_CHECKING:
    from typing_extensions import Buffer

#: What Python's readers raise on bytes that are not an archive; the last ones come from fields that make no sense.
DAMAGE: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    OSError,
    pa.ArrowException,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.zst", ".tar.xz", ".tar.bz2", ".7z", ".rar")
_LONGEST_NAME = 80


class Archive(ABC):
    """Members that can be streamed, by name.

    Args:
        path: Where it lies.
        limits: What it may unpack to.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self._limits = limits

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Return the names of the members, sorted, with ``/`` between folders.

        Raises:
            SourceError: The archive is damaged, or a member is refused.
        """

    @abstractmethod
    def read(self, wanted: Callable[[str], bool]) -> Iterator[tuple[str, IO[bytes]]]:
        """Yield name and bytes of each wanted member; the bytes are gone when the next one is asked for.

        A zip and a folder give them sorted by name, a tar in its own order. Reading a stream raises the same error.

        Raises:
            SourceError: The archive is damaged or changed while it was read, or a member is refused.
        """

    def label(self, name: str) -> str:
        """Return what to call a member in an error."""
        return f"{self.path}: {shown(name)}"


class MemberStream(io.RawIOBase):
    """The bytes of one member; damage is told as a ``SourceError``.

    Args:
        stream: The bytes, perhaps unpacked as they are read.
        where: What to call the member in an error.
    """

    def __init__(self, stream: IO[bytes], where: str) -> None:
        self._stream = stream
        self._where = where

    def readable(self) -> bool:
        """Tell that this stream is for reading."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to so many bytes; none at the end.

        Raises:
            SourceError: The member is damaged or cut short.
        """
        with explained(self._where):
            return self._stream.read(size)

    def readinto(self, buffer: Buffer) -> int:
        """Fill a buffer and return how many bytes came; same errors."""
        view = memoryview(buffer).cast("B")
        chunk = self.read(len(view))
        view[: len(chunk)] = chunk
        return len(chunk)


@contextmanager
def explained(where: str | Path) -> Iterator[None]:
    """Turn what the readers of archives raise into one plain error.

    Raises:
        SourceError: The bytes are damaged or cut short.
    """
    try:
        yield
    except DAMAGE as error:
        detail = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise SourceError(
            f"it is damaged, cut short or still being written ({shown(detail)})",
            where=str(where),
            remedy="Wait until it is complete, or fetch it again",
        ) from error


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Insist that a file is the same before and after.

    Raises:
        SourceError: Its size or its time changed in between: somebody is writing to it.
    """
    before = path.stat()
    yield
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise SourceError(
            "it changed while it was read: it is still being written",
            where=str(path),
            remedy="Wait until it is complete and run again",
        )


def is_beside_the_data(name: str) -> bool:
    """Tell whether a member is something programs put beside the data: hidden, or macOS's own."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def check_name(name: str, archive: Path) -> None:
    """Check that a member's name stays inside the archive and is not that of another archive.

    Raises:
        SourceError: It does not, or it is.
    """
    windows = PureWindowsPath(name)
    if name.startswith("/") or windows.drive or windows.root or ".." in windows.parts or "\0" in name:
        raise refused(name, archive, "has a name that leads out of the archive", "Do not use this archive")
    if name.lower().endswith(_ARCHIVES) and not is_beside_the_data(name):
        raise refused(
            name, archive, "is an archive itself, and those are not opened", "Pass it by itself, or take it out"
        )


def refused(name: str, archive: Path, what: str, remedy: str) -> SourceError:
    """Return the error about one member."""
    return SourceError(f"'{shown(name)}' {what}", where=str(archive), remedy=remedy)


def shown(text: str) -> str:
    """Return a text as it may stand in a line of output: printable, and not too long."""
    printable = "".join(character if character.isprintable() else "?" for character in text[:_LONGEST_NAME])
    return printable + ("…" if len(text) > _LONGEST_NAME else "")
