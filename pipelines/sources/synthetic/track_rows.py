"""The catalogue of a synthetic world as rows of the track table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.data import columns as c
from pipelines.sources.synthetic.catalogue import Catalogue
from pipelines.sources.synthetic.dirt import TRACK_FAULTS
from pipelines.sources.synthetic.genres import GENRES
from pipelines.sources.synthetic.labels import Labels
from pipelines.sources.synthetic.world import Stream, generator

_EXACT_DATES_FROM = np.datetime64("1975-01-01")
_EXPLICIT = {"hip hop": 0.40, "punk": 0.15}
_RARELY_EXPLICIT = 0.03
_METRES, _METRE_CHANCES = (4, 3, 5), (0.90, 0.08, 0.02)
#: How often a track has each of its possible tags (genre, style, scene, decade, a mistaken style), and how many
#: listeners gave it in comparison.
_TAG_CHANCES = np.array([0.85, 0.60, 0.45, 0.25, 0.05])
_TAG_SHARES = np.array([1.0, 0.6, 0.5, 0.3, 0.1])
_ONLY_YEAR_KNOWN = 0.5
_UNTAGGED = 0.12
_TAG_GIVERS = 20_000


def track_rows(seed: int, catalogue: Catalogue, labels: Labels, *, dirty: bool) -> pa.Table:
    """Return the track table.

    Args:
        seed: The world's seed.
        catalogue: The tracks.
        labels: Their names.
        dirty: Whether some cold tracks carry impossible values.
    """
    rng = generator(seed, Stream.TAGS)
    genre = catalogue.scene_genre[catalogue.scene]
    released = catalogue.released.astype("datetime64[us]").astype("datetime64[D]")
    tags, weights = _tags(catalogue, labels, released, rng)
    columns = {
        c.TRACK_ID: labels.track_ids,
        c.TITLE: pa.array(labels.titles, pa.string()),
        c.ARTISTS: _artists(catalogue, labels),
        c.ALBUM: pa.array(labels.albums, pa.string()),
        c.ISRC: _isrcs(released),
        c.DURATION_MS: catalogue.duration_ms.copy(),
        c.EXPLICIT: rng.random(len(genre)) < _of_genres(_EXPLICIT, _RARELY_EXPLICIT)[genre],
        **_release_dates(released, rng),
        c.GENRES: _ragged(np.array([entry.name for entry in GENRES], dtype=object)[genre][:, None]),
        c.TAGS: tags,
        c.TAG_WEIGHTS: weights,
        **_sound(catalogue, genre, rng),
    }
    if dirty:
        for track, (column, value) in zip(np.flatnonzero(catalogue.cold), TRACK_FAULTS, strict=False):
            columns[column][track] = value
    return pa.table(
        {name: pa.array(column, c.TRACK_SCHEMA.field(name).type, from_pandas=True) for name, column in columns.items()}
    )


def _ragged(values: np.ndarray, present: np.ndarray | None = None) -> pa.Array:
    """Return each row of a matrix as a list, without the entries that are not present."""
    present = np.ones(values.shape, dtype=bool) if present is None else present
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values[present]))


def _of_genres(chances: dict[str, float], otherwise: float) -> np.ndarray:
    return np.array([chances.get(entry.name, otherwise) for entry in GENRES])


def _artists(catalogue: Catalogue, labels: Labels) -> pa.Array:
    both = np.stack([catalogue.artist, catalogue.guest], axis=1)
    return _ragged(labels.artists[both], both >= 0)


def _isrcs(released: np.ndarray) -> pa.Array:
    """Return codes in the standard's form, of a country code that is free for private use."""
    years = pd.Series(released.astype("datetime64[Y]").astype(int) + 1970).mod(100)
    return pa.array([f"ZZX{n // 100_000:02d}{year:02d}{n % 100_000:05d}" for n, year in enumerate(years)])


def _release_dates(released: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Of old tracks often only the year is known."""
    vague = (released < _EXACT_DATES_FROM) & (rng.random(len(released)) < _ONLY_YEAR_KNOWN)
    days = np.datetime_as_string(released, "D").astype(object)
    years = np.datetime_as_string(released, "Y").astype(object)
    return {
        c.RELEASE_DATE: np.where(vague, years, days),
        c.RELEASE_PRECISION: np.where(vague, "year", "day").astype(object),
    }


def _tags(
    catalogue: Catalogue, labels: Labels, released: np.ndarray, rng: np.random.Generator
) -> tuple[pa.Array, pa.Array]:
    """Return tags, most given first, and how many listeners gave each; popular tracks are tagged by more."""
    tracks = len(catalogue)
    genre = catalogue.scene_genre[catalogue.scene]
    elsewhere = (genre + rng.integers(1, len(GENRES), tracks)) % len(GENRES)
    decades = released.astype("datetime64[Y]").astype(int) // 10 * 10 + 1970
    possible = np.stack(
        [
            np.array([entry.name for entry in GENRES], dtype=object)[genre],
            labels.styles[catalogue.scene],
            labels.scenes[catalogue.scene],
            np.array([f"{decade % 100:02d}s" for decade in decades], dtype=object),
            np.array([entry.styles[0] for entry in GENRES], dtype=object)[elsewhere],
        ],
        axis=1,
    )
    given = (rng.random(possible.shape) < _TAG_CHANCES) & (rng.random((tracks, 1)) >= _UNTAGGED)
    givers = 1 + np.floor(np.sqrt(catalogue.appeal[:, None]) * np.sqrt(_TAG_GIVERS) * _TAG_SHARES)
    return _ragged(possible, given), _ragged(givers.astype(np.float32), given)


def _sound(catalogue: Catalogue, genre: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the audio features, and key, mode and metre where there are any."""
    silent = np.isnan(catalogue.sound).all(axis=1)
    minor = np.array([entry.minor for entry in GENRES])[genre]
    marks = {
        c.KEY: rng.integers(0, 12, len(genre)),
        c.MODE: rng.random(len(genre)) >= minor,
        c.TIME_SIGNATURE: rng.choice(_METRES, len(genre), p=_METRE_CHANCES),
    }
    return {
        **{name: catalogue.sound[:, number].copy() for number, name in enumerate(c.AUDIO_FEATURES)},
        **{name: np.where(silent, np.nan, values) for name, values in marks.items()},
    }
