"""The tracks of a synthetic world: who made them, in which scene, when, how they sound, and how much they draw.

A scene is a handful of artists that are liked by the same people. Scenes stand on a circle: those beside each other are
related, and each has one friend elsewhere that no tag tells of, so that there is something only listening can teach.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sources.synthetic.genres import GENRES, RANGES, SPREAD
from pipelines.sources.synthetic.world import DAY_US, END_US, START_US, Stream, WorldSize, generator

_FEWEST_SCENES = 8
_TRACKS_PER_SCENE = 75
_TRACKS_PER_ARTIST = 10
_IN_A_RELATED_SCENE = 0.15
_GUESTS = 0.08
_NEW = 0.10
_COLD = 0.04
_COLD_DAYS = 30
_NEVER_PLAYED = 0.5
_EXPONENT = 0.85
_NO_SOUND = 0.06
_NO_VALUE = 0.01
_OLDEST_DAY = -13 * 365  # 1957
_MEASURED = len(SPREAD)


@dataclass(frozen=True)
class Shelves:
    """Tracks in groups, to draw from by appeal.

    Attributes:
        tracks: All tracks, group by group.
        first: Where each group begins in ``tracks``; one more entry than groups.
        cumulative: Cumulative appeal in the order of ``tracks``, beginning with 0.
    """

    tracks: np.ndarray
    first: np.ndarray
    cumulative: np.ndarray

    @classmethod
    def of(cls, group: np.ndarray, groups: int, appeal: np.ndarray) -> Shelves:
        """Sort tracks by their group."""
        tracks = np.argsort(group, kind="stable")
        first = np.searchsorted(group[tracks], np.arange(groups + 1))
        return cls(tracks, first, np.concatenate([[0.0], np.cumsum(appeal[tracks])]))

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self.first) - 1

    def appeals(self) -> np.ndarray:
        """Return the sum of each group's appeal."""
        return np.asarray(np.diff(self.cumulative[self.first]))

    def draw(self, groups: np.ndarray, chances: np.ndarray) -> np.ndarray:
        """Return one track from each of the given groups; the chances are in [0, 1)."""
        low, high = self.cumulative[self.first[groups]], self.cumulative[self.first[groups + 1]]
        position = np.searchsorted(self.cumulative, low + chances * (high - low), side="right") - 1
        return np.asarray(self.tracks[np.clip(position, self.first[groups], self.first[groups + 1] - 1)])


@dataclass(frozen=True)
class Catalogue:
    """All tracks, as arrays with one entry a track unless said otherwise.

    Attributes:
        scene_genre: Genre of each scene.
        related: Scenes x 3: the two neighbours of each scene and its friend.
        artist_scene: Scene of each artist.
        artist: The artist.
        guest: A second artist, -1 where there is none.
        scene: The scene.
        released: Time of release in microseconds since 1970.
        appeal: How strongly it draws listeners of its scene; 0: nobody ever plays it.
        cold: Whether it came out too late to have been played more than a few times.
        sound: Tracks x 9 audio features, NaN where missing.
        duration_ms: Length.
        scenes: The tracks of each scene, to draw from. The first track of the world that is in scene s is track s.
        artists: The tracks of each artist, to draw from. The first track of artist a is track a.
    """

    scene_genre: np.ndarray
    related: np.ndarray
    artist_scene: np.ndarray
    artist: np.ndarray
    guest: np.ndarray
    scene: np.ndarray
    released: np.ndarray
    appeal: np.ndarray
    cold: np.ndarray
    sound: np.ndarray
    duration_ms: np.ndarray
    scenes: Shelves
    artists: Shelves

    def __len__(self) -> int:
        """Return the number of tracks."""
        return len(self.artist)


def make_catalogue(seed: int, size: WorldSize) -> Catalogue:
    """Make the tracks of a world."""
    rng = generator(seed, Stream.CATALOGUE)
    scenes = max(_FEWEST_SCENES, size.tracks // _TRACKS_PER_SCENE)
    artists = max(scenes, size.tracks // _TRACKS_PER_ARTIST)
    artist_scene = np.arange(artists) % scenes
    related = _related_scenes(scenes, rng)
    artist, scene = _assign(size.tracks, artist_scene, related, rng)
    scene_genre = np.arange(scenes) * len(GENRES) // scenes
    cold = np.zeros(size.tracks, dtype=bool)
    # The first track of each artist is never cold: every scene has something to play from the first day.
    cold[rng.choice(np.arange(artists, size.tracks), max(2, int(_COLD * size.tracks)), replace=False)] = True
    released = _release_times(scene_genre[scene], cold, artists, rng)
    appeal = _appeal(size.tracks, cold, rng)
    return Catalogue(
        scene_genre=scene_genre,
        related=related,
        artist_scene=artist_scene,
        artist=artist,
        guest=_guests(artist, artist_scene, scenes, rng),
        scene=scene,
        released=released,
        appeal=appeal,
        cold=cold,
        sound=_sound(seed, scene_genre, scene, artist),
        duration_ms=np.clip(rng.normal(222_000, 52_000, size.tracks), 58_000, 720_000).astype(np.int64),
        scenes=Shelves.of(scene, scenes, appeal),
        artists=Shelves.of(artist, artists, appeal),
    )


def _related_scenes(scenes: int, rng: np.random.Generator) -> np.ndarray:
    here = np.arange(scenes)
    shuffled = rng.permutation(scenes)
    friend = np.empty(scenes, dtype=np.int64)
    friend[shuffled] = np.roll(shuffled, 1)
    return np.stack([(here - 1) % scenes, (here + 1) % scenes, friend], axis=1)


def _assign(
    tracks: int, artist_scene: np.ndarray, related: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Give each track an artist and a scene: mostly the artist's own, sometimes a related one."""
    artists = len(artist_scene)
    productivity = rng.lognormal(0.0, 0.6, artists)
    more = rng.choice(artists, tracks - artists, p=productivity / productivity.sum())
    artist = np.concatenate([np.arange(artists), more])
    scene = artist_scene[artist]
    away = (rng.random(tracks) < _IN_A_RELATED_SCENE) & (np.arange(tracks) >= artists)
    return artist, np.where(away, related[scene, rng.integers(0, 2, tracks)], scene)


def _release_times(genre: np.ndarray, cold: np.ndarray, artists: int, rng: np.random.Generator) -> np.ndarray:
    """Most tracks are older than the world's two years, some come out in them, the cold ones in the last days."""
    tracks = len(genre)
    years = np.array([entry.year for entry in GENRES])[genre] + rng.normal(0.0, 8.0, tracks)
    old = np.minimum((years - 1970) * 365.25, START_US / DAY_US - 1 - rng.random(tracks) * 400)
    days = np.maximum(old, _OLDEST_DAY + rng.random(tracks) * 365)
    new = (rng.random(tracks) < _NEW) & (np.arange(tracks) >= artists)
    days = np.where(new, START_US / DAY_US + rng.random(tracks) * (END_US - START_US) / DAY_US, days)
    days = np.where(cold, END_US / DAY_US - 1 - rng.random(tracks) * _COLD_DAYS, days)
    return np.asarray(np.floor(days).astype(np.int64) * DAY_US)


def _appeal(tracks: int, cold: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Zipf's law over a random ranking."""
    appeal = (rng.permutation(tracks) + 3.0) ** -_EXPONENT
    appeal[cold & (rng.random(tracks) < _NEVER_PLAYED)] = 0.0
    return np.asarray(appeal / appeal.sum())


def artists_of(scene: np.ndarray, artists: int, scenes: int, rng: np.random.Generator) -> np.ndarray:
    """Return a random artist of each scene; artist a is of scene a modulo the number of scenes."""
    in_scene = (artists - scene - 1) // scenes + 1
    return np.asarray(scene + rng.integers(0, in_scene) * scenes)


def _guests(artist: np.ndarray, artist_scene: np.ndarray, scenes: int, rng: np.random.Generator) -> np.ndarray:
    """Some tracks have a second artist of the first one's scene."""
    guest = artists_of(artist_scene[artist], len(artist_scene), scenes, rng)
    return np.asarray(np.where((rng.random(len(artist)) < _GUESTS) & (guest != artist), guest, -1))


def _sound(seed: int, scene_genre: np.ndarray, scene: np.ndarray, artist: np.ndarray) -> np.ndarray:
    """Draw audio features around genre, scene and artist; some tracks have none, some lack one."""
    rng = generator(seed, Stream.SOUND)
    means = np.array([entry.sound for entry in GENRES])[scene_genre[scene]]
    noise = (
        0.5 * rng.normal(size=(len(scene_genre), _MEASURED))[scene]
        + 0.5 * rng.normal(size=(artist.max() + 1, _MEASURED))[artist]
        + 0.7 * rng.normal(size=(len(artist), _MEASURED))
    )
    low, high = np.array(RANGES).T
    sound = np.clip(means + noise * np.array(SPREAD), low, high)
    sound[rng.random(len(artist)) < _NO_SOUND] = np.nan
    sound[rng.random(sound.shape) < _NO_VALUE] = np.nan
    return np.asarray(sound)
