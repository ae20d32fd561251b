"""What became of a snapshot or bundle whose name is a hash of its content and whose content had to change.

Bundles, training records and MLflow name snapshots; none of them is edited when a person is forgotten. The old name
leads to the new folder instead.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pipelines.atomic import append_line

_FILE: Final = "REPLACED"


def note_successor(folder: Path, old: str, new: str) -> None:
    """Record that what was called ``old`` is called ``new`` from now on.

    Args:
        folder: Where both live.
        old: The name that is given up.
        new: The name that takes its place.

    Raises:
        CrossfadeError: The disk is full or the folder cannot be written.
    """
    if successors(folder).get(old) != new:
        append_line(folder / _FILE, json.dumps([old, new]))


def present_name(folder: Path, name: str) -> str:
    """Return what is called so today: the name itself unless its folder is gone and another took its place."""
    later = successors(folder)
    seen = {name}
    while not (folder / name).exists() and later.get(name, name) not in seen:
        name = later[name]
        seen.add(name)
    return name


def successors(folder: Path) -> dict[str, str]:
    """Return every name that was given up, and the name that took its place."""
    try:
        lines = (folder / _FILE).read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return {}
    # What stands after the last end of a line was cut off while it was written, and is written again.
    return dict(json.loads(line) for line in lines[:-1])
