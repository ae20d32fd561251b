"""Small tables that pass the gate, into which a test puts its dirt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from pipelines.data import columns as c
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables, TrackCatalogue

NOW = datetime(2026, 6, 1, tzinfo=UTC)

LISTENERS = tuple(f"listener-{number}" for number in range(6))
TRACKS = tuple(f"track-{number:02d}" for number in range(12))


def interaction(**values: Any) -> dict[str, Any]:
    """Return a good interaction with some values replaced."""
    good = {
        c.USER_ID: LISTENERS[0],
        c.TRACK_ID: TRACKS[0],
        c.AT: datetime(2025, 3, 1, tzinfo=UTC),
        c.KIND: c.PLAY,
        c.VALUE: 200_000.0,
        c.SOURCE: "test",
    }
    return {**good, **values}


def track(**values: Any) -> dict[str, Any]:
    """Return a good track with some values replaced."""
    good = {
        c.TRACK_ID: TRACKS[0],
        c.TITLE: "Teardrop",
        c.ARTISTS: ["Massive Attack"],
        c.ISRC: "GBAAA9800322",
        c.DURATION_MS: 330_000,
        c.RELEASE_DATE: "1998-04",
        c.RELEASE_PRECISION: "month",
        c.TAGS: ["trip hop", "calm"],
        c.TAG_WEIGHTS: [3.0, 1.0],
        **dict.fromkeys(c.AUDIO_FEATURES, 0.5),
        c.TEMPO: 77.0,
        c.LOUDNESS: -9.0,
        c.KEY: 9,
        c.MODE: 0,
        c.TIME_SIGNATURE: 4,
        c.SOURCE: "test",
    }
    return {**good, **values}


def playlist_row(**values: Any) -> dict[str, Any]:
    """Return a good row of a playlist with some values replaced."""
    good = {c.PLAYLIST_ID: "list-1", c.POSITION: 0, c.TRACK_ID: TRACKS[0], c.ADDED_AT: NOW, c.SOURCE: "test"}
    return {**good, **values}


def good_interactions() -> list[dict[str, Any]]:
    """Return one play of every track by every listener, of different lengths: 72 rows."""
    return [
        interaction(user_id=listener, track_id=name, value=30_000.0 + 1_000 * place)
        for listener in LISTENERS
        for place, name in enumerate(TRACKS)
    ]


def good_tracks() -> list[dict[str, Any]]:
    """Return the twelve tracks, no two with the same audio features."""
    return [
        track(track_id=name, **dict.fromkeys(c.AUDIO_FEATURES, 0.2 + 0.05 * place)) for place, name in enumerate(TRACKS)
    ]


def tables(
    interactions: Iterable[Mapping[str, Any]] | None = None,
    tracks: Iterable[Mapping[str, Any]] | None = None,
    playlists: Iterable[Mapping[str, Any]] = (),
) -> Tables:
    """Build the three tables; the good ones where none are given."""
    return Tables(
        InteractionTable(rows(InteractionTable.schema, good_interactions() if interactions is None else interactions)),
        TrackCatalogue(rows(TrackCatalogue.schema, good_tracks() if tracks is None else tracks)),
        PlaylistTable(rows(PlaylistTable.schema, playlists)),
    )


def rows(schema: pa.Schema, given: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Build an Arrow table; values that are not given are missing."""
    return pa.Table.from_pylist([dict(row) for row in given], schema=schema)
