"""The source ``exportify``."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import PurePosixPath
from typing import ClassVar, Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.names import named_track_ids
from pipelines.data.provenance import Provenance, Use
from pipelines.sources.distinct import DistinctRows
from pipelines.sources.exportify.layout import ARTIST_IDS, SAVED_AT, URI, playlist_rows, split_artists, split_list
from pipelines.sources.inputs import checksum_of, read_members
from pipelines.sources.person_file import PersonFile
from pipelines.sources.track_ids import isrcs, spotify_track_ids

EPISODE: Final = "podcast episodes"
SAVED_ALBUM: Final = "saved albums"
_WHAT: Final = "CSV of playlists"
#: What the programs call a person's saved tracks, in file names and in headers.
_LIKED: Final = frozenset({"liked", "liked songs", "liked_songs"})
#: What the Web API gives as the time for tracks of playlists older than the record of such times.
_NO_TIME: Final = "1970-01-01T00:00:00Z"
_ID_LENGTH: Final = 20
_BATCH_ROWS: Final = 1 << 15
_AS_IT_STANDS: Final = (
    c.ALBUM, c.DURATION_MS, c.EXPLICIT, c.RELEASE_DATE, *c.AUDIO_FEATURES, c.KEY, c.MODE, c.TIME_SIGNATURE
)  # fmt: skip

Row: TypeAlias = "dict[str, str]"


class Exportify(PersonFile):
    """The playlists of one person: one CSV, or a folder or zip of them, a playlist each.

    A track in a playlist is an interaction of kind ``playlist_add``; those in the list of liked songs are of kind
    ``save`` and in no playlist.

    Raises:
        ConfigError: No file was named, or the listener's name cannot be one.
    """

    name: ClassVar[str] = "exportify"
    title: ClassVar[str] = "Exportify playlists (CSV)"
    what: ClassVar[str] = f"a {_WHAT}"

    def provenance(self) -> Provenance:
        """Say that it is a person's own data, and how they got it."""
        return Provenance(
            source=self.name,
            origin="a person's own playlists, written by Exportify (CSV)",
            licence="the person's own data, fetched through the Spotify Web API, whose terms forbid training on it",
            uses=frozenset({Use.DISPLAY, Use.SEED}),
            checksum=checksum_of(self._path),
        )

    def interactions(self) -> Iterator[pa.Table]:
        """Yield one row for each track of a list."""
        self.left_out["interactions"].clear()
        for playlist, _, rows in self._lists("interactions"):
            yield pa.table(
                {
                    c.USER_ID: pa.array([self._person] * len(rows), pa.string()),
                    c.TRACK_ID: _track_ids(rows),
                    c.AT: _added_at(rows),
                    c.KIND: pa.repeat(c.SAVE if _is_liked(playlist) else c.PLAYLIST_ADD, len(rows)),
                    c.CONSENT: pa.array([self._consent] * len(rows), pa.string()),
                    c.LINE: _text(rows, c.LINE),
                }
            )

    def tracks(self) -> Iterator[pa.Table]:
        """Yield what the lists say about their tracks, audio features where they have them."""
        distinct = DistinctRows()
        for _, _, rows in self._lists(None):
            artists = [split_artists(row[c.ARTISTS], row[ARTIST_IDS]) for row in rows]
            table = pa.table(
                {
                    c.TRACK_ID: _track_ids(rows),
                    c.TITLE: _text(rows, c.TITLE),
                    c.ARTISTS: pa.array(artists, pa.list_(pa.string())),
                    c.ISRC: isrcs(_text(rows, c.ISRC)),
                    c.GENRES: pa.array([split_list(row[c.GENRES]) for row in rows], pa.list_(pa.string())),
                    **{name: _text(rows, name) for name in _AS_IT_STANDS},
                }
            )
            yield distinct.new_rows(table.filter(pc.is_valid(table[c.TRACK_ID])))

    def playlists(self) -> Iterator[pa.Table]:
        """Yield one row for each track of a playlist, in order."""
        self.left_out["playlists"].clear()
        for playlist, first, rows in self._lists("playlists"):
            if not _is_liked(playlist):
                yield pa.table(
                    {
                        c.PLAYLIST_ID: pa.array([self._playlist_id(playlist)] * len(rows), pa.string()),
                        c.OWNER: pa.array([self._person] * len(rows), pa.string()),
                        c.NAME: pa.array([playlist] * len(rows), pa.string()),
                        c.POSITION: pa.array(range(first, first + len(rows)), pa.int32()),
                        c.TRACK_ID: _track_ids(rows),
                        c.ADDED_AT: _added_at(rows),
                        c.LINE: _text(rows, c.LINE),
                    }
                )

    def _lists(self, table: str | None) -> Iterator[tuple[str, int, list[Row]]]:
        """Yield parts of lists: the name, the position of the first row, and the rows that are tracks.

        Args:
            table: Where to count what is no track; None not to count.
        """
        for member in read_members(self._path, _is_csv, what=_WHAT):
            rows, first = playlist_rows(member), 1
            while part := list(islice(rows, _BATCH_ROWS)):
                reasons = [_not_a_track(row) for row in part]
                if table is not None:
                    self.left_out[table] += Counter(reason for reason in reasons if reason)
                kept = [row for row, reason in zip(part, reasons, strict=True) if not reason]
                if kept:
                    yield PurePosixPath(member.name).stem, first, kept
                first += len(kept)

    def _playlist_id(self, name: str) -> str:
        """Return an id that is the same for the same name of the same person."""
        digest = hashlib.sha1(f"{self._person}\t{name}".encode(), usedforsecurity=False).hexdigest()
        return f"{self.name}:{digest[:_ID_LENGTH]}"


def _is_csv(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(".csv")


def _is_liked(playlist: str) -> bool:
    return playlist.casefold() in _LIKED


def _not_a_track(row: Row) -> str | None:
    """Say what a row is when it is no track."""
    uri = row[URI]
    if ":episode:" in uri or "/episode/" in uri:
        return EPISODE
    return SAVED_ALBUM if row[SAVED_AT] and not uri else None


def _track_ids(rows: Sequence[Row]) -> pa.Array:
    """Return Spotify's id, or a hash of artist and title for a person's own file; null where there is neither."""
    artists = [split_artists(row[c.ARTISTS], row[ARTIST_IDS])[:1] for row in rows]
    main = pa.array([names[0] if names and names[0] else None for names in artists], pa.string())
    titles = pa.array([row[c.TITLE] or None for row in rows], pa.string())
    return pc.coalesce(spotify_track_ids(_text(rows, URI)), named_track_ids(Exportify.name, main, titles))


def _added_at(rows: Sequence[Row]) -> pa.Array:
    return pa.array([None if row[c.ADDED_AT] == _NO_TIME else row[c.ADDED_AT] for row in rows], pa.string())


def _text(rows: Sequence[Row], name: str) -> pa.Array:
    return pa.array([row[name] for row in rows], pa.string())
