"""The music there is: invented artists, albums and tracks, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import numpy as np

from pipelines.sources.synthetic.names import ARTISTS, TITLES, pick_names
from pipelines.testing.spotify_fake.ids import new_id, new_isrc, uri

_GENRES: Final = ("art pop", "dub", "folk rock", "jazz fusion", "shoegaze", "techno")
#: An album in three comes with a single before it: the same recording, so the same ISRC, under an id of its own.
_SINGLES: Final = 3
#: More titles than the albums and tracks of one artist can take.
_TITLES_AN_ARTIST: Final = 40


@dataclass(frozen=True)
class Artist:
    """Somebody who makes music; popularity is 0 to 100."""

    id: str
    name: str
    genres: tuple[str, ...]
    popularity: int
    followers: int


@dataclass(frozen=True)
class Album:
    """A release.

    Attributes:
        kind: "album" or "single".
        released: As precise as ``precision`` says: ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.
        precision: "year", "month" or "day".
    """

    id: str
    name: str
    kind: str
    artists: tuple[Artist, ...]
    released: str
    precision: str
    total_tracks: int
    popularity: int


@dataclass(frozen=True)
class Track:
    """A track; two tracks with one ISRC are one recording.

    Attributes:
        features: The audio features by name, with key, mode and time signature.
    """

    id: str
    name: str
    artists: tuple[Artist, ...]
    album: Album
    number: int
    duration_ms: int
    explicit: bool
    isrc: str
    popularity: int
    features: Mapping[str, float] = field(repr=False)

    @property
    def uri(self) -> str:
        """Its URI."""
        return uri("track", self.id)


@dataclass(frozen=True)
class Episode:
    """An episode of a podcast: what playlists hold besides tracks."""

    id: str
    name: str
    show: str
    show_id: str
    duration_ms: int
    released: str


@dataclass(frozen=True)
class Catalogue:
    """All music, each kind by id."""

    artists: Mapping[str, Artist]
    albums: Mapping[str, Album]
    tracks: Mapping[str, Track]
    episodes: Mapping[str, Episode]

    def on_album(self, album_id: str) -> list[Track]:
        """Return the tracks of an album in order."""
        return [track for track in self.tracks.values() if track.album.id == album_id]

    def by_artist(self, artist_id: str) -> list[Album]:
        """Return an artist's albums, the newest first."""
        own = [album for album in self.albums.values() if artist_id in {artist.id for artist in album.artists}]
        return sorted(own, key=lambda album: album.released, reverse=True)


@cache
def make_catalogue(seed: int, *, n_artists: int = 40) -> Catalogue:
    """Invent music: about two albums an artist and seven tracks an album. Nothing in it ever changes, so it is kept."""
    rng = np.random.default_rng([seed, 1])
    artists = [_artist(rng, str(name)) for name in pick_names(ARTISTS, n_artists, rng)]
    titles = iter(str(title) for title in pick_names(TITLES, n_artists * _TITLES_AN_ARTIST, rng))
    tracks: list[Track] = []
    for index, artist in enumerate(artists):
        for _ in range(int(rng.integers(1, 4))):
            guests = (artists[int(rng.integers(index + 1, len(artists)))],) if _chance(rng, index, n_artists) else ()
            tracks.extend(_release(rng, (artist, *guests), titles))
    episodes = [_episode(rng, str(next(titles)), str(next(titles))) for _ in range(3)]
    return Catalogue(
        artists={artist.id: artist for artist in artists},
        albums={track.album.id: track.album for track in tracks},
        tracks={track.id: track for track in tracks},
        episodes={episode.id: episode for episode in episodes},
    )


def _chance(rng: np.random.Generator, index: int, n_artists: int) -> bool:
    """Say whether an album has a guest on it; the last artist has nobody left to invite."""
    return index + 1 < n_artists and bool(rng.random() < 0.2)  # noqa: PLR2004 - a fifth


def _artist(rng: np.random.Generator, name: str) -> Artist:
    genres = tuple(str(genre) for genre in rng.choice(_GENRES, int(rng.integers(0, 3)), replace=False))
    return Artist(new_id(rng), name, genres, int(rng.integers(0, 101)), int(rng.integers(0, 500_000)))


def _release(rng: np.random.Generator, artists: tuple[Artist, ...], titles: Iterator[str]) -> Iterator[Track]:
    """Yield the tracks of an album, and of the single before it where there is one."""
    length = int(rng.integers(4, 11))
    album = _album(rng, next(titles), "album", artists[:1], length)
    tracks = [_track(rng, next(titles), artists if n == 1 else artists[:1], album, n) for n in range(1, length + 1)]
    yield from tracks
    if rng.integers(_SINGLES) == 0:
        hit = tracks[0]
        single = _album(rng, hit.name, "single", artists[:1], 1)
        yield replace(hit, id=new_id(rng), album=single, number=1)


def _album(rng: np.random.Generator, name: str, kind: str, artists: tuple[Artist, ...], length: int) -> Album:
    year, month, day = int(rng.integers(1965, 2026)), int(rng.integers(1, 13)), int(rng.integers(1, 29))
    precision = ("day", "day", "day", "month", "year")[rng.integers(5)]
    released = {"day": f"{year}-{month:02d}-{day:02d}", "month": f"{year}-{month:02d}", "year": f"{year}"}[precision]
    return Album(new_id(rng), name, kind, artists, released, precision, length, int(rng.integers(0, 101)))


def _track(rng: np.random.Generator, name: str, artists: tuple[Artist, ...], album: Album, number: int) -> Track:
    return Track(
        id=new_id(rng),
        name=name,
        artists=artists,
        album=album,
        number=number,
        duration_ms=int(rng.integers(90_000, 480_000)),
        explicit=bool(rng.random() < 0.1),  # noqa: PLR2004 - a tenth
        isrc=new_isrc(rng, int(album.released[:4])),
        popularity=int(rng.integers(0, 101)),
        features=_features(rng),
    )


def _features(rng: np.random.Generator) -> dict[str, float]:
    shares = ("acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness", "valence")
    return {
        **{name: round(float(rng.random()), 3) for name in shares},
        "loudness": round(float(rng.uniform(-30, 0)), 3),
        "tempo": round(float(rng.uniform(60, 200)), 3),
        "key": int(rng.integers(-1, 12)),
        "mode": int(rng.integers(2)),
        "time_signature": int(rng.integers(3, 6)),
    }


def _episode(rng: np.random.Generator, name: str, show: str) -> Episode:
    return Episode(new_id(rng), name, show, new_id(rng), int(rng.integers(1_200_000, 4_000_000)), "2026-05-04")
