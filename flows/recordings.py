"""Matching the tracks of a snapshot, and what it came to, for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.data.catalogue import one_row_a_track
from pipelines.data.entities import Corrections, JoinRate, join_rates, resolve
from pipelines.data.provenance import Provenance
from pipelines.data.snapshot import MATCHES
from pipelines.data.snapshot_writing import SnapshotDraft

RATE_COLUMNS = ("source", "tracks", "known elsewhere", "share", "joined by")


@dataclass(frozen=True)
class Recordings:
    """How the tracks of a snapshot come together.

    Attributes:
        rates: What became of each source's tracks.
        unknown: Track ids that matches.csv names and the snapshot does not have.
    """

    rates: tuple[JoinRate, ...]
    unknown: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {"sources": [rate.to_json() for rate in self.rates], "unknown_in_corrections": list(self.unknown)}

    def rate_lines(self) -> list[tuple[str, ...]]:
        """Return one line a source; none where there is only one, which has nobody to share with."""
        if len(self.rates) == 1 and not self.rates[0].rules:
            return []
        return [
            (rate.source, f"{rate.tracks:,}", f"{rate.joined:,}", f"{rate.share:.1%}", _rules(rate))
            for rate in self.rates
        ]

    def notes(self) -> list[str]:
        """Return what a person who wrote corrections should know."""
        if not self.unknown:
            return []
        count, first = len(self.unknown), self.unknown[0]
        return [f"matches.csv names {count:,} tracks that the snapshot does not have, the first is '{first}'."]


def find_recordings(draft: SnapshotDraft, provenance: tuple[Provenance, ...], corrections: Corrections) -> Recordings:
    """Find the tracks of a draft that are the same recording, and write down which."""
    sourced = draft.sourced_tracks()
    found = resolve(one_row_a_track(sourced, provenance), corrections)
    if len(found.matches):
        draft.write_extra(MATCHES, found.matches.data)
    return Recordings(join_rates(sourced.data, found.matches), found.unknown)


def _rules(rate: JoinRate) -> str:
    return ", ".join(f"{rule} {count:,}" for rule, count in rate.rules.items()) or "-"
