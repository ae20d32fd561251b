"""A catalogue in which each recording stands once, with what all its tracks tell about it."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.entities.evidence import CANONICAL_ID
from pipelines.data.entities.identities import Identities
from pipelines.data.entities.matches import Matches
from pipelines.data.tables import TrackCatalogue

#: Columns that only mean something together: a gap in the first is filled with all of one row.
_TOGETHER: Final = {
    c.RELEASE_DATE: (c.RELEASE_DATE, c.RELEASE_PRECISION),
    c.TAGS: (c.TAGS, c.TAG_WEIGHTS),
    c.KEY: (c.KEY, c.MODE),
}
_FOLLOWING: Final = {name for names in _TOGETHER.values() for name in names[1:]}


def join_catalogue(catalogue: TrackCatalogue, matches: Matches) -> TrackCatalogue:
    """Return one row a recording, under its canonical id.

    The row is the canonical track's; what it lacks is taken from the recording's other tracks, in the order of
    ``Identities.preference``. What no track tells stays missing. Tracks that nothing joins stay as they are.
    """
    canonical = matches.canonical(catalogue.data[c.TRACK_ID])
    joined = pc.is_in(canonical, value_set=pc.unique(matches.data[CANONICAL_ID]))
    if not pc.any(joined).as_py():
        return catalogue
    alone = catalogue.data.filter(pc.invert(joined))
    merged = _merged(TrackCatalogue(catalogue.data.filter(joined)), matches)
    return TrackCatalogue(pa.concat_tables([alone, merged]).sort_by(c.TRACK_ID))


def _merged(catalogue: TrackCatalogue, matches: Matches) -> pa.Table:
    tracks = Identities.of(catalogue)
    ids = np.asarray(matches.canonical(tracks.rows[c.TRACK_ID]).to_numpy(zero_copy_only=False))
    order = np.lexsort((tracks.preference, ids != tracks.ids, ids))
    rows = tracks.rows.take(pa.array(order))
    starts = np.flatnonzero(np.concatenate([[True], ids[order][1:] != ids[order][:-1]]))
    columns = {c.TRACK_ID: pa.array(ids[order][starts], pa.string()), c.SOURCE: rows[c.SOURCE].take(pa.array(starts))}
    for name in rows.column_names:
        if name not in {*columns, *_FOLLOWING}:
            first = _first_known(rows[name], starts)
            columns |= {each: rows[each].take(first) for each in _TOGETHER.get(name, (name,))}
    return pa.table([columns[name] for name in rows.column_names], schema=rows.schema)


def _first_known(column: pa.ChunkedArray, starts: np.ndarray) -> pa.Array:
    """Return for each run of rows the place of its first value; null where it has none."""
    size = len(column)
    known = np.where(column.is_valid().to_numpy(), np.arange(size), size)
    first = np.minimum.reduceat(known, starts)
    return pa.array(first, mask=first == size)
