"""Joining the tracks of the latest snapshot anew, say after a correction. It is seconds of work, and so no flow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flows.latest import latest_snapshot, set_latest_snapshot
from flows.recordings import Recordings, find_recordings
from pipelines.data.approval import Verdict
from pipelines.data.entities import read_corrections
from pipelines.data.snapshot_writing import draft_snapshot
from pipelines.home import Home
from pipelines.locking import only_one

#: How long to wait for an ingestion that is at work.
PATIENCE_SECONDS: Final = 600.0


@dataclass(frozen=True)
class MatchSummary:
    """What joining the tracks anew came to.

    Attributes:
        snapshot_id: The snapshot.
        changed: Whether it is another one than before.
        recordings: How the tracks come together now.
    """

    snapshot_id: str
    changed: bool
    recordings: Recordings

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {"snapshot_id": self.snapshot_id, "changed": self.changed, **self.recordings.to_json()}


def match_again(home: Home, waiting: Callable[[], None]) -> MatchSummary:
    """Join the tracks of the latest snapshot with the corrections as they are now; its rows stay as they are.

    Args:
        home: The home folder.
        waiting: Called where an ingestion is at work and has to be waited for.

    Raises:
        CrossfadeError: There is no snapshot, a correction cannot be used, or an ingestion takes too long.
    """
    corrections = read_corrections(home.matches)
    latest_snapshot(home)
    with only_one(home.root, patience=PATIENCE_SECONDS, waiting=waiting), draft_snapshot(home.snapshots) as draft:
        before = latest_snapshot(home)
        for part in before.parts:
            draft.keep_part(before, part)
        draft.write_others(before.sourced_tracks(), before.playlists())
        recordings = find_recordings(draft, before.provenance, corrections)
        snapshot = draft.publish(Verdict.from_json(before.manifest["verdict"]), before.provenance, before.readings)
        set_latest_snapshot(home, snapshot)
    return MatchSummary(snapshot.snapshot_id, snapshot.snapshot_id != before.snapshot_id, recordings)
