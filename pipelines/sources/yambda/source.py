"""The Yambda files as rows: listens, likes and dislikes of up to a million listeners of Yandex Music.

A listen becomes a play with the time that was heard, or a skip where less than half of the track was. Likes and
dislikes that were taken back (``unlikes``, ``undislikes``) are no rows. Whether the listener or a recommender chose the
track (``is_organic``) has no column here. The audio embeddings, 14 GB, are left where they are: what a track sounds
like enters models as named features, and those vectors have none.

The files tell no date, only the distance in time from a beginning. Here it begins with 2024: days are invented, what
lies between them is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.hashing import hash_file, hash_json
from pipelines.data.provenance import Provenance
from pipelines.errors import ConfigError
from pipelines.sources.base import Reading, Source, SourceOptions
from pipelines.sources.yambda.items import ids, track_rows
from pipelines.sources.yambda.layout import (
    ALBUMS,
    ARTISTS,
    EMBEDDINGS,
    ITEM,
    LENGTH,
    RATIO,
    TIMESTAMP,
    UID,
    UNDONE_BY,
    Layout,
)
from pipelines.sources.yambda.options import YambdaOptions
from pipelines.sources.yambda.taken_back import standing

#: When the first second of the files is said to have been: 2024-01-01T00:00:00Z, in seconds since 1970.
BEGINNING: Final = 1_704_067_200
_KINDS: Final = {"likes": c.LIKE, "dislikes": c.DISLIKE}
_US: Final = 1_000_000
#: A share in per cent of a length in seconds, in milliseconds.
_MS_OF_PERCENT: Final = 10.0


class Yambda(Source):
    """Listens, likes and dislikes of Yandex Music, in one of three sizes.

    Raises:
        ConfigError: No folder was named.
    """

    name: ClassVar[str] = "yambda"
    title: ClassVar[str] = "Yambda (Yandex Music)"
    reading: ClassVar[Reading] = Reading.WORLD
    options_type: ClassVar[type[SourceOptions]] = YambdaOptions
    options: YambdaOptions

    def __init__(self, options: SourceOptions | None = None) -> None:
        super().__init__(options)
        if self.options.archive is None:
            raise ConfigError(
                "no folder was named",
                where=f"source '{self.name}'",
                remedy="Pass the folder that holds 'flat', as downloaded: --archive FOLDER",
            )

    def provenance(self) -> Provenance:
        """Name the size and the licence, with the checksum of all that is read."""
        layout = Layout.of(self.options)
        undoing = [UNDONE_BY[event] for event in self.options.events if event in UNDONE_BY]
        mappings = [path for path in (layout.root / ARTISTS, layout.root / ALBUMS) if path.exists()]
        paths = [*(layout.file(event) for event in (*self.options.events, *undoing)), *mappings]
        return Provenance(
            source=self.name,
            origin=f"https://huggingface.co/datasets/yandex/yambda, {layout.kind}/{layout.events.name}",
            licence="Apache-2.0; published for scientific and research purposes",
            checksum=hash_json([[path.name, hash_file(path)] for path in paths]),
        )

    def interactions(self) -> Iterator[pa.Table]:
        """Yield a row for each listen, and for each like and dislike that stands."""
        layout, left_out = Layout.of(self.options), self.left_out["interactions"]
        left_out.clear()
        self.notes[:] = _notes(layout)
        for event in self.options.events:
            if event == "listens":
                for rows in layout.rows(event, (UID, ITEM, TIMESTAMP, RATIO, LENGTH)):
                    yield self._listens(rows)
            else:
                for rows in standing(layout, event, left_out):
                    yield _rows(rows, pa.repeat(_KINDS[event], rows.num_rows), pa.nulls(rows.num_rows, pa.float64()))

    def tracks(self) -> Iterator[pa.Table]:
        """Yield the tracks that the events are about; they have numbers for names."""
        yield from track_rows(Layout.of(self.options), self.options)

    def _listens(self, rows: pa.Table) -> pa.Table:
        share, length = rows[RATIO].cast(pa.float64()), rows[LENGTH].cast(pa.float64())
        enough = pc.fill_null(pc.greater_equal(share, self.options.least_played), fill_value=True)
        heard = pc.multiply(pc.multiply(share, length), _MS_OF_PERCENT)
        return _rows(rows, pc.if_else(enough, c.PLAY, c.SKIP), heard)


def _rows(events: pa.Table, kind: pa.Array, value: pa.Array) -> pa.Table:
    seconds = pc.add(events[TIMESTAMP].cast(pa.int64()), BEGINNING)
    return pa.table(
        {
            c.USER_ID: ids(events[UID]),
            c.TRACK_ID: ids(events[ITEM]),
            c.AT: pc.multiply(seconds, _US).cast(pa.timestamp("us", tz="UTC")),
            c.KIND: kind,
            c.VALUE: value,
        }
    )


def _notes(layout: Layout) -> list[str]:
    """Return what of the folder is not used."""
    notes = [
        f"{name} is not there, so tracks have no {word}"
        for name, word in ((ARTISTS, "artists"), (ALBUMS, "albums"))
        if not (layout.root / name).exists()
    ]
    unread = f"{EMBEDDINGS} was not read: no model here takes vectors of sound without names"
    return [*notes, unread] if (layout.root / EMBEDDINGS).exists() else notes
