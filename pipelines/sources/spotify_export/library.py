"""Saved and banned tracks, and playlists: files that are read whole, since even a large collection is small."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import IO, Final, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Struct

from pipelines.errors import SourceError
from pipelines.sources.spotify_export.records import Library, LibraryTrack, PlaylistEntry, PlaylistTrack
from pipelines.sources.spotify_export.rules import AUDIOBOOK, NO_TRACK, PODCAST
from pipelines.sources.spotify_export.values import field, raw, texts, track_ids

#: 200,000 playlist entries or saved tracks.
FILE_BYTES: Final = 64 << 20

LOCAL_FILE: Final = "a local file"
ALBUM: Final = "a saved album"
SHOW: Final = "a saved podcast"
EPISODE: Final = "a saved episode"
ARTIST: Final = "a followed artist"
BANNED_ARTIST: Final = "a banned artist"
OTHER: Final = "something else in the library"

_ID_LENGTH: Final = 20
_NO_TRACK: Final = PlaylistTrack()

Content = TypeVar("Content", bound=Struct)


@dataclass(frozen=True)
class ListedTracks:
    """Tracks of the library or of a playlist, column by column, and what else stood there.

    Attributes:
        track_id: The tracks.
        title: Their titles.
        artist: Their artists.
        album: Their albums.
        at: When each was added, as text; null where nobody says.
        position: The place of each in the list, from 0.
        left_out: How many entries are no tracks, by reason.
    """

    track_id: pa.Array
    title: pa.Array
    artist: pa.Array
    album: pa.Array
    at: pa.Array
    position: pa.Array
    left_out: Counter[str]


def read_whole(stream: IO[bytes], kind: type[Content], where: str) -> Content:
    """Parse a file in one piece.

    Raises:
        SourceError: It is too large, not UTF-8, not JSON, cut short, or not of the shape Spotify gives it.
    """
    content = bytearray()
    while len(content) <= FILE_BYTES and (chunk := stream.read(1 << 20)):
        content += chunk
    if len(content) > FILE_BYTES:
        raise SourceError(
            f"it is larger than {FILE_BYTES:,} bytes, which no library or playlist file is",
            where=where,
            remedy="Download the export again",
        )
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=kind)
    except UnicodeDecodeError as error:
        raise SourceError("it is not UTF-8 text", where=where, remedy="Pass the file as it was downloaded") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise SourceError(
            f"it cannot be read ({error})",
            where=where,
            remedy="Wait until the file is complete, or unpack or download the export again",
        ) from error


def library_tracks(tracks: Sequence[LibraryTrack], source: str) -> ListedTracks:
    """Return saved or banned tracks; the export does not say since when.

    Raises:
        SourceError: A text is too long to be what it should be.
    """
    found = _listed(tracks, ("artist", "track", "album", "uri"), [None] * len(tracks), source)
    missing = len(tracks) - len(found.track_id)
    return replace(found, left_out=Counter({NO_TRACK: missing} if missing else {}))


def playlist_tracks(entries: Sequence[PlaylistEntry], source: str) -> ListedTracks:
    """Return the tracks of a playlist; same error."""
    tracks = [entry.track or _NO_TRACK for entry in entries]
    names = ("artistName", "trackName", "albumName", "trackUri")
    found = _listed(tracks, names, field(entries, "addedDate"), source)
    positions = set(found.position.to_pylist())
    others = Counter(_what_it_is(entry) for position, entry in enumerate(entries) if position not in positions)
    return replace(found, left_out=others)


def no_tracks(library: Library) -> Counter[str]:
    """Count what else stands in the library."""
    others = {
        ALBUM: library.albums,
        SHOW: library.shows,
        EPISODE: library.episodes,
        ARTIST: library.artists,
        BANNED_ARTIST: library.bannedArtists,
        OTHER: library.other,
    }
    return Counter({reason: len(entries) for reason, entries in others.items() if entries})


def playlist_id(source: str, owner: str, name: str, seen: Counter[str]) -> str:
    """Return an id that is the same in the next export: there is none, so it is made of owner and name.

    Args:
        source: The name of the source.
        owner: Whose it is.
        name: Its name.
        seen: How often each name has occurred; counted on, so that playlists of one name are told apart by their order.
    """
    seen[name] += 1
    text = f"{owner}\t{name}\t{seen[name]}"
    return f"{source}:{hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:_ID_LENGTH]}"


def _listed(
    tracks: Sequence[Struct], names: tuple[str, str, str, str], added: Sequence[object], source: str
) -> ListedTracks:
    """Return the entries that name a track; ``names`` are the fields of artist, title, album and URI."""
    artist, title, album, uri = (texts(raw(field(tracks, name), pa.string())) for name in names)
    ids = track_ids(source, uri, artist, title)
    named = ids.is_valid()
    return ListedTracks(
        track_id=ids.filter(named),
        title=title.filter(named),
        artist=artist.filter(named),
        album=album.filter(named),
        at=texts(raw(added, pa.string())).filter(named),
        position=pa.array(np.arange(len(ids), dtype=np.int32)).filter(named),
        left_out=Counter(),
    )


def _what_it_is(entry: PlaylistEntry) -> str:
    if entry.episode:
        return PODCAST
    if entry.audiobook:
        return AUDIOBOOK
    return LOCAL_FILE if entry.localTrack else NO_TRACK
