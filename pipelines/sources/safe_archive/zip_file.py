"""Zip archives."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Final, cast

from pipelines.sources.safe_archive.base import (
    Archive,
    MemberStream,
    check_name,
    explained,
    is_beside_the_data,
    refused,
    unchanged,
)

#: bzip2 and lzma are left out: zipfile unpacks a block of theirs whole, however large it becomes.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1


class ZipFile(Archive):
    """A zip archive.

    What its directory says about sizes can be held to: ``zipfile`` takes in and gives out no more than that.
    """

    def names(self) -> tuple[str, ...]:
        """Return the names of the members."""
        with self._opened() as archive:
            return tuple(member.filename for member in self._members(archive))

    def read(self, wanted: Callable[[str], bool]) -> Iterator[tuple[str, IO[bytes]]]:
        """Yield the wanted members."""
        with unchanged(self.path), self._opened() as archive:
            for member in self._members(archive):
                if wanted(member.filename):
                    where = self.label(member.filename)
                    with explained(where):
                        unpacked = archive.open(member)
                    with unpacked:
                        yield member.filename, cast("IO[bytes]", MemberStream(unpacked, where))

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        with explained(self.path):
            archive = zipfile.ZipFile(self.path)
        with archive:
            yield archive

    def _members(self, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
        """Return the files of the archive, every one of them checked."""
        entries = archive.infolist()
        self._limits.check_members(len(entries), self.path)
        self._limits.check_bytes(sum(entry.file_size for entry in entries), self.path)
        for entry in entries:
            self._check(entry)
        files = [entry for entry in entries if not entry.is_dir() and not is_beside_the_data(entry.filename)]
        return sorted(files, key=lambda entry: entry.filename)

    def _check(self, entry: zipfile.ZipInfo) -> None:
        check_name(entry.filename, self.path)
        self._limits.check_ratio(entry.file_size, entry.compress_size, self.path)
        mode = stat.S_IFMT(entry.external_attr >> 16)
        if mode not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise refused(entry.filename, self.path, "is a link or a device", "Do not use this archive")
        if entry.flag_bits & _ENCRYPTED:
            raise refused(entry.filename, self.path, "is encrypted", "Unpack it with its password and pass the folder")
        if entry.compress_type not in _METHODS:
            raise refused(
                entry.filename, self.path, "is packed in a way that is not read", "Unpack it and pass the folder"
            )
