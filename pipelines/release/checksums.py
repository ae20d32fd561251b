"""Checks a folder's files against their checksums, and remembers that it did.

Hashing a bundle of a gigabyte takes longer than a worker may take to start. So whoever has hashed a folder leaves a
stamp: size, times and inode of each file. The operating system changes the time of a file's last change (ctime) with
every write, and nobody can set it back; a file whose stamp still holds is the file that was hashed. What this does not
see is a disk that returns other bytes than were written: ``stamped=False`` reads everything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipelines.atomic import write_text
from pipelines.data.hashing import hash_file
from pipelines.errors import CrossfadeError

STAMP: Final = "verified.json"


def first_changed(folder: Path, files: Mapping[str, str], *, stamped: bool = True) -> str | None:
    """Return the first file that is missing or is not what it was; None where all are.

    Args:
        folder: Where the files are.
        files: Name -> SHA-256.
        stamped: Believe the stamp of an earlier check for files that were not touched since.
    """
    known = _read(folder) if stamped else {}
    if known and all(known.get(name) == [digest, *_touch(folder / name)] for name, digest in files.items()):
        return None
    for name, expected in files.items():
        path = folder / name
        if not path.is_file() or hash_file(path) != expected:
            return name
    stamp(folder, files)
    return None


def stamp(folder: Path, files: Mapping[str, str]) -> None:
    """Note that the files have been hashed; where the folder cannot be written, the next check hashes again."""
    seen = {name: [digest, *_touch(folder / name)] for name, digest in files.items()}
    with suppress(CrossfadeError, OSError):
        write_text(folder / STAMP, json.dumps(seen, indent=1))


def _read(folder: Path) -> dict[str, object]:
    try:
        found = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _touch(path: Path) -> list[int]:
    """Return what changes when a file does; nothing for a file that is not there."""
    try:
        found = path.stat()
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
