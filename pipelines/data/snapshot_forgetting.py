"""A snapshot without one listener: only the file that held their rows is written anew, the others are shared."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.approval import Verdict
from pipelines.data.buckets import bucket_of
from pipelines.data.catalogue import SourcedTracks, one_row_a_track
from pipelines.data.entities import Corrections, resolve
from pipelines.data.reading import Reading
from pipelines.data.snapshot import MATCHES, Snapshot
from pipelines.data.snapshot_writing import SnapshotDraft, draft_snapshot
from pipelines.data.tables import PlaylistTable


def holds(snapshot: Snapshot, listener: str) -> bool:
    """Tell whether a listener has rows in a snapshot.

    Raises:
        SnapshotError: It is damaged.
    """
    bucket = bucket_of(listener)
    rows = snapshot.interactions_of(range(bucket, bucket + 1))
    return _any(rows, c.USER_ID, listener) or _any(snapshot.playlists().data, c.OWNER, listener)


def without_listener(folder: Path, snapshot: Snapshot, listener: str, corrections: Corrections) -> Snapshot:
    """Write a snapshot that never knew a listener, and return it; the old one stays where it is.

    The verdict is carried over: nothing but rows leaves, and nobody may be kept because the gate once counted them.
    Tracks that only this person's own data named leave as well: the title of a local file is theirs too.

    Args:
        folder: Where snapshots live.
        snapshot: The old one.
        listener: Whom to leave out.
        corrections: A person's corrections of which tracks are the same, for when tracks leave.

    Raises:
        SnapshotError: The old one is damaged.
        CrossfadeError: The disk is full or the folder cannot be written.
    """
    bucket = bucket_of(listener)
    with draft_snapshot(folder) as draft:
        for part in snapshot.parts:
            if bucket in part.buckets:
                draft.write_part(part.buckets, _others(snapshot.interactions_of(part.buckets), c.USER_ID, listener))
            else:
                draft.keep_part(snapshot, part)
        playlists = PlaylistTable(_others(snapshot.playlists().data, c.OWNER, listener))
        before = snapshot.sourced_tracks()
        tracks = SourcedTracks(before.data.filter(_still_named(snapshot, before, playlists, listener)))
        draft.write_others(tracks, playlists)
        _match_again(draft, snapshot, changed=len(tracks.data) != len(before.data), corrections=corrections)
        verdict = Verdict.from_json({**snapshot.manifest["verdict"], "subject": draft.fingerprint})
        return draft.publish(verdict, snapshot.provenance, snapshot.readings)


def _match_again(draft: SnapshotDraft, snapshot: Snapshot, *, changed: bool, corrections: Corrections) -> None:
    """Carry over which tracks are the same recording; find out again where tracks have left."""
    if not changed:
        rows = snapshot.extra(MATCHES)  # noqa: S610 - this is not Django's
        if rows is not None:
            draft.write_extra(MATCHES, rows)
        return
    found = resolve(one_row_a_track(draft.sourced_tracks(), snapshot.provenance), corrections)
    if len(found.matches):
        draft.write_extra(MATCHES, found.matches.data)


def _still_named(snapshot: Snapshot, tracks: SourcedTracks, playlists: PlaylistTable, listener: str) -> pa.Array:
    """Say of each track whether it stays: those of people's own data only while somebody's rows name them."""
    own = [source for source, reading in snapshot.readings.items() if reading is Reading.PERSON]
    stays = pc.invert(pc.is_in(tracks.data[c.SOURCE], value_set=pa.array(own, pa.string())))
    rests = (_others(part.data, c.USER_ID, listener) for part in snapshot.batches())
    for rows in [*rests, playlists.data] if own else ():
        for source in own:
            named = pc.unique(rows.filter(pc.equal(rows[c.SOURCE], source))[c.TRACK_ID])
            here = pc.equal(tracks.data[c.SOURCE], source)
            stays = pc.or_(stays, pc.and_(here, pc.is_in(tracks.data[c.TRACK_ID], value_set=_whole(named))))
    return stays


def _whole(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _others(rows: pa.Table, column: str, listener: str) -> pa.Table:
    return rows.filter(pc.fill_null(pc.not_equal(rows[column], listener), fill_value=True))


def _any(rows: pa.Table, column: str, listener: str) -> bool:
    return bool(pc.any(pc.equal(rows[column], listener)).as_py())
