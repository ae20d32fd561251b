"""From a library to the rows of the three tables.

- a saved track is a ``save`` at the time it was saved;
- a recent play is a ``play`` at the time Spotify says it was played; how long is not said;
- a track among the person's top tracks is a ``like`` without a time, once however many ranges it stands in: Spotify's
  own count of what somebody plays most says more than a save, and no number of plays comes with it;
- a track the person put into a playlist of theirs, or into one they share, is a ``playlist_add``; what others put
  there is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import pyarrow as pa

from pipelines.data import columns as c
from pipelines.sources.spotify_api.library import Entry, Library, Playlist

TRACK_PREFIX: Final = "spotify:track:"
PLAYLIST_PREFIX: Final = "spotify:playlist:"
BY_OTHERS: Final = "added by somebody else"
_LISTS: Final = (c.ARTISTS, c.GENRES)
_FEATURES: Final = (*c.AUDIO_FEATURES, c.KEY, c.MODE, c.TIME_SIGNATURE)

INTERACTION_COLUMNS: Final = (c.USER_ID, c.TRACK_ID, c.AT, c.KIND, c.CONSENT)
TRACK_COLUMNS: Final = (
    c.TRACK_ID,
    c.TITLE,
    c.ARTISTS,
    c.ALBUM,
    c.ISRC,
    c.DURATION_MS,
    c.EXPLICIT,
    c.RELEASE_DATE,
    c.RELEASE_PRECISION,
    c.GENRES,
    *_FEATURES,
)
PLAYLIST_COLUMNS: Final = (c.PLAYLIST_ID, c.OWNER, c.NAME, c.POSITION, c.TRACK_ID, c.ADDED_AT)

Row = dict[str, Any]


def interaction_rows(library: Library, person: str, consent: str | None, left_out: Counter[str]) -> Iterator[Row]:
    """Yield what the person did, one row a thing done.

    Args:
        library: What was read.
        person: The person's id in the tables.
        consent: The consent the rows rest on.
        left_out: Where entries that become no row are counted, by reason.
    """
    timed = ((c.SAVE, library.saved), (c.PLAY, library.plays), (c.LIKE, library.top))
    added = ((c.PLAYLIST_ADD, playlist.entries) for playlist in library.playlists)
    for kind, entries in (*timed, *added):
        for entry in entries:
            if "left_out" in entry:
                left_out[entry["left_out"]] += 1
            elif not entry["mine"]:
                left_out[BY_OTHERS] += 1
            else:
                track = _track_id(entry["track"])
                yield {c.USER_ID: person, c.TRACK_ID: track, c.AT: entry["at"], c.KIND: kind, c.CONSENT: consent}


def track_rows(library: Library) -> Iterator[Row]:
    """Yield every track of the library once, with what Spotify says about it; what it does not say is missing."""
    for track in library.tracks():
        artists = track["artists"]
        genres = [genre for artist in artists for genre in library.genres.get(str(artist["id"]), ())]
        features = library.features.get(track["id"]) or {}
        yield {
            c.TRACK_ID: _track_id(track),
            c.TITLE: track["name"],
            c.ARTISTS: [artist["name"] for artist in artists],
            c.ALBUM: track["album"],
            c.ISRC: track["isrc"],
            c.DURATION_MS: track["duration_ms"],
            c.EXPLICIT: track["explicit"],
            c.RELEASE_DATE: track["release_date"],
            c.RELEASE_PRECISION: track["release_date_precision"],
            c.GENRES: list(dict.fromkeys(genres)),
            **{name: features.get(name) for name in _FEATURES},
            # Spotify writes -1 where it found no key.
            c.KEY: None if features.get(c.KEY) == -1 else features.get(c.KEY),
        }


def playlist_rows(library: Library, person: str, left_out: Counter[str]) -> Iterator[Row]:
    """Yield what stands where in the person's playlists; arguments as for ``interaction_rows``."""
    left_out.update(library.left_out)
    for playlist in library.playlists:
        yield from _rows_of(playlist, person, left_out)


def as_batch(rows: Iterable[Row], columns: tuple[str, ...]) -> pa.Table:
    """Return rows as one batch of text and lists of text, for cleaning to parse: what Spotify sends may be anything."""
    table: Mapping[str, list[Any]] = {name: [] for name in columns}
    for row in rows:
        for name in columns:
            table[name].append(_texts(row[name]) if name in _LISTS else _text(row[name]))
    kinds = {name: pa.list_(pa.string()) if name in _LISTS else pa.string() for name in columns}
    return pa.table({name: pa.array(values, kinds[name]) for name, values in table.items()})


def _rows_of(playlist: Playlist, person: str, left_out: Counter[str]) -> Iterator[Row]:
    for position, entry in enumerate(playlist.entries):
        if "left_out" in entry:
            left_out[entry["left_out"]] += 1
            continue
        yield {
            c.PLAYLIST_ID: f"{PLAYLIST_PREFIX}{playlist.playlist_id}",
            c.OWNER: person if playlist.own else None,
            c.NAME: playlist.name,
            c.POSITION: position,
            c.TRACK_ID: _track_id(entry["track"]),
            c.ADDED_AT: entry["at"],
        }


def _track_id(track: Entry) -> str | None:
    return f"{TRACK_PREFIX}{track['id']}" if track["id"] else None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(values: list[Any]) -> list[str] | None:
    return [str(value) for value in values if value is not None] or None
