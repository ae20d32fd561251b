"""Tracks of which a source tells another thing than before: where ids have slipped, every row still joins."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.names import normalise_titles

#: With fewer tracks that were told of before nothing is compared.
_LEAST_TRACKS: Final = 20


def changed_title_share(tracks: pa.Table, told: pa.Table) -> float | None:
    """Return the share of the known tracks that now have another title; another spelling or edition is no other title.

    Args:
        tracks: The tracks of a reading.
        told: What the same source told of tracks before, each id once.

    Returns:
        The share; None where too few tracks were told of before.
    """
    told = told.filter(pc.not_equal(told[c.TITLE], told[c.TRACK_ID]))  # an id in place of a title was only made up
    place = pc.index_in(tracks[c.TRACK_ID], value_set=told[c.TRACK_ID].combine_chunks()).combine_chunks()
    both = pa.table({"now": tracks[c.TITLE], "then": told[c.TITLE].take(place)}).drop_null()
    if both.num_rows < _LEAST_TRACKS:
        return None
    changed = both.filter(pc.not_equal(both["now"], both["then"]))
    other = pc.not_equal(normalise_titles(changed["now"]), normalise_titles(changed["then"]))
    return float((pc.sum(other).as_py() or 0) / both.num_rows)
