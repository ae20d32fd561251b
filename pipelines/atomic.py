"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipelines.errors import CrossfadeError

_DRAFT = ".draft-"
_BLOCK = 65_536
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Draft:
    """A folder being written; nobody sees it before ``publish``."""

    def __init__(self, parent: Path, path: Path) -> None:
        self._parent = parent
        self.path = path

    def publish(self, name: str) -> Path:
        """Give the folder its name in one step; if the name is taken, keep what is there (names are content hashes)."""
        target = self._parent / name
        _sync_tree(self.path)
        try:
            self.path.rename(target)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                raise
        return target


@contextmanager
def new_folder(parent: Path) -> Iterator[Draft]:
    """Give a draft folder under ``parent``; whatever was not published is removed.

    Raises:
        CrossfadeError: The disk is full or the folder cannot be written.
    """
    with _explained(parent):
        parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=parent))
        try:
            yield Draft(parent, draft)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def clear_drafts(*folders: Path) -> None:
    """Remove what killed processes left in folders; nobody else may be writing there."""
    for folder in folders:
        for draft in folder.glob(f"{_DRAFT}*"):
            shutil.rmtree(draft, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Replace a small file in one step.

    Raises:
        CrossfadeError: The disk is full or the file cannot be written.
    """
    with new_file(path) as file:
        file.write(text.encode())


def append_line(path: Path, line: str) -> None:
    """Add a line to a file and push it to disk; a line whose writing was cut off before makes way.

    Raises:
        CrossfadeError: The disk is full or the file cannot be written.
    """
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            file.truncate(_end_of_last_line(file))
            file.write(f"{line}\n".encode())
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write (and read back); on leaving without an error it takes its place in one step.

    Raises:
        CrossfadeError: The disk is full or the file cannot be written.
    """
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        draft = Path(name)
        try:
            with os.fdopen(handle, "w+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def make_folder(path: Path) -> Path:
    """Make a folder where there is none, and return its path.

    Raises:
        CrossfadeError: The folder cannot be made.
    """
    with _explained(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


def means_full_disk(error: BaseException) -> bool:
    """Tell whether an error says that the disk is full, in the system's words or in those of SQLite and Arrow."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    return bool(re.search(r"no space left on device|database or disk is full", str(error), re.IGNORECASE))


def _end_of_last_line(file: IO[bytes]) -> int:
    """Return how many bytes of a file are whole lines."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - _BLOCK)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


@contextmanager
def _explained(where: Path) -> Iterator[None]:
    """Turn the operating system's refusals into errors a person can act on."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise CrossfadeError(
                "the disk is full", where=str(where), remedy="Free some space and run again"
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}:
            raise CrossfadeError(
                f"it cannot be written ({error.strerror})",
                where=str(where),
                remedy="Check the folder's owner, or set CROSSFADE_HOME to a folder you can write",
            ) from error
        raise


def _sync_tree(folder: Path) -> None:
    """Push a folder's files to disk, so that a crash after publishing cannot leave empty ones."""
    for path in folder.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
