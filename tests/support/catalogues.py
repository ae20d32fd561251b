"""Track tables that fit on a screen."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue


def track(track_id: str, title: str | None = None, *artists: str, **more: Any) -> dict[str, Any]:
    """Return a row; its source is what stands before the first colon of its id, unless one is given."""
    known = {c.TRACK_ID: track_id, c.TITLE: title, c.ARTISTS: list(artists) or None}
    return {c.SOURCE: track_id.partition(":")[0]} | known | more


def catalogue(*rows: dict[str, Any]) -> TrackCatalogue:
    """Return rows as a catalogue; what no row says is missing."""
    empty = dict.fromkeys(c.TRACK_SCHEMA.names)
    return TrackCatalogue(pa.Table.from_pylist([empty | row for row in rows], schema=c.TRACK_SCHEMA))
