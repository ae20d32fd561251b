"""Why a track was joined to others, and why it was not joined to those that bear the same name."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.data import columns as c
from pipelines.data.entities.corrections import Corrections
from pipelines.data.entities.evidence import EVIDENCE, MATCHED_ID, MOST_ALIKE, RULE, Veto
from pipelines.data.entities.identities import Identities
from pipelines.data.entities.matches import Matches
from pipelines.data.entities.resolution import positions_of
from pipelines.data.entities.vetoes import Traits, find_vetoes
from pipelines.data.tables import TrackCatalogue
from pipelines.errors import UnknownIdError


@dataclass(frozen=True)
class Described:
    """A track as a person recognises it."""

    track_id: str
    source: str
    title: str
    artists: str


@dataclass(frozen=True)
class Member:
    """A track of a recording.

    Attributes:
        track: The track.
        matched_id: The track it hangs on; None for the one the recording goes by.
        rule: What joins the two.
        evidence: What they share.
    """

    track: Described
    matched_id: str | None = None
    rule: str | None = None
    evidence: str | None = None


@dataclass(frozen=True)
class NotJoined:
    """A track of the same name that is not of the recording, and why."""

    track: Described
    reason: str


@dataclass(frozen=True)
class MatchExplanation:
    """What is known about the identity of one track.

    Attributes:
        canonical_id: The id its recording goes by.
        members: All tracks of the recording, that one first.
        not_joined: Tracks of the same title and main artist as the track asked about.
    """

    canonical_id: str
    members: tuple[Member, ...]
    not_joined: tuple[NotJoined, ...]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)


def explain_match(
    catalogue: TrackCatalogue, matches: Matches, track_id: str, corrections: Corrections
) -> MatchExplanation:
    """Say what a track was joined to, and what of the same name it was not joined to.

    Args:
        catalogue: The catalogue that was resolved.
        matches: What came of it.
        track_id: The track asked about.
        corrections: What a person said about it.

    Raises:
        UnknownIdError: The catalogue has no such track.
    """
    tracks = Identities.of(catalogue)
    place = int(tracks.positions([track_id])[0])
    if place < 0:
        raise UnknownIdError(
            f"the latest snapshot has no track '{track_id}'",
            where="TRACK",
            remedy="'crossfade matches list' and 'crossfade matches unmatched' show the ids it has",
        )
    recording = matches.canonical(tracks.rows[c.TRACK_ID]).dictionary_encode()
    groups = recording.indices.to_numpy().astype(np.int64)
    canonical = str(recording[place].as_py())
    members = np.flatnonzero(groups == groups[place])
    named = np.flatnonzero((tracks.name == tracks.name[place]) & (tracks.name >= 0))
    others = named[groups[named] != groups[place]]
    apart = positions_of(tracks, corrections.apart)
    found = find_vetoes(Traits.of(tracks, groups), apart, np.full(len(others), groups[place]), groups[others])
    if len(named) > MOST_ALIKE:
        found[found == Veto.NONE] = Veto.CROWD
    return MatchExplanation(
        canonical,
        tuple(_members(matches, _described(tracks, members), canonical)),
        tuple(NotJoined(each, Veto(veto).words) for each, veto in zip(_described(tracks, others), found, strict=True)),
    )


def describe(rows: pa.Table) -> list[Described]:
    """Return tracks as a person recognises them."""
    shown = rows.select([c.TRACK_ID, c.SOURCE, c.TITLE, c.ARTISTS]).to_pylist()
    return [
        Described(row[c.TRACK_ID], row[c.SOURCE], row[c.TITLE] or "", ", ".join(filter(None, row[c.ARTISTS] or ())))
        for row in shown
    ]


def _described(tracks: Identities, places: np.ndarray) -> list[Described]:
    return describe(tracks.rows.take(pa.array(places)))


def _members(matches: Matches, tracks: list[Described], canonical: str) -> list[Member]:
    """Return the tracks of a recording with what they hang on, the one it goes by first."""
    rows = matches.of_tracks([canonical]).data.to_pylist()
    hanging = {row[c.TRACK_ID]: (row[MATCHED_ID], row[RULE], row[EVIDENCE]) for row in rows}
    found = [Member(track, *hanging.get(track.track_id, ())) for track in tracks]
    return sorted(found, key=lambda member: (member.track.track_id != canonical, member.track.track_id))
