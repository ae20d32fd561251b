"""One export: which files it has, and what stands in them, piece by piece."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
from msgspec import Struct

from pipelines.data import columns as c
from pipelines.data.hashing import hash_file, hash_json
from pipelines.errors import SourceError
from pipelines.sources.safe_archive import open_archive
from pipelines.sources.spotify_export.batches import joined
from pipelines.sources.spotify_export.history import KnownPlays, as_columns, basic_plays, extended_plays
from pipelines.sources.spotify_export.json_rows import JsonRows
from pipelines.sources.spotify_export.library import (
    ListedTracks,
    library_tracks,
    no_tracks,
    playlist_id,
    playlist_tracks,
    read_whole,
)
from pipelines.sources.spotify_export.members import Part, part_of
from pipelines.sources.spotify_export.records import BasicPlay, ExtendedPlay, Library, Playlists
from pipelines.sources.spotify_export.rules import NO_RECORD, Plays
from pipelines.sources.spotify_export.values import raw, texts

_MOST_NAMED: Final = 5
#: Some 60,000 plays are judged at a time: each time costs something, and fewer of them stay in the processor's cache.
_BLOCK_BYTES: Final = 1 << 24


@dataclass(frozen=True)
class TrackList:
    """A playlist.

    Attributes:
        playlist_id: Its id.
        name: Its name.
        tracks: What stands in it.
    """

    playlist_id: str
    name: str | None
    tracks: ListedTracks


class Export:
    """The files of one export.

    Args:
        path: The zip or the folder.
        source: The name of the source; it is part of ids made here.

    Raises:
        SourceError: It cannot be opened, or holds no file about listening.
    """

    def __init__(self, path: Path, source: str) -> None:
        self._archive = open_archive(path)
        self._source = source
        parts = {name: part_of(name) for name in self._archive.names()}
        self._files = [name for name, part in parts.items() if part is not None]
        self._present = set(parts.values())
        self._others = [name for name, part in parts.items() if part is None]
        if not self._files:
            raise SourceError(
                "it holds no file of a Spotify export that is about listening",
                where=str(path),
                remedy="Pass the zip of 'Download your data': it has Streaming_History_Audio_*.json, "
                "StreamingHistory*.json, Playlist*.json or YourLibrary.json",
            )

    def checksum(self) -> str:
        """Return the SHA-256 of the zip, or of what is read of a folder."""
        path = self._archive.path
        return hash_json({name: hash_file(path / name) for name in self._files}) if path.is_dir() else hash_file(path)

    def notes(self) -> list[str]:
        """Say which files are not opened."""
        if not self._others:
            return []
        names = [name.rsplit("/", 1)[-1] for name in self._others]
        listed = ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
        return [f"Files about listening, read: {len(self._files)}. Others, not opened: {len(names)} ({listed})."]

    def plays(self, left_out: Counter[str]) -> Iterator[Plays]:
        """Yield the plays of all files in blocks, the extended history first.

        Args:
            left_out: Where entries that are no plays are counted.

        Raises:
            SourceError: A file is damaged, cut short, or not what its name says.
        """
        known = KnownPlays()
        for columns in joined(self._columns(Part.EXTENDED, ExtendedPlay, left_out), _BLOCK_BYTES):
            plays = extended_plays(columns, self._source)
            if Part.BASIC in self._present:
                known.add(plays)
            yield plays
        for columns in joined(self._columns(Part.BASIC, BasicPlay, left_out), _BLOCK_BYTES):
            yield basic_plays(columns, self._source, known)

    def _columns(self, part: Part, row_type: type[Struct], left_out: Counter[str]) -> Iterator[pa.Table]:
        """Yield the plays of one format as they stand in its files, some at a time; same argument and error."""
        for name, stream in self._archive.read(lambda name: part_of(name) is part):
            rows = JsonRows(row_type, self._archive.label(name))
            for some in rows.read(stream):
                with self._located(name):
                    columns = as_columns(some, row_type)
                yield columns
            left_out.update({NO_RECORD: rows.strangers} if rows.strangers else {})

    def library(self, left_out: Counter[str]) -> Iterator[tuple[str, ListedTracks]]:
        """Yield saved and banned tracks, each list with the kind its tracks become; same argument and errors."""
        for name, stream in self._archive.read(lambda name: part_of(name) is Part.LIBRARY):
            library = read_whole(stream, Library, self._archive.label(name))
            left_out.update(no_tracks(library))
            for kind, tracks in ((c.SAVE, library.tracks), (c.DISLIKE, library.bannedTracks)):
                with self._located(name):
                    found = library_tracks(tracks or (), self._source)
                left_out.update(found.left_out)
                yield kind, found

    def playlists(self, owner: str, left_out: Counter[str]) -> Iterator[TrackList]:
        """Yield each playlist of a person; same argument and errors."""
        seen: Counter[str] = Counter()
        for name, stream in self._archive.read(lambda name: part_of(name) is Part.PLAYLISTS):
            for playlist in read_whole(stream, Playlists, self._archive.label(name)).playlists or ():
                with self._located(name):
                    title = texts(raw([playlist.name], pa.string()))[0].as_py()
                    found = playlist_tracks(playlist.items or (), self._source)
                left_out.update(found.left_out)
                yield TrackList(playlist_id(self._source, owner, title or "", seen), title, found)

    @contextmanager
    def _located(self, name: str) -> Iterator[None]:
        """Say in which file a value was refused."""
        try:
            yield
        except SourceError as error:
            raise SourceError(error.what, where=self._archive.label(name), remedy=error.remedy) from error
