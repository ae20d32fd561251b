"""One play that several sources tell of counts once.

A person's plays may arrive through an export in two formats, a scrobbler and the service itself. Their times differ:
one tells when a play began, another when it ended, a third cuts off the seconds. Snapshots keep all rows; here it is
decided which of them count.

Plays of the same recording by the same person stand in one cluster where each follows the one before within the length
that was played and two minutes. A view, that is a source and the id under which it knows the recording, tells of every
play once, so a cluster holds as many plays as the view that tells of the most; that view's rows count and the others do
not. Plays that only one view tells of all count, however close together they are.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.canonical import codes

#: Clocks differ, and some sources tell minutes only.
SLACK_US: Final = 120_000_000
_US_IN_MS: Final = 1_000


def told_once(interactions: pa.Table, recordings: pa.ChunkedArray) -> np.ndarray:
    """Tell which interactions count: all but plays that another row tells of already.

    Args:
        interactions: Rows of ``INTERACTION_SCHEMA``, with the ids under which the sources know their tracks.
        recordings: For each row the id of the recording, the same for all ids that mean the same one.

    Returns:
        One boolean a row.
    """
    counts = np.ones(interactions.num_rows, dtype=bool)
    timed = pc.and_(pc.equal(interactions[c.KIND], c.PLAY), pc.is_valid(interactions[c.AT]))
    in_question = pc.and_(timed, pc.is_in(recordings, value_set=_with_several_views(interactions, recordings)))
    rows = np.flatnonzero(in_question.to_numpy())
    if len(rows):
        plays = interactions.take(pa.array(rows))
        counts[rows] = _of_the_fullest_view(plays, recordings.take(pa.array(rows)))
    return counts


def _with_several_views(interactions: pa.Table, recordings: pa.ChunkedArray) -> pa.Array:
    """Return the recordings that are known under several ids or from several sources; most are not."""
    rows = pa.table([recordings, interactions[c.SOURCE], interactions[c.TRACK_ID]], names=["recording", "source", "id"])
    views = pc.value_counts(rows.group_by(rows.column_names).aggregate([])["recording"])
    return views.field("values").filter(pc.greater(views.field("counts"), 1))


def _of_the_fullest_view(plays: pa.Table, recordings: pa.ChunkedArray) -> np.ndarray:
    """Tell for each play whether its view is the one that tells of the most plays in its cluster."""
    views = pc.binary_join_element_wise(plays[c.SOURCE], plays[c.TRACK_ID], " ")
    # Ranks in the order of the texts make the choice between equally full views independent of the order of the rows.
    frame = pd.DataFrame({"cluster": _clusters(plays, recordings), "view": codes(views, in_order=True)})
    sizes = frame.groupby(["cluster", "view"], sort=False).size().rename("plays").reset_index()
    fullest = sizes.sort_values(["plays", "view"], ascending=[False, True]).drop_duplicates("cluster")
    chosen = np.empty(len(fullest), dtype=np.int64)
    chosen[fullest["cluster"].to_numpy()] = fullest["view"].to_numpy()
    return np.asarray(chosen[frame["cluster"].to_numpy()] == frame["view"].to_numpy())


def _clusters(plays: pa.Table, recordings: pa.ChunkedArray) -> np.ndarray:
    """Number the clusters from 0; plays of one cluster have one number."""
    at = plays[c.AT].cast(pa.int64()).to_numpy()
    played = np.maximum(pc.fill_null(plays[c.VALUE], 0.0).to_numpy(), 0.0) * _US_IN_MS
    who, what = codes(plays[c.USER_ID]), codes(recordings)
    order = np.lexsort((played, at, what, who))
    begins = np.ones(len(order), dtype=bool)
    gap = np.diff(at[order])
    same = (np.diff(who[order]) == 0) & (np.diff(what[order]) == 0)
    # Where the later row tells of the end of a play, the earlier one may tell of its beginning.
    begins[1:] = ~same | (gap > SLACK_US + np.minimum(played[order][1:], 86_400e6))
    clusters = np.empty(len(order), dtype=np.int64)
    clusters[order] = np.cumsum(begins) - 1
    return clusters
