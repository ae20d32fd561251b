"""What is delivered on each night: the listening of a synthetic world, in the order in which it happened."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.data import columns as c
from pipelines.sources.synthetic import Synthetic, SyntheticOptions
from pipelines.testing.month.script import Night

_LISTENERS: Final = 100
#: What is there on the first night; the rest comes in equal parts.
_FIRST_SHARE: Final = 0.5
_BROKEN_SHARE: Final = 0.6


class Deliveries:
    """The files that arrive.

    Args:
        nights: The month.
        seed: Of the world.
    """

    def __init__(self, nights: tuple[Night, ...], seed: int = 7) -> None:
        self._nights = nights
        self._source = Synthetic(SyntheticOptions(size="small", seed=seed, dirt=0.0))

    @cached_property
    def listeners(self) -> list[str]:
        """Everybody, sorted."""
        return sorted(pc.unique(self._listening[c.USER_ID]).to_pylist())

    @property
    def tracks(self) -> pa.Table:
        """The catalogue."""
        return pa.concat_tables(self._source.tracks())

    def interactions(self, night: Night) -> pa.Table:
        """Return what is delivered on a night as it should be, and again what came broken before."""
        before = self._nights[night.day - 2] if night.day > 1 else None
        again = [self.interactions(before)] if before is not None and before.bad_delivery else []
        count = self._listening.num_rows
        edges = np.linspace(_FIRST_SHARE * count, count, len(self._nights)).astype(int)
        start = 0 if night.day == 1 else int(edges[night.day - 2])
        rows = self._listening.slice(start, int(edges[night.day - 1]) - start)
        drifts = sum(each.drift for each in self._nights if each.day <= night.day)
        return pa.concat_tables([*again, self._drifted(rows, drifts) if drifts else rows])

    def write(self, folder: Path, night: Night) -> dict[str, str]:
        """Write what is delivered on a night, broken where it is to be, and return it as the options of a source."""
        folder.mkdir(parents=True, exist_ok=True)
        rows = self.interactions(night)
        options = {name: str(folder / f"{name}-{night.day:02d}.parquet") for name in ("interactions", "tracks")}
        pq.write_table(_broken(rows) if night.bad_delivery else rows, options["interactions"])
        pq.write_table(self.tracks, options["tracks"])
        return options

    def _drifted(self, rows: pa.Table, times: int) -> pa.Table:
        """Return rows in which everybody has moved on to other tracks: each track's place is taken by another's."""
        moved = np.roll(np.arange(len(self._played)), times * (len(self._played) // 3))
        place = pc.index_in(rows[c.TRACK_ID], value_set=self._played).to_numpy()
        return _with_tracks(rows, self._played.take(pa.array(moved[place])))

    @cached_property
    def _played(self) -> pa.Array:
        """Every track that anybody plays, sorted."""
        played = pc.unique(self._listening[c.TRACK_ID])
        return played.take(pc.sort_indices(played))

    @cached_property
    def _listening(self) -> pa.Table:
        """Everything that happens, in the order of time."""
        rows = pa.concat_tables(self._source.interactions())
        some = pc.unique(rows[c.USER_ID]).slice(0, _LISTENERS)
        return rows.filter(pc.is_in(rows[c.USER_ID], value_set=some)).sort_by(c.AT)


def _broken(rows: pa.Table) -> pa.Table:
    """Return rows most of which have lost their track."""
    lost = np.arange(rows.num_rows) < rows.num_rows * _BROKEN_SHARE
    tracks = pc.if_else(pa.array(lost), pa.scalar(None, pa.string()), rows[c.TRACK_ID])
    return _with_tracks(rows, tracks)


def _with_tracks(rows: pa.Table, tracks: pa.Array | pa.ChunkedArray) -> pa.Table:
    return rows.set_column(rows.column_names.index(c.TRACK_ID), c.TRACK_ID, tracks)
