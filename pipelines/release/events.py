"""The log of what was done with models: one line a move, appended, never edited.

The state file (``pipelines.release.states``) is the truth and carries the move that made it. The log follows: what a
crash kept from being written down is written down before the next move.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pipelines.atomic import append_line
from pipelines.errors import ReleaseError

Move = Literal["promote", "rollback", "shadow", "canary", "end shadow", "end canary", "replace"]
#: Enough for the last line, whatever its reason says.
_TAIL_BYTES = 65_536


@dataclass(frozen=True)
class Event:
    """One move of one model.

    Attributes:
        step: Its number, from 1; the order of events, whatever the clock says.
        at: When (ISO 8601, UTC); never before the event before it.
        move: What was done.
        bundle_id: The model it was done with.
        who: Who did it: a person or a flow.
        why: In a sentence.
    """

    step: int
    at: str
    move: Move
    bundle_id: str
    who: str
    why: str


@dataclass(frozen=True)
class Entry:
    """A line of the log: what happened, and the state it led to (as in the state file)."""

    event: Event
    state: Mapping[str, Any]


def append_event(path: Path, event: Event, state: Mapping[str, Any]) -> None:
    """Add a move to the log unless it stands there already.

    Args:
        path: The log.
        event: The move.
        state: What it led to, as in the state file.

    Raises:
        CrossfadeError: The disk is full or the log cannot be written.
    """
    if event.step > _last_step(path):
        append_line(path, json.dumps({**asdict(event), "state": dict(state)}))


def read_events(path: Path) -> tuple[Entry, ...]:
    """Return all moves, the first one first.

    Raises:
        ReleaseError: A line cannot be read; the message says which.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return ()
    # What stands after the last end of a line is a move whose writing was cut off; the state file still has it.
    return tuple(_entry(line, path, number) for number, line in enumerate(lines[:-1], start=1))


def _entry(line: str, path: Path, number: int) -> Entry:
    try:
        values = json.loads(line)
        state = values.pop("state")
        return Entry(Event(**values), state)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReleaseError(
            "the log of releases is damaged", where=f"{path}, line {number}", remedy="Remove that line"
        ) from error


def _last_step(path: Path) -> int:
    """Return the number of the last move that was written down whole; 0 where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = file.read().split(b"\n")
    except FileNotFoundError:
        return 0
    for line in reversed(lines[:-1]):
        try:
            return int(json.loads(line)["step"])
        except (ValueError, TypeError, KeyError):
            continue
    return 0
