"""What is kept of one listener's own data: rows of the two tables, packed into a few bytes for the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.data import columns as c
from pipelines.data.deduplication import merge_tracks
from pipelines.data.tables import InteractionTable, TrackCatalogue

#: Beside the columns of a track: its id in the served catalogue; null where that has no such track.
SERVED_ID: Final = "served_id"
_TRACKS: Final = c.TRACK_SCHEMA.append(pa.field(SERVED_ID, pa.string()))


@dataclass(frozen=True)
class Listening:
    """One listener's own data from one source.

    Attributes:
        rows: What they played, saved, ... under the ids the source knows its tracks by (``INTERACTION_SCHEMA``).
        tracks: What the source says of these tracks (``TRACK_SCHEMA``), and ``SERVED_ID``.
    """

    rows: pa.Table
    tracks: pa.Table

    @classmethod
    def empty(cls) -> Listening:
        """Return the listening of somebody of whom nothing is known."""
        return cls(c.INTERACTION_SCHEMA.empty_table(), _TRACKS.empty_table())

    @classmethod
    def of(cls, rows: pa.Table, tracks: pa.Table) -> Listening:
        """Return listening whose tracks have not been looked up yet."""
        if SERVED_ID not in tracks.column_names:
            tracks = tracks.append_column(_TRACKS.field(SERVED_ID), pa.nulls(tracks.num_rows, pa.string()))
        return cls(rows, tracks.select(_TRACKS.names))

    @property
    def interactions(self) -> InteractionTable:
        """The rows, checked."""
        return InteractionTable(self.rows)

    @property
    def catalogue(self) -> TrackCatalogue:
        """The tracks, checked."""
        return TrackCatalogue(self.tracks.select(c.TRACK_SCHEMA.names))

    def served(self) -> pa.Array:
        """Return for each row the track's id in the served catalogue; its own id where that has no such track."""
        place = pc.index_in(self.rows[c.TRACK_ID], value_set=self.tracks[c.TRACK_ID].combine_chunks())
        known = self.tracks[SERVED_ID].combine_chunks().take(place.combine_chunks())
        return pc.coalesce(known, self.rows[c.TRACK_ID].combine_chunks())

    def pack(self) -> tuple[bytes, bytes]:
        """Return rows and tracks as the bytes of two Parquet files: some five bytes a play."""
        return _packed(self.rows), _packed(self.tracks)

    @classmethod
    def unpack(cls, rows: bytes, tracks: bytes) -> Listening:
        """Read what ``pack`` wrote."""
        return cls(pq.read_table(pa.BufferReader(rows)), pq.read_table(pa.BufferReader(tracks)))


def together(parts: Iterable[Listening]) -> Listening:
    """Return one listener's data from several sources as one; of several rows for one track the fullest counts."""
    whole = [Listening.empty(), *parts]
    tracks = pa.concat_tables([part.tracks for part in whole]).combine_chunks()
    return Listening(pa.concat_tables([part.rows for part in whole]), merge_tracks(tracks).rows)


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())
