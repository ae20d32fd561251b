"""Archives from anywhere: a zip, a tar (plain, gzip or zstd) or a folder, read one member at a time.

Nothing is ever unpacked to disk. An archive is refused, with one plain error, where a member's name leads out of it,
is a link or a device, is encrypted, is an archive itself, or unpacks to more than a person or a service can have
written; where it is damaged, cut short, or changes while it is read. Members that programs put beside the data
(``__MACOSX``, names that begin with a dot) do not count.

An archive inside another is refused and not skipped: it may hold the data, and nobody would know that it was not read.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import SourceError
from pipelines.sources.safe_archive.base import Archive
from pipelines.sources.safe_archive.folder import Folder
from pipelines.sources.safe_archive.limits import Limits
from pipelines.sources.safe_archive.tar_file import TarFile
from pipelines.sources.safe_archive.zip_file import ZipFile

__all__ = ["Archive", "Limits", "open_archive"]

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP, _ZSTD, _TAR = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"ustar"
_TAR_AT = 257


def open_archive(path: Path, limits: Limits | None = None) -> Archive:
    """Return an archive, its kind told by its first bytes rather than by its name.

    Args:
        path: A zip, a tar or a folder.
        limits: What it may unpack to; by default what any person's own data stay far below.

    Raises:
        SourceError: There is nothing, it cannot be read, or it is no archive.
    """
    limits = limits if limits is not None else Limits()
    if path.is_dir():
        return Folder(path, limits)
    first = _first_bytes(path)
    if first.startswith(_ZIP):
        return ZipFile(path, limits)
    if first.startswith(_GZIP):
        return TarFile(path, limits, compression="gzip")
    if first.startswith(_ZSTD):
        return TarFile(path, limits, compression="zstd")
    if first[_TAR_AT:].startswith(_TAR):
        return TarFile(path, limits)
    what = "it is empty" if not first else "it is neither a zip nor a tar archive"
    raise SourceError(what, where=str(path), remedy="Pass the archive as it was downloaded, or the unpacked folder")


def _first_bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise SourceError("it is neither a file nor a folder", where=str(path), remedy="Check the path")
        with path.open("rb") as file:
            return file.read(_TAR_AT + len(_TAR))
    except FileNotFoundError as error:
        raise SourceError("there is no such file or folder", where=str(path), remedy="Check the path") from error
    except OSError as error:
        raise SourceError(
            f"it cannot be read ({error.strerror})", where=str(path), remedy="Check the path and who may read it"
        ) from error
