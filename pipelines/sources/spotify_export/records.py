"""The fields that are read, by the names Spotify gives them.

Only what stands here becomes an object: user names, IP addresses, user agents, devices, countries, collaborators and
descriptions are passed over by the parser. A value may be of any type, because people's files hold every kind of
mistake; a missing field is None.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class ExtendedPlay(Struct, gc=False):
    """A play of the extended history, in its present form and as ``endsong``."""

    ts: Any = None
    ms_played: Any = None
    master_metadata_track_name: Any = None
    master_metadata_album_artist_name: Any = None
    master_metadata_album_album_name: Any = None
    spotify_track_uri: Any = None
    episode_name: Any = None
    spotify_episode_uri: Any = None
    audiobook_title: Any = None
    audiobook_uri: Any = None
    reason_end: Any = None
    skipped: Any = None
    incognito_mode: Any = None


class BasicPlay(Struct, gc=False):
    """A play of the last year's history: music, a podcast or an audiobook."""

    endTime: Any = None  # noqa: N815 - Spotify's name
    artistName: Any = None  # noqa: N815
    trackName: Any = None  # noqa: N815
    msPlayed: Any = None  # noqa: N815
    podcastName: Any = None  # noqa: N815
    episodeName: Any = None  # noqa: N815
    audiobookName: Any = None  # noqa: N815
    chapterName: Any = None  # noqa: N815


class LibraryTrack(Struct):
    """A track of the library."""

    artist: Any = None
    album: Any = None
    track: Any = None
    uri: Any = None


class Library(Struct):
    """``YourLibrary.json``; of what is no track only the number counts."""

    tracks: list[LibraryTrack] | None = None
    bannedTracks: list[LibraryTrack] | None = None  # noqa: N815 - Spotify's name
    albums: list[Struct] | None = None
    shows: list[Struct] | None = None
    episodes: list[Struct] | None = None
    artists: list[Struct] | None = None
    bannedArtists: list[Struct] | None = None  # noqa: N815
    other: list[Any] | None = None


class PlaylistTrack(Struct):
    """The track of a playlist's entry."""

    trackName: Any = None  # noqa: N815 - Spotify's name
    artistName: Any = None  # noqa: N815
    albumName: Any = None  # noqa: N815
    trackUri: Any = None  # noqa: N815


class PlaylistEntry(Struct):
    """An entry of a playlist: one of the four is given."""

    track: PlaylistTrack | None = None
    episode: Any = None
    audiobook: Any = None
    localTrack: Any = None  # noqa: N815 - Spotify's name
    addedDate: Any = None  # noqa: N815


class Playlist(Struct):
    """One playlist."""

    name: Any = None
    items: list[PlaylistEntry] | None = None


class Playlists(Struct):
    """``Playlist1.json`` and its like."""

    playlists: list[Playlist] | None = None
