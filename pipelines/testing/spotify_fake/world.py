"""What the server knows of its listeners: who they are, what they saved, played and put into playlists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import numpy as np

from pipelines.testing.spotify_fake.catalogue import Artist, Catalogue, Track, make_catalogue
from pipelines.testing.spotify_fake.clock import Clock
from pipelines.testing.spotify_fake.ids import new_id, snapshot_id, uri

T = TypeVar("T")

#: Everything a new world holds happened before this.
EPOCH: Final = datetime(2026, 9, 1, 12, tzinfo=UTC)
TIME_RANGES: Final = ("short_term", "medium_term", "long_term")


@dataclass(frozen=True)
class User:
    """Somebody with an account.

    Attributes:
        id: What playlists name as their owner.
        account_id: The stable, pseudonymous id in ``/me`` since May 2026.
    """

    id: str
    name: str
    account_id: str


@dataclass(frozen=True)
class Saved:
    """Something in the library."""

    uri: str
    at: datetime


@dataclass(frozen=True)
class Play:
    """A play that counts, with the URI of the playlist or album it was started from."""

    track: Track
    at: datetime
    context: str | None = None


@dataclass(frozen=True)
class PlaylistEntry:
    """A place in a playlist: a track, an episode or a file of somebody's own disk."""

    uri: str
    at: datetime
    by: User


@dataclass
class Playlist:
    """A playlist; ``public`` is None where nobody said."""

    id: str
    name: str
    owner: User
    public: bool | None = False
    collaborative: bool = False
    description: str = ""
    entries: list[PlaylistEntry] = field(default_factory=list)
    revision: int = 1

    @property
    def snapshot_id(self) -> str:
        """The id of its present state."""
        return snapshot_id(self.id, self.revision)


@dataclass
class World:
    """All state behind the server; whoever changes it holds the server's lock.

    Attributes:
        me: Who logs in.
        saved: The library, the newest first: tracks and albums that are saved, artists that are followed.
        plays: The newest first.
        top_tracks: By time range, the most played first; the same for ``top_artists``.
        playlists: By id.
        mine: The ids of the playlists in the listener's own list, own and followed ones, in its order.
        rng: Where the ids of new playlists come from.
    """

    catalogue: Catalogue
    clock: Clock
    rng: np.random.Generator
    me: User
    saved: list[Saved]
    plays: list[Play]
    top_tracks: dict[str, list[Track]]
    top_artists: dict[str, list[Artist]]
    playlists: dict[str, Playlist]
    mine: list[str]

    def play(self, count: int = 1) -> list[Play]:
        """Let the listener play some more tracks now, one a minute; returned the newest first."""
        now = self.clock.now()
        tracks = list(self.catalogue.tracks.values())
        chosen = self.rng.choice(len(tracks), count)
        new = [Play(tracks[index], now - timedelta(minutes=ago)) for ago, index in enumerate(chosen)]
        self.plays[:0] = new
        return new

    def save(self, track_id: str) -> None:
        """Let the listener save a track now."""
        self.add_to_library(uri("track", track_id))

    def unsave(self, track_id: str) -> None:
        """Let the listener remove a saved track."""
        self.remove_from_library(uri("track", track_id))

    def add_to_library(self, thing: str) -> None:
        """Save or follow by URI, once."""
        if self.has(thing):
            return
        if (playlist := _playlist_in(thing)) is not None:
            self.mine.insert(0, playlist)
        else:
            self.saved.insert(0, Saved(thing, self.clock.now()))

    def remove_from_library(self, thing: str) -> None:
        """Remove or leave by URI, where it is there."""
        self.mine = [each for each in self.mine if uri("playlist", each) != thing]
        self.saved = [saved for saved in self.saved if saved.uri != thing]

    def has(self, thing: str) -> bool:
        """Say whether something is in the library."""
        playlist = _playlist_in(thing)
        return any(saved.uri == thing for saved in self.saved) if playlist is None else playlist in self.mine

    def saved_tracks(self) -> list[Saved]:
        """Return what is saved of tracks, the newest first."""
        return [saved for saved in self.saved if saved.uri.startswith("spotify:track:")]

    def saved_albums(self) -> list[Saved]:
        """Return what is saved of albums, the newest first."""
        return [saved for saved in self.saved if saved.uri.startswith("spotify:album:")]


def _playlist_in(thing: str) -> str | None:
    """Return the id of the playlist a URI names; None where it names something else."""
    return thing.removeprefix("spotify:playlist:") if thing.startswith("spotify:playlist:") else None


def make_world(seed: int, clock: Clock) -> World:
    """Invent a listener: 130 saved tracks, 60 plays, 120 top tracks, seven playlists; the same for the same seed."""
    rng = np.random.default_rng([seed, 2])
    catalogue = make_catalogue(seed)
    tracks = list(catalogue.tracks.values())
    by_taste = [tracks[index] for index in rng.permutation(len(tracks))]
    me = User("listener", "A Listener", new_id(rng))
    playlists = _playlists(rng, me, by_taste, catalogue)
    return World(
        catalogue=catalogue,
        clock=clock,
        rng=rng,
        me=me,
        saved=_saved(rng, by_taste),
        plays=_plays(rng, by_taste, playlists[0]),
        # Not everything that is liked is saved, and taste moves on.
        top_tracks={
            name: _shuffled(rng, by_taste[at : at + 120]) for name, at in zip(TIME_RANGES, (60, 30, 0), strict=True)
        },
        top_artists={name: _shuffled(rng, list(catalogue.artists.values())) for name in TIME_RANGES},
        playlists={playlist.id: playlist for playlist in playlists},
        mine=[playlist.id for playlist in playlists],
    )


def _shuffled(rng: np.random.Generator, things: list[T]) -> list[T]:
    return [things[index] for index in rng.permutation(len(things))]


def _saved(rng: np.random.Generator, by_taste: list[Track]) -> list[Saved]:
    """Save 130 tracks and three albums over the last years."""
    days = sorted(float(days) for days in rng.uniform(0, 1500, 133))
    albums = list({track.album.id: track.album for track in by_taste}.values())[:3]
    things = [uri("album", album.id) for album in albums] + [track.uri for track in by_taste[:130]]
    return [Saved(thing, EPOCH - timedelta(days=ago)) for thing, ago in zip(_shuffled(rng, things), days, strict=True)]


def _plays(rng: np.random.Generator, by_taste: list[Track], playlist: Playlist) -> list[Play]:
    """Play 60 of the favourites, some of them from a playlist."""
    at, plays = EPOCH, []
    for index in rng.integers(0, 40, 60):
        track = by_taste[int(index)]
        context = uri("playlist", playlist.id) if rng.integers(3) == 0 else None
        plays.append(Play(track, at, context))
        at -= timedelta(milliseconds=track.duration_ms + int(rng.integers(1_000, 600_000)))
    return plays


def _playlists(rng: np.random.Generator, me: User, by_taste: list[Track], catalogue: Catalogue) -> list[Playlist]:
    """Make playlists of each kind there is: own, shared, followed, the platform's, empty."""
    friend = User("a.friend", "A Friend", new_id(rng))
    platform = User("spotify", "Spotify", new_id(rng))
    episode = uri("episode", next(iter(catalogue.episodes)))
    tracks = [track.uri for track in by_taste]
    local = "spotify:local:The+Cellar+Tapes:Demo:Rehearsal:187"
    made: tuple[tuple[Playlist, list[str]], ...] = (
        (Playlist(new_id(rng), "Long drives", me), tracks[:120]),
        (Playlist(new_id(rng), "Quiet evenings", me, public=True), [*tracks[120:145], tracks[120]]),
        (Playlist(new_id(rng), "Bits and pieces", me, description="All sorts"), [*tracks[:5], episode, local]),
        (Playlist(new_id(rng), "Party, all of us", friend, collaborative=True), tracks[140:170]),
        (Playlist(new_id(rng), "What a friend hears", friend, public=True), tracks[200:230]),
        (Playlist(new_id(rng), "Mixed for you", platform, public=None), tracks[20:50]),
        (Playlist(new_id(rng), "Nothing yet", me), []),
    )
    for playlist, things in made:
        playlist.entries = [
            PlaylistEntry(thing, EPOCH - timedelta(hours=len(things) - place), playlist.owner)
            for place, thing in enumerate(things)
        ]
    return [playlist for playlist, _ in made]
