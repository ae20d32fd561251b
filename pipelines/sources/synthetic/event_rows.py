"""What listeners of a synthetic world do, as rows of the interaction and playlist tables."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipelines.data import columns as c
from pipelines.sources.synthetic.labels import Labels, listener_ids
from pipelines.sources.synthetic.listeners import Listeners
from pipelines.sources.synthetic.listening import Plays
from pipelines.sources.synthetic.reactions import PlaylistEntries, Reactions

_TIME = pa.timestamp("us", tz="UTC")
_OCCASIONS = ("mornings", "evenings", "on repeat", "for the road", "by heart", "at work")


def interaction_rows(
    labels: Labels, listeners: Listeners, plays: Plays, reactions: Reactions, entries: PlaylistEntries
) -> pa.Table:
    """Return everything one block of listeners did, by listener and time."""
    listener = np.concatenate([plays.listener, reactions.listener, entries.listener])
    at = np.concatenate([plays.at, reactions.at, entries.at])
    order = np.lexsort((at, listener))
    track = np.concatenate([plays.track, reactions.track, entries.track])
    heard = np.where(plays.skipped, c.SKIP, c.PLAY).astype(object)
    kind = np.concatenate([heard, reactions.kind, np.full(len(entries.track), c.PLAYLIST_ADD, dtype=object)])
    value = np.concatenate([plays.played_ms, reactions.value, np.full(len(entries.track), np.nan)])
    return pa.table(
        {
            c.USER_ID: listener_ids(listeners.first, len(listeners)).take(pa.array(listener[order])),
            c.TRACK_ID: labels.track_ids.take(pa.array(track[order])),
            c.AT: pa.array(at[order]).cast(_TIME),
            c.KIND: pa.array(kind[order], pa.string()),
            c.VALUE: pa.array(value[order], pa.float64(), from_pandas=True),
        }
    )


def playlist_rows(labels: Labels, listeners: Listeners, entries: PlaylistEntries) -> pa.Table:
    """Return the playlists of one block of listeners."""
    owners = listener_ids(listeners.first, len(listeners)).take(pa.array(entries.listener))
    names = [
        f"{labels.scenes[scene].capitalize()} {_OCCASIONS[number % len(_OCCASIONS)]}"
        for scene, number in zip(entries.scene, entries.playlist, strict=True)
    ]
    return pa.table(
        {
            c.PLAYLIST_ID: pa.array([f"playlist-of-{owner}" for owner in owners.to_pylist()], pa.string()),
            c.OWNER: owners,
            c.NAME: pa.array(names, pa.string()),
            c.POSITION: pa.array(entries.position, pa.int32()),
            c.TRACK_ID: labels.track_ids.take(pa.array(entries.track)),
            c.ADDED_AT: pa.array(entries.at).cast(_TIME),
        }
    )
