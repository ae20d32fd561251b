"""Files of lists: Parquet with one row a listener, the tracks and their scores as two lists, best first.

One row a listener is what a key-value store takes (a row is a key and its value) and a warehouse unnests; a row a
track would say every listener's id a hundred times. The ids of tracks are a dictionary of each row group, so a place in
a list costs its number, and not a text.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.atomic import new_file
from pipelines.data import columns as c
from pipelines.recommenders.base import CandidateList
from pipelines.recommenders.ranking import PAD
from pipelines.release.model_bundle import ModelBundle

#: What the files hold; a place's rank is its place.
SCHEMA: Final = pa.schema(
    [
        pa.field(c.USER_ID, pa.string(), nullable=False),
        pa.field(c.TRACK_ID, pa.list_(pa.field("element", pa.string(), nullable=False)), nullable=False),
        pa.field(c.SCORE, pa.list_(pa.field("element", pa.float32(), nullable=False)), nullable=False),
    ]
)
_TRACKS: Final = f"{c.TRACK_ID}.list.element"
_ENCODED: Final = pa.schema(
    [
        SCHEMA.field(c.USER_ID),
        pa.field(
            c.TRACK_ID,
            pa.list_(pa.field("element", pa.dictionary(pa.int32(), pa.string()), nullable=False)),
            nullable=False,
        ),
        SCHEMA.field(c.SCORE),
    ]
)
#: Larger than the dictionary of any row group: beyond its limit the writer would go over to plain texts.
_DICTIONARY_BYTES: Final = 1 << 30


class ListFile:
    """Writes lists, a row group for each block of listeners.

    Args:
        file: Where to.
        bundle: Whose tracks they are.
    """

    def __init__(self, file: IO[bytes], bundle: ModelBundle) -> None:
        self._writer = _writer(file)
        self._tracks = bundle.tracks.texts.as_arrow()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def write(self, listeners: pa.Array, lists: CandidateList) -> None:
        """Write the lists of some listeners.

        Args:
            listeners: Their ids.
            lists: Their lists, in the same order.
        """
        there = lists.indices != PAD
        indices = lists.indices[there]
        used = np.zeros(len(self._tracks), dtype=bool)
        used[indices] = True
        number = np.cumsum(used, dtype=np.int32) - 1
        names = self._tracks.take(pa.array(np.flatnonzero(used))).cast(pa.string())
        tracks = pa.DictionaryArray.from_arrays(pa.array(number[indices], pa.int32()), names)
        offsets = pa.array(np.concatenate([[0], np.cumsum(there.sum(axis=1))]), pa.int32())
        columns = [
            listeners.cast(pa.string()),
            pa.ListArray.from_arrays(offsets, tracks, type=_ENCODED.field(c.TRACK_ID).type),
            pa.ListArray.from_arrays(offsets, pa.array(lists.scores[there]), type=_ENCODED.field(c.SCORE).type),
        ]
        self._writer.write_table(pa.table(columns, schema=_ENCODED), row_group_size=max(1, len(listeners)))

    @staticmethod
    def counts(path: Path) -> tuple[int, int]:
        """Return how many listeners and how many places a file has."""
        metadata = pq.read_metadata(path)
        places = sum(metadata.row_group(group).column(1).num_values for group in range(metadata.num_row_groups))
        return metadata.num_rows, places


def rows_without(path: Path, listeners: pa.Array) -> int:
    """Write a file of lists anew without some listeners, and return how many had a row in it.

    Where none has, the file stays as it is.
    """
    with pq.ParquetFile(path, read_dictionary=[_TRACKS]) as old:
        ids = old.read([c.USER_ID])[c.USER_ID]
        gone = int(pc.sum(pc.is_in(ids, value_set=listeners)).as_py() or 0)
        if gone:
            with new_file(path) as file, _writer(file) as writer:
                for group in range(old.num_row_groups):
                    rows = old.read_row_group(group).cast(_ENCODED)
                    stays = pc.invert(pc.is_in(rows[c.USER_ID], value_set=listeners))
                    writer.write_table(rows.filter(stays), row_group_size=max(1, rows.num_rows))
    return gone


def _writer(file: IO[bytes]) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        file,
        _ENCODED,
        compression="zstd",
        compression_level=1,
        use_dictionary=[_TRACKS],
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
        # Readers then see plain lists of texts, whatever they are written with.
        store_schema=False,
    )
