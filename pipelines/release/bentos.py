"""Which Bento was built from which bundle: one line each, appended when one is built."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from pipelines.atomic import append_line
from pipelines.home import Home


@dataclass(frozen=True)
class BuiltBento:
    """A Bento that was built.

    Attributes:
        tag: Its tag ("crossfade:abc123").
        bundle_id: The bundle inside.
        at: When (ISO 8601, UTC).
    """

    tag: str
    bundle_id: str
    at: str


def note_bento(home: Home, bento: BuiltBento) -> None:
    """Write down that a Bento was built.

    Raises:
        CrossfadeError: The disk is full or the file cannot be written.
    """
    append_line(home.built_bentos, json.dumps(asdict(bento)))


def read_bentos(home: Home) -> tuple[BuiltBento, ...]:
    """Return the Bentos that were built, the first one first; a line that cannot be read is left out."""
    try:
        lines = home.built_bentos.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    return tuple(bento for line in lines if (bento := _bento(line)) is not None)


def _bento(line: str) -> BuiltBento | None:
    try:
        return BuiltBento(**json.loads(line))
    except (ValueError, TypeError):
        return None
