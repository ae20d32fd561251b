"""What is shown of a track, read from the bundle's catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from serving.schemas import Track

_SHOWN = [c.TRACK_ID, c.TITLE, c.ARTISTS, c.ALBUM, c.RELEASE_DATE, c.DURATION_MS, c.GENRES, c.TAGS]

#: Where no genre is known, so many of the strongest tags stand in for it.
_TAGS_SHOWN = 3


class Display:
    """Track indices -> what a person sees. The columns stay in Arrow, so a million tracks cost no Python objects."""

    def __init__(self, catalogue: TrackCatalogue) -> None:
        self._columns = catalogue.data.select(_SHOWN).combine_chunks()

    def tracks(self, indices: Iterable[int]) -> dict[int, Track]:
        """Return each track once, by its index."""
        wanted = sorted(set(indices))
        rows = self._columns.take(pa.array(np.asarray(wanted, dtype=np.int64))).to_pylist()
        return {index: _track(row) for index, row in zip(wanted, rows, strict=True)}

    def track(self, index: int) -> Track:
        """Return one track."""
        return self.tracks([index])[index]


def _track(row: dict[str, Any]) -> Track:
    date = row[c.RELEASE_DATE] or ""
    return Track(
        track_id=row[c.TRACK_ID],
        title=row[c.TITLE] or row[c.TRACK_ID],
        artists=[artist for artist in row[c.ARTISTS] or () if artist],
        album=row[c.ALBUM] or None,
        year=int(date[:4]) if date[:4].isdecimal() else None,
        duration_ms=row[c.DURATION_MS],
        genres=[genre for genre in row[c.GENRES] or (row[c.TAGS] or ())[:_TAGS_SHOWN] if genre],
    )
