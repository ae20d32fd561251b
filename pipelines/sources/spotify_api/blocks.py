"""Blocked until: when Spotify may be asked again, remembered between runs.

Spotify has told apps to wait for 22 hours. Nobody sleeps that long: the time is written down, the run stops, and a run
before that time stops at once without a request.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.atomic import write_text
from pipelines.errors import AccessError


@dataclass(frozen=True)
class Block:
    """A time before which Spotify must not be asked.

    Attributes:
        until: Seconds since 1970.
        reason: The kind of refusal, as in ``refusals.Reason``.
        what: What Spotify said, as a clause.
        client_id: The app that was told so; another app is free.
    """

    until: float
    reason: str
    what: str
    client_id: str

    @property
    def when(self) -> str:
        """The time as people read it."""
        return datetime.fromtimestamp(self.until, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

    def as_error(self) -> AccessError:
        """Return the error to stop with."""
        return AccessError(
            f"{self.what}; it must not be asked again before {self.when}",
            where="Spotify",
            remedy="Run the same command after that: what was read so far is kept",
            reason=self.reason,
        )


class BlockFile:
    """The one place where a block is remembered."""

    def __init__(self, path: Path, client_id: str) -> None:
        self._path = path
        self._client_id = client_id

    def standing(self, now: float) -> Block | None:
        """Return the block that holds now, if one does; a file nobody can read blocks nothing."""
        try:
            block = Block(**json.loads(self._path.read_text(encoding="utf-8")))
            holds = block.client_id == self._client_id and block.until > now
        except (OSError, ValueError, TypeError):
            return None
        return block if holds else None

    def remember(self, until: float, reason: str, what: str) -> Block:
        """Write a block down and return it.

        Raises:
            CrossfadeError: The file cannot be written.
        """
        block = Block(until, reason, what, self._client_id)
        write_text(self._path, json.dumps(asdict(block)))
        return block
