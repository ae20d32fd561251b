"""How a reading is let in: judged, joined with the trusted rows and written, some listeners at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.accumulate import Changes, Joining, join_interactions, join_playlists, join_tracks
from pipelines.data.buckets import partitions
from pipelines.data.catalogue import SourcedTracks
from pipelines.data.cleaning import Intake
from pipelines.data.deduplication import SAME_EVENT, Merged, merge_interactions
from pipelines.data.snapshot import Part, Snapshot
from pipelines.data.snapshot_writing import SnapshotDraft
from pipelines.data.spool import Spool
from pipelines.data.tables import InteractionTable, PlaylistTable, TrackCatalogue
from pipelines.parallel import spread_large
from validation.examination import Examination


@dataclass(frozen=True)
class Admission:
    """What became of the rows that passed.

    Attributes:
        merged: How many interactions went into another one, by rule.
        changes: What changed in each table, by its name.
    """

    merged: Counter[str]
    changes: Mapping[str, Changes]


@dataclass(frozen=True)
class Trusted:
    """The rows that were let in before.

    Attributes:
        snapshot: Where they are; None before the first time.
        tracks: What the sources say of tracks.
        playlists: The playlists.
    """

    snapshot: Snapshot | None
    tracks: SourcedTracks
    playlists: PlaylistTable

    @classmethod
    def of(cls, snapshot: Snapshot | None) -> Trusted:
        """Open a snapshot.

        Raises:
            SnapshotError: It is damaged.
        """
        if snapshot is None:
            return cls(None, SourcedTracks.empty(), PlaylistTable.empty())
        return cls(snapshot, snapshot.sourced_tracks(), snapshot.playlists())

    @property
    def rows(self) -> int:
        """How many interactions there are."""
        return sum(part.rows for part in self.snapshot.parts) if self.snapshot else 0

    def interactions(self, buckets: range) -> pa.Table:
        """Read the interactions of some listeners."""
        return self.snapshot.interactions_of(buckets) if self.snapshot else c.INTERACTION_SCHEMA.empty_table()

    def told_by(self, source: str) -> pa.Table:
        """Return what one source told of tracks."""
        return self.tracks.data.filter(pc.equal(self.tracks.data[c.SOURCE], source))

    def track_ids(self, joining: Joining) -> pa.Array:
        """Return the ids of the tracks that will still be there when a reading has joined."""
        rows = self.tracks.data
        stays = pc.invert(pc.is_in(rows[c.SOURCE], value_set=pa.array(sorted(joining.makes_way), pa.string())))
        return pc.unique(rows.filter(stays)[c.TRACK_ID])

    def part(self, buckets: range) -> Part | None:
        """Return the file that holds exactly these buckets."""
        parts = self.snapshot.parts if self.snapshot else ()
        return next((part for part in parts if part.buckets == buckets), None)


def admit(
    intake: Intake, joining: Joining, trusted: Trusted, examination: Examination, draft: SnapshotDraft
) -> Admission:
    """Judge what was read and write it, joined with the trusted rows, to a draft.

    Memory holds the catalogue, the playlists and the rows of one partition.

    Args:
        intake: What was read.
        joining: How it joins.
        trusted: The rows that are there.
        examination: Judges the rows; ask its conclusion before the draft is published.
        draft: Where the rows go.

    Raises:
        CrossfadeError: A trusted file is damaged, or an expectation could not be evaluated.
        OSError: The disk is full or the home folder cannot be written.
    """
    for rejected in intake.rejected:
        examination.rejected(rejected)
    built = intake.counts[TrackCatalogue.name].built
    tracks = examination.tracks(intake.tracks, None if built else trusted.told_by(joining.source)).data
    playlists = examination.playlists(intake.playlists)
    changes, merged = Changes(), Counter[str]()
    divided = partitions(max(intake.interactions.rows, trusted.rows))
    bounds = np.array([0, *(buckets.stop for buckets in divided)])
    for buckets, rows in zip(divided, spread_large(_merged, intake.interactions, bounds), strict=True):
        merged += rows.merged
        examination.repeated(rows.merged[SAME_EVENT])
        before = trusted.interactions(buckets) if rows.rows.num_rows else None
        passed = examination.interactions(InteractionTable(rows.rows), _listeners(before, trusted, joining))
        changes += _write(buckets, passed.data, before, joining, trusted, draft)
    if built:
        tracks = _without_made_up_titles(tracks, trusted.tracks.data)
    all_tracks, track_changes = join_tracks(trusted.tracks, tracks, joining)
    all_playlists, playlist_changes = join_playlists(trusted.playlists, playlists.data, joining)
    draft.write_others(all_tracks, all_playlists)
    return Admission(
        merged,
        {InteractionTable.name: changes, TrackCatalogue.name: track_changes, PlaylistTable.name: playlist_changes},
    )


def _merged(interactions: Spool, start: int, stop: int) -> Merged:
    """Merge the rows of some buckets."""
    return merge_interactions(interactions.rows_of(range(start, stop)))


def _listeners(before: pa.Table | None, trusted: Trusted, joining: Joining) -> pa.Array | None:
    """Return the listeners of some trusted rows whom the source that was read told of; None before its first time."""
    if before is None or trusted.snapshot is None or joining.source not in trusted.snapshot.readings:
        return None
    return pc.unique(before.filter(pc.equal(before[c.SOURCE], joining.source))[c.USER_ID])


def _write(
    buckets: range,
    passed: pa.Table,
    before: pa.Table | None,
    joining: Joining,
    trusted: Trusted,
    draft: SnapshotDraft,
) -> Changes:
    """Write one partition; where nothing changes in it, the file that is there is used again."""
    part = None if passed.num_rows else trusted.part(buckets)
    if part and trusted.snapshot and joining.makes_way.isdisjoint(mark.source for mark in part.watermarks):
        draft.keep_part(trusted.snapshot, part)
        return Changes()
    joined = join_interactions(trusted.interactions(buckets) if before is None else before, passed, joining)
    draft.write_part(buckets, joined.rows)
    return joined.changes


def _without_made_up_titles(tracks: pa.Table, trusted: pa.Table) -> pa.Table:
    """Take the titles made of ids from tracks whose title the same source told before; theirs is then kept."""
    own = trusted.filter(pc.is_in(trusted[c.SOURCE], value_set=pc.unique(tracks[c.SOURCE])))
    known = pc.is_in(tracks[c.TRACK_ID], value_set=pc.unique(own[c.TRACK_ID]))
    titles = pc.if_else(known, pa.scalar(None, pa.string()), tracks[c.TITLE])
    return tracks.set_column(tracks.schema.get_field_index(c.TITLE), tracks.schema.field(c.TITLE), titles)
