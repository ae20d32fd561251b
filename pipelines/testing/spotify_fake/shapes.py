"""Things as the JSON objects of the Web API, with the fields the app's profile has."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from pipelines.testing.spotify_fake.catalogue import Album, Artist, Episode, Track
from pipelines.testing.spotify_fake.clock import iso_millis, iso_seconds
from pipelines.testing.spotify_fake.ids import parts, uri
from pipelines.testing.spotify_fake.messages import Json
from pipelines.testing.spotify_fake.profiles import Profile
from pipelines.testing.spotify_fake.world import Play, Playlist, PlaylistEntry, User, World

MARKETS: Final = ("DE", "FR", "GB", "SE", "US")
_SIZES: Final = (640, 300, 64)


@dataclass(frozen=True)
class Shapes:
    """Writes the objects.

    Attributes:
        base_url: The address of the server, for ``href``.
        profile: Which fields there are.
        world: Where what is only named by a URI is looked up.
    """

    base_url: str
    profile: Profile
    world: World

    def simple_artist(self, artist: Artist) -> Json:
        """Return an artist as tracks and albums name it."""
        return {**self._head("artist", artist.id), "name": artist.name}

    def artist(self, artist: Artist) -> Json:
        """Return a whole artist."""
        shown = {**self.simple_artist(artist), "images": _images(artist.id)}
        if self.profile.has_old_endpoints:
            shown["genres"] = list(artist.genres)
            shown["popularity"] = artist.popularity
            shown["followers"] = {"href": None, "total": artist.followers}
        return shown

    def simple_album(self, album: Album) -> Json:
        """Return an album as tracks name it."""
        shown = {
            **self._head("album", album.id),
            "name": album.name,
            "album_type": album.kind,
            "total_tracks": album.total_tracks,
            "images": _images(album.id),
            "release_date": album.released,
            "release_date_precision": album.precision,
            "artists": [self.simple_artist(artist) for artist in album.artists],
        }
        if self.profile.has_old_endpoints:
            shown["available_markets"] = list(MARKETS)
        return shown

    def album(self, album: Album) -> Json:
        """Return an album without its tracks."""
        shown = {**self.simple_album(album), "copyrights": [], "external_ids": {}, "genres": []}
        if self.profile.has_old_endpoints:
            shown["popularity"] = album.popularity
            shown["label"] = album.artists[0].name
        return shown

    def simple_track(self, track: Track) -> Json:
        """Return a track as its album lists it."""
        shown = {
            **self._head("track", track.id),
            "name": track.name,
            "artists": [self.simple_artist(artist) for artist in track.artists],
            "disc_number": 1,
            "duration_ms": track.duration_ms,
            "explicit": track.explicit,
            "is_local": False,
            "is_playable": True,
            "preview_url": None,
            "track_number": track.number,
        }
        if self.profile.has_old_endpoints:
            shown["available_markets"] = list(MARKETS)
        return shown

    def track(self, track: Track) -> Json:
        """Return a whole track."""
        shown = {
            **self.simple_track(track),
            "album": self.simple_album(track.album),
            "external_ids": {"isrc": track.isrc},
        }
        if self.profile.has_old_endpoints:
            shown["popularity"] = track.popularity
        return shown

    def audio_features(self, track: Track) -> Json:
        """Return a track's audio features."""
        return {
            **track.features,
            "id": track.id,
            "uri": track.uri,
            "type": "audio_features",
            "duration_ms": track.duration_ms,
            "track_href": f"{self.base_url}/v1/tracks/{track.id}",
            "analysis_url": f"{self.base_url}/v1/audio-analysis/{track.id}",
        }

    def episode(self, episode: Episode) -> Json:
        """Return an episode of a podcast."""
        return {
            **self._head("episode", episode.id),
            "name": episode.name,
            "description": "",
            "duration_ms": episode.duration_ms,
            "explicit": False,
            "images": _images(episode.id),
            "is_externally_hosted": False,
            "is_playable": True,
            "language": "en",
            "languages": ["en"],
            "release_date": episode.released,
            "release_date_precision": "day",
            "show": {**self._head("show", episode.show_id), "name": episode.show, "images": []},
        }

    def local_file(self, address: str) -> Json:
        """Return a file of somebody's own disk, from its URI ``spotify:local:artist:album:title:seconds``."""
        artist, album, title, seconds = (unquote_plus(part) for part in address.split(":")[2:])
        nothing: Json = {"external_urls": {}, "href": None, "id": None, "uri": None}
        return {
            **nothing,
            "uri": address,
            "type": "track",
            "name": title,
            "artists": [{**nothing, "name": artist, "type": "artist"}],
            "album": {
                **nothing,
                "name": album,
                "type": "album",
                "album_type": None,
                "artists": [],
                "images": [],
                "release_date": None,
                "release_date_precision": None,
                "total_tracks": None,
            },
            "disc_number": 0,
            "duration_ms": int(seconds) * 1000,
            "explicit": False,
            "external_ids": {},
            "is_local": True,
            "preview_url": None,
            "track_number": 0,
        }

    def user(self, user: User) -> Json:
        """Return a user as playlists name their owner."""
        return {**self._user_head(user.id), "display_name": user.name}

    def me(self, user: User) -> Json:
        """Return the listener."""
        shown = {**self.user(user), "account_id": user.account_id, "images": []}
        if self.profile.has_old_endpoints:
            shown |= {"country": "DE", "product": "premium", "followers": {"href": None, "total": 3}}
            shown["explicit_content"] = {"filter_enabled": False, "filter_locked": False}
        return shown

    def playlist(self, playlist: Playlist) -> Json:
        """Return a playlist without its items."""
        items = {"href": f"{self.base_url}/v1/playlists/{playlist.id}/items", "total": len(playlist.entries)}
        shown = {
            **self._head("playlist", playlist.id),
            "name": playlist.name,
            "description": playlist.description,
            "collaborative": playlist.collaborative,
            "public": playlist.public,
            # A playlist without tracks has no picture: null, not an empty list.
            "images": _images(playlist.id) if playlist.entries else None,
            "owner": self.user(playlist.owner),
            "snapshot_id": playlist.snapshot_id,
            "items": items,
        }
        if self.profile.has_old_endpoints:
            shown["tracks"] = items
        return shown

    def playlist_entry(self, entry: PlaylistEntry) -> Json:
        """Return a place in a playlist; the thing is null where it has vanished."""
        thing = self._thing(entry.uri)
        user = self._user_head(entry.by.id)
        shown = {
            "added_at": iso_seconds(entry.at),
            "added_by": user,
            "is_local": entry.uri.startswith("spotify:local:"),
            "item": thing,
        }
        if self.profile.has_old_endpoints:
            shown["track"] = thing
        return shown

    def play(self, play: Play) -> Json:
        """Return a play."""
        return {
            "track": self.track(play.track),
            "played_at": iso_millis(play.at),
            "context": self._context(play.context) if play.context else None,
        }

    def _context(self, address: str) -> Json:
        kind, identifier = parts(address)
        head = self._head(kind, identifier)
        del head["id"]
        return head

    def _thing(self, address: str) -> Json | None:
        if address.startswith("spotify:local:"):
            return self.local_file(address)
        kind, identifier = parts(address)
        if kind == "episode":
            episode = self.world.catalogue.episodes.get(identifier)
            return self.episode(episode) if episode else None
        track = self.world.catalogue.tracks.get(identifier)
        return self.track(track) if track else None

    def _user_head(self, user_id: str) -> Json:
        return {
            "id": user_id,
            "type": "user",
            "uri": f"spotify:user:{user_id}",
            "href": f"{self.base_url}/v1/users/{user_id}",
            "external_urls": {"spotify": f"https://open.spotify.com/user/{user_id}"},
        }

    def _head(self, kind: str, identifier: str) -> Json:
        return {
            "id": identifier,
            "type": kind,
            "uri": uri(kind, identifier),
            "href": f"{self.base_url}/v1/{kind}s/{identifier}",
            "external_urls": {"spotify": f"https://open.spotify.com/{kind}/{identifier}"},
        }


def _images(identifier: str) -> Sequence[Json]:
    name = hashlib.sha1(identifier.encode()).hexdigest()  # noqa: S324 - a name, no protection
    return [{"url": f"https://i.scdn.co/image/{name}", "height": size, "width": size} for size in _SIZES]
