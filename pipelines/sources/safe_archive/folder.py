"""Folders: an archive somebody unpacked."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from pipelines.sources.safe_archive.base import (
    Archive,
    MemberStream,
    check_name,
    explained,
    is_beside_the_data,
    refused,
    unchanged,
)


class Folder(Archive):
    """The files below a folder. Links are refused, not followed: they may lead anywhere."""

    def names(self) -> tuple[str, ...]:
        """Return the files' paths below the folder."""
        found: list[str] = []
        with explained(self.path):
            for name in self._walk():
                found.append(name)
                self._limits.check_members(len(found), self.path)
        return tuple(sorted(found))

    def read(self, wanted: Callable[[str], bool]) -> Iterator[tuple[str, IO[bytes]]]:
        """Yield the wanted files."""
        total = 0
        for name in self.names():
            if wanted(name):
                path, where = self.path / name, self.label(name)
                with explained(where):
                    total += path.stat().st_size
                self._limits.check_bytes(total, self.path)
                with explained(where):
                    file = io.FileIO(path)
                with file, unchanged(path):
                    yield name, cast("IO[bytes]", MemberStream(cast("IO[bytes]", file), where))

    def _walk(self) -> Iterator[str]:
        """Yield the path of every file below, after a check that it is one."""
        for folder, folders, files in os.walk(self.path, onerror=_raise):
            for entry in (*folders, *files):
                path = Path(folder, entry)
                name = path.relative_to(self.path).as_posix()
                mode = path.lstat().st_mode
                if is_beside_the_data(name):
                    continue
                if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    raise refused(name, self.path, "is a link or a device", "Put the file itself there")
                if stat.S_ISREG(mode):
                    check_name(name, self.path)
                    yield name
            folders[:] = [entry for entry in folders if not is_beside_the_data(entry)]


def _raise(error: OSError) -> None:
    raise error
