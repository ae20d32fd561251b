"""Ids and names of everything in a synthetic world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.sources.synthetic.catalogue import Catalogue
from pipelines.sources.synthetic.genres import GENRES, PLACES
from pipelines.sources.synthetic.names import ARTISTS, TITLES, pick_names
from pipelines.sources.synthetic.world import Stream, generator

_ALBUM_TRACKS = 8


@dataclass(frozen=True)
class Labels:
    """The names in a world.

    Attributes:
        track_ids: One for each track.
        titles: One for each track, all different.
        albums: One for each track: the title of the first track on it.
        artists: One for each artist, all different.
        styles: One for each scene: what its kind of music is called.
        scenes: One for each scene, all different: the style and where it is played.
    """

    track_ids: pa.Array
    titles: np.ndarray
    albums: np.ndarray
    artists: np.ndarray
    styles: np.ndarray
    scenes: np.ndarray


def make_labels(seed: int, catalogue: Catalogue) -> Labels:
    """Name everything in a world."""
    rng = generator(seed, Stream.NAMES)
    titles = pick_names(TITLES, len(catalogue), rng)
    styles, scenes = _scene_names(catalogue.scene_genre)
    return Labels(
        track_ids=pa.array([f"synthetic:{number:06d}" for number in range(len(catalogue))]),
        titles=titles,
        albums=titles[_first_on_album(catalogue.artist)],
        artists=pick_names(ARTISTS, len(catalogue.artist_scene), rng),
        styles=styles,
        scenes=scenes,
    )


def listener_ids(first: int, count: int) -> pa.Array:
    """Return the ids of listeners by their numbers."""
    return pa.array([f"listener-{number:06d}" for number in range(first, first + count)])


def _scene_names(scene_genre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count the scenes of each genre through its styles, then through the places, then from 2 on."""
    styles, names = [], []
    for scene, genre in enumerate(scene_genre):
        number = scene - int(np.searchsorted(scene_genre, genre))
        around, style = divmod(number, len(GENRES[genre].styles))
        again, place = divmod(around, len(PLACES))
        styles.append(GENRES[genre].styles[style])
        names.append(f"{PLACES[place]} {styles[-1]}" + (f" {again + 1}" if again else ""))
    return np.array(styles, dtype=object), np.array(names, dtype=object)


def _first_on_album(artist: np.ndarray) -> np.ndarray:
    """Return for each track the first one of its album: an artist's tracks, cut into albums."""
    order = np.argsort(artist, kind="stable")
    ordered = artist[order]
    rank = np.arange(len(artist)) - np.searchsorted(ordered, ordered)
    first = np.empty_like(order)
    first[order] = order[np.arange(len(artist)) - rank % _ALBUM_TRACKS]
    return first
