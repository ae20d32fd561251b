"""What several sources say of the same track, and the one row that comes of it.

Each source's own row is kept: what a row may be used for hangs on its source, and a source that is read again restates
its own rows only. The catalogue has one row a track: that of the source with the most permitted uses, then of the one
that tells most, then of the first by name; what it lacks is filled in from the others in the same order. Values that
belong together (tags and their weights, a date and its precision) come from one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.provenance import Provenance
from pipelines.data.tables import Table, TrackCatalogue
from pipelines.errors import TableError

#: Columns that follow another one: a weight says nothing about other tags.
_FOLLOWS: Final = {c.TAG_WEIGHTS: c.TAGS, c.RELEASE_PRECISION: c.RELEASE_DATE}


@dataclass(frozen=True)
class SourcedTracks(Table):
    """What each source says of each track; one row a track and source."""

    name: ClassVar[str] = "tracks"
    schema: ClassVar[pa.Schema] = c.TRACK_SCHEMA

    def __post_init__(self) -> None:
        """Check the schema and that no source says two things of one track."""
        super().__post_init__()
        pairs = self.data.group_by([c.TRACK_ID, c.SOURCE]).aggregate([])
        if pairs.num_rows != len(self):
            raise TableError(
                f"{len(self) - pairs.num_rows} tracks stand twice under one source", where="table 'tracks'"
            )


def one_row_a_track(tracks: SourcedTracks, provenance: Sequence[Provenance]) -> TrackCatalogue:
    """Return the catalogue, in the order of the track ids.

    Args:
        tracks: What the sources say.
        provenance: What each source's rows may be used for.
    """
    rows = tracks.data
    if pc.count_distinct(rows[c.TRACK_ID]).as_py() == len(tracks):
        return TrackCatalogue(rows.take(pc.sort_indices(rows, sort_keys=[(c.TRACK_ID, "ascending")])))
    uses: dict[str, int] = {}
    for entry in provenance:
        uses[entry.source] = min(len(entry.uses), uses.get(entry.source, len(entry.uses)))
    ranks = {
        "uses": pa.array([-uses.get(source, 0) for source in rows[c.SOURCE].to_pylist()]),
        "missing": pa.array(_missing(rows)),
    }
    keyed = pa.table({c.TRACK_ID: rows[c.TRACK_ID], **ranks, c.SOURCE: rows[c.SOURCE]})
    order = pc.sort_indices(keyed, sort_keys=[(name, "ascending") for name in keyed.column_names])
    best_first = rows.take(order).combine_chunks()
    ids = best_first[c.TRACK_ID].combine_chunks().dictionary_encode().indices.to_numpy()
    first = np.flatnonzero(np.diff(ids, prepend=-1))
    chosen = {name: _first_known(best_first[_FOLLOWS.get(name, name)], ids, first) for name in best_first.column_names}
    return TrackCatalogue(pa.table({name: best_first[name].take(pa.array(place)) for name, place in chosen.items()}))


def fill_gaps(rows: pa.Table, older: pa.Table, partner: np.ndarray) -> pa.Table:
    """Return rows with their missing values filled in from older rows of the same things.

    Args:
        rows: The rows.
        older: Rows of the same schema.
        partner: For each row the place of the older one, -1 where there is none.
    """
    own = np.arange(rows.num_rows)
    filled = []
    for name in rows.column_names:
        both = pa.chunked_array([*rows[name].chunks, *older[name].chunks], rows[name].type)
        lacking = rows[_FOLLOWS.get(name, name)].is_null().to_numpy() & (partner >= 0)
        filled.append(both.take(pa.array(np.where(lacking, rows.num_rows + partner, own))))
    return pa.table(filled, schema=rows.schema)


def _missing(rows: pa.Table) -> np.ndarray:
    missing = np.zeros(rows.num_rows, dtype=np.int64)
    for column in rows.columns:
        missing += column.is_null().to_numpy()
    return missing


def _first_known(column: pa.ChunkedArray, ids: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return for each track the place of its first row with a value, or of its first row."""
    known = np.flatnonzero(column.is_valid().to_numpy())
    places = first.copy()
    tracks, where = np.unique(ids[known], return_index=True)
    places[tracks] = known[where]
    return places
