"""What an export says about tracks, collected while it is read: one row a track."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipelines.data import columns as c

_Facts = tuple[str | None, str | None, str | None]


class Catalogue:
    """Tracks with title, artist and album, in the order in which they were met; of several rows the fullest counts."""

    def __init__(self) -> None:
        self._tracks: dict[str, _Facts] = {}
        self._complete: set[str] = set()

    def add(self, ids: pa.DictionaryArray, titles: pa.Array, artists: pa.Array, albums: pa.Array) -> None:
        """Take in tracks; an id may stand often, and only the first of its fullest rows is looked at."""
        places = ids.indices.to_numpy()
        missing = sum(
            column.is_null().to_numpy(zero_copy_only=False).astype(np.int8) for column in (titles, artists, albums)
        )
        fullest_last = np.argsort(missing, kind="stable")[::-1]
        first = np.full(len(ids.dictionary), -1)
        first[places[fullest_last]] = fullest_last
        names = ids.dictionary.to_pylist()
        news = [place for place in np.flatnonzero(first >= 0).tolist() if names[place] not in self._complete]
        news.sort(key=first.__getitem__)
        rows = pa.array(first[news])
        columns = (column.take(rows).to_pylist() for column in (titles, artists, albums))
        for place, facts in zip(news, zip(*columns, strict=True), strict=True):
            self._add(names[place], facts)

    def _add(self, name: str, facts: _Facts) -> None:
        if name not in self._tracks or self._tracks[name].count(None) > facts.count(None):
            self._tracks[name] = facts
        if None not in facts:
            self._complete.add(name)

    def table(self) -> pa.Table:
        """Return the tracks."""
        titles, artists, albums = zip(*self._tracks.values(), strict=True) if self._tracks else ((), (), ())
        return pa.table(
            {
                c.TRACK_ID: pa.array(self._tracks, pa.string()),
                c.TITLE: pa.array(titles, pa.string()),
                c.ARTISTS: pa.array([[name] if name else None for name in artists], pa.list_(pa.string())),
                c.ALBUM: pa.array(albums, pa.string()),
            }
        )
