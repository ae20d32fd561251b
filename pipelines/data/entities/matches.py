"""The table of tracks that go by another one's id, and tables seen through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.entities.evidence import CANONICAL_ID, MATCH_SCHEMA
from pipelines.data.tables import conform


@dataclass(frozen=True)
class Matches:
    """Which track ids stand for another one.

    Attributes:
        data: One row a joined track, by track_id: its canonical id, the track it was matched with, rule, evidence.
    """

    data: pa.Table

    def __post_init__(self) -> None:
        """Check the columns."""
        object.__setattr__(self, "data", conform(self.data, MATCH_SCHEMA, where="table 'matches'").combine_chunks())

    @classmethod
    def none(cls) -> Self:
        """Return matches that join nothing."""
        return cls(MATCH_SCHEMA.empty_table())

    def __len__(self) -> int:
        """Return how many tracks go by another one's id."""
        return int(self.data.num_rows)

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Each joined track id and the id it goes by."""
        return dict(zip(self.data[c.TRACK_ID].to_pylist(), self.data[CANONICAL_ID].to_pylist(), strict=True))

    def canonical(self, ids: pa.Array | pa.ChunkedArray) -> pa.Array:
        """Return the id each track goes by: its own where nothing joins it."""
        whole = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
        if not len(self):
            return whole
        found = pc.index_in(whole, value_set=self.data[c.TRACK_ID].combine_chunks())
        return pc.coalesce(self.data[CANONICAL_ID].combine_chunks().take(found), whole)

    def renamed(self, rows: pa.Table) -> pa.Table:
        """Return rows whose tracks go by their canonical ids."""
        place = rows.column_names.index(c.TRACK_ID)
        return rows.set_column(place, rows.schema.field(c.TRACK_ID), self.canonical(rows[c.TRACK_ID]))

    def of_tracks(self, canonical_ids: Sequence[str] | np.ndarray) -> Matches:
        """Return the matches of these canonical tracks alone."""
        wanted = pa.array(canonical_ids, pa.string())
        return Matches(self.data.filter(pc.is_in(self.data[CANONICAL_ID], value_set=wanted)))
