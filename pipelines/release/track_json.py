"""What is shown of each track, as JSON made once: the service copies these bytes into its answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import pyarrow as pa
from pydantic_core import to_json

from pipelines.data import columns as c
from pipelines.data.spotify_ids import spotify_id_of
from pipelines.data.tables import TrackCatalogue
from pipelines.texts import Texts

_SHOWN: Final = [c.TRACK_ID, c.TITLE, c.ARTISTS, c.ALBUM, c.RELEASE_DATE, c.DURATION_MS, c.GENRES, c.TAGS, c.EXPLICIT]

#: Where no genre is known, so many of the strongest tags stand in for it.
_TAGS_SHOWN = 3
_ROWS_AT_ONCE = 50_000


def shown_tracks(catalogue: TrackCatalogue, aliases: Mapping[str, str]) -> Texts:
    """Return each track as a JSON object, in the catalogue's order; a missing value is null.

    Args:
        catalogue: One row a track.
        aliases: Other ids of tracks, and the id in the catalogue that each stands for.
    """
    others: dict[str, list[str]] = {}
    for alias, known in aliases.items():
        others.setdefault(known, []).append(alias)
    return Texts.of(pa.array(_objects(catalogue.data.select(_SHOWN), others), pa.large_string()))


def _objects(rows: pa.Table, others: Mapping[str, list[str]]) -> Iterator[str]:
    for batch in rows.to_batches(max_chunksize=_ROWS_AT_ONCE):
        for row in batch.to_pylist():
            yield to_json(_shown(row, others.get(row[c.TRACK_ID], ()))).decode()


def _shown(row: Mapping[str, Any], others: Iterable[str]) -> dict[str, Any]:
    date = row[c.RELEASE_DATE] or ""
    return {
        "track_id": row[c.TRACK_ID],
        "title": row[c.TITLE] or row[c.TRACK_ID],
        "artists": [artist for artist in row[c.ARTISTS] or () if artist],
        "album": row[c.ALBUM] or None,
        "year": int(date[:4]) if date[:4].isdecimal() else None,
        "duration_ms": row[c.DURATION_MS],
        "genres": [genre for genre in row[c.GENRES] or (row[c.TAGS] or ())[:_TAGS_SHOWN] if genre],
        "explicit": row[c.EXPLICIT],
        "spotify_id": spotify_id_of(row[c.TRACK_ID], others),
    }
