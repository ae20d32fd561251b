"""Where the Yambda files are and how their rows are read, some at a time.

As downloaded, a folder holds ``flat/<size>/<event>.parquet`` with a row an event, or ``sequential/<size>/`` with the
same as a row a listener and a list for each column, and beside them ``artist_item_mapping.parquet``,
``album_item_mapping.parquet`` and ``embeddings.parquet`` for all sizes. Every file of events is sorted by listener, and
those of a listener by time. Times count seconds, in steps of five, from a beginning that is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import SourceError
from pipelines.sources.csv_text import require_columns
from pipelines.sources.tabular import check_file, parquet_batches
from pipelines.sources.yambda.options import YambdaOptions

UID: Final = "uid"
ITEM: Final = "item_id"
TIMESTAMP: Final = "timestamp"
RATIO: Final = "played_ratio_pct"
LENGTH: Final = "track_length_seconds"
ARTIST: Final = "artist_id"
ALBUM: Final = "album_id"

ARTISTS: Final = "artist_item_mapping.parquet"
ALBUMS: Final = "album_item_mapping.parquet"
EMBEDDINGS: Final = "embeddings.parquet"
#: What takes back what.
UNDONE_BY: Final = {"likes": "unlikes", "dislikes": "undislikes"}

_LAYOUTS: Final = ("flat", "sequential")
#: What the description of the sequential layout calls its lists; the official code has the names of the flat one.
_LISTED_AS: Final = {"item_ids": ITEM, "timestamps": TIMESTAMP}
#: A row of the sequential layout is a listener with some five thousand events.
_ROWS: Final = {"flat": 1 << 17, "sequential": 64}


@dataclass(frozen=True)
class Layout:
    """The files of one size.

    Attributes:
        root: The folder that was downloaded.
        events: The folder of the size.
        kind: ``flat`` or ``sequential``.
    """

    root: Path
    events: Path
    kind: str

    @classmethod
    def of(cls, options: YambdaOptions) -> Layout:
        """Find the files.

        Raises:
            SourceError: There are none, or of several sizes and none is named.
        """
        root = options.archive or Path()
        found = {
            (kind, folder.name): folder
            for kind in _LAYOUTS
            for folder in sorted((root / kind).glob("*"))
            if folder.is_dir() and options.size in {None, folder.name}
        }
        sizes = {size for _, size in found}
        if not found:
            wanted = f"{_LAYOUTS[0]}/{options.size or 'SIZE'}/"
            raise SourceError(
                f"it holds no folder {wanted}",
                where=str(root),
                remedy="Pass the folder that holds 'flat', as downloaded; docs/how-to/yambda.md shows how",
            )
        if len(sizes) > 1:
            raise SourceError(
                f"it holds several sizes ({', '.join(sorted(sizes))})", where=str(root), remedy="Say which: -o size=50m"
            )
        (kind, _), folder = next(iter(found.items()))  # flat goes before sequential
        return cls(root, folder, kind)

    def file(self, event: str) -> Path:
        """Return the file of a kind of event.

        Raises:
            SourceError: It is not there.
        """
        path = self.events / f"{event}.parquet"
        check_file(path)
        return path

    def rows(self, event: str, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield some columns of the events of one kind, a row an event.

        Raises:
            SourceError: The file is missing, damaged, empty or lacks a column.
        """
        path, rows = self.file(event), _ROWS[self.kind]
        if self.kind == _LAYOUTS[0]:
            yield from parquet_batches(path, required=columns, columns=columns, rows=rows)
            return
        for batch in parquet_batches(path, required=(UID,), rows=rows):
            named = batch.rename_columns([_LISTED_AS.get(name, name) for name in batch.column_names])
            require_columns(named.column_names, columns, where=str(path))
            yield _unrolled(named.select(columns))

    def mapping(self, name: str, column: str) -> pa.Table | None:
        """Return a mapping of all items to something, sorted; None where the file was not downloaded."""
        path = self.root / name
        if not path.exists():
            return None
        table = pa.concat_tables(parquet_batches(path, required=(ITEM, column), columns=(ITEM, column)))
        return table.sort_by([(ITEM, "ascending"), (column, "ascending")])


def _unrolled(batch: pa.Table) -> pa.Table:
    """Return a row an event where there is a row a listener."""
    owners = pc.list_parent_indices(batch[ITEM].combine_chunks())
    columns = {
        name: pc.list_flatten(batch[name])
        if pa.types.is_list(batch.schema.field(name).type)
        else batch[name].take(owners)
        for name in batch.column_names
    }
    return pa.table(columns)
