"""The flow that joins the tracks of the latest snapshot anew, say after a correction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect import flow

from flows.ingestion import alone, match_tracks
from flows.latest import latest_snapshot, set_latest_snapshot
from flows.progress import tell
from flows.recordings import Recordings
from flows.settings import load_settings
from pipelines.data.approval import Verdict
from pipelines.data.entities import read_corrections
from pipelines.data.snapshot_writing import draft_snapshot


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


@flow(name="match")
def match() -> MatchSummary:
    """Join the tracks of the latest snapshot anew, with the corrections as they are now; its rows stay as they are.

    Raises:
        CrossfadeError: There is no snapshot, a correction cannot be used, or an ingestion at work takes too long.
    """
    home = load_settings().settings.layout
    corrections = read_corrections(home.matches)
    with alone(home), draft_snapshot(home.snapshots) as draft:
        before = latest_snapshot(home)
        for part in before.parts:
            draft.keep_part(before, part)
        draft.write_others(before.sourced_tracks(), before.playlists())
        recordings = match_tracks(draft, before.provenance, corrections)
        snapshot = draft.publish(Verdict.from_json(before.manifest["verdict"]), before.provenance, before.readings)
        set_latest_snapshot(home, snapshot)
        tell("snapshot", snapshot.snapshot_id)
    return MatchSummary(snapshot.snapshot_id, snapshot.snapshot_id != before.snapshot_id, recordings)
