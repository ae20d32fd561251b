"""Bundles as large as one likes, for measuring the service: random weights over an invented catalogue.

Nothing is trained. Sizes, shapes and the scatter of the memory that is touched are those of a real model; every track
has K neighbours anywhere in the catalogue, which is the worst case for caches.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from pipelines.data.vocabulary import Vocabulary
from pipelines.features.dataset import Dataset
from pipelines.recommenders.base import Recommender
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.release.bundle import ModelBundle, write_bundle

_SYLLABLES = [onset + vowel for onset in ("b", "d", "k", "l", "m", "n", "r", "s", "t", "v", "") for vowel in "aeiou"]
_GENRES = [f"genre {number}" for number in range(100)]
_TRACKS_EACH = 20


def write_large_bundle(
    folder: Path, n_tracks: int, *, neighbours: int = 50, n_listeners: int = 50_000, seed: int = 0
) -> ModelBundle:
    """Write a SLIM bundle with random weights under ``folder``.

    Args:
        folder: Where bundles live.
        n_tracks: Size of the catalogue.
        neighbours: K, entries in each row of the weights.
        n_listeners: Listeners, each with twenty tracks, popular ones far more often than others.
        seed: Seed of everything.
    """
    rng = np.random.default_rng(seed)
    catalogue = _catalogue(rng, n_tracks)
    histories = _histories(rng, n_listeners, n_tracks)
    model = Slim(SlimConfig(neighbours=neighbours)).keep(_weights(rng, n_tracks, neighbours))
    return _write(folder, model, histories, catalogue)


def write_bundle_of(folder: Path, model: Recommender, histories: sp.csr_array, *, seed: int = 0) -> ModelBundle:
    """Write the bundle of a fitted model over an invented catalogue under ``folder``.

    Args:
        folder: Where bundles live.
        model: The model.
        histories: What its listeners have played.
        seed: Seed of the catalogue.
    """
    return _write(folder, model, histories, _catalogue(np.random.default_rng(seed), histories.shape[1]))


def _write(folder: Path, model: Recommender, histories: sp.csr_array, catalogue: TrackCatalogue) -> ModelBundle:
    dataset = Dataset(
        snapshot_id="large",
        users=Vocabulary(np.array([f"user:{number:07d}" for number in range(histories.shape[0])], dtype=object)),
        tracks=Vocabulary(catalogue.data[c.TRACK_ID].to_numpy()),
        histories=histories,
        ratings=histories,
        items={},
        catalogue=catalogue,
        left_out={},
    )
    return write_bundle(folder, model, dataset, lineage={"snapshot_id": "large"}, figures={})


def _weights(rng: np.random.Generator, n_tracks: int, neighbours: int) -> sp.csr_array:
    """Return tracks x tracks with ``neighbours`` entries a row, in random places."""
    columns = np.sort(rng.integers(n_tracks, size=(n_tracks, neighbours), dtype=np.int32), axis=1).ravel()
    indptr = np.arange(0, n_tracks * neighbours + 1, neighbours, dtype=np.int64)
    data = rng.random(n_tracks * neighbours, dtype=np.float32)
    return sp.csr_array((data, columns, indptr), shape=(n_tracks, n_tracks))


def _histories(rng: np.random.Generator, n_listeners: int, n_tracks: int) -> sp.csr_array:
    tracks = np.minimum(n_tracks * rng.random((n_listeners, _TRACKS_EACH)) ** 4, n_tracks - 1).astype(np.int32)
    indptr = np.arange(0, tracks.size + 1, _TRACKS_EACH, dtype=np.int64)
    plays = rng.integers(1, 30, tracks.size).astype(np.float32)
    matrix = sp.csr_array((plays, np.sort(tracks, axis=1).ravel(), indptr), shape=(n_listeners, n_tracks))
    matrix.sum_duplicates()
    return matrix


def _catalogue(rng: np.random.Generator, n_tracks: int) -> TrackCatalogue:
    """Return tracks with titles, artists, albums, years, genres and, for four in five, audio features."""
    artists = _names(rng, max(2, n_tracks // 10), 2)
    made_by = rng.integers(len(artists), size=n_tracks)
    genre = rng.integers(len(_GENRES), size=n_tracks)
    measured = rng.random(n_tracks) < 0.8  # noqa: PLR2004 - a share of an invented world
    audio = np.where(measured, rng.random(n_tracks), np.nan).astype(np.float32)
    columns = {
        c.TRACK_ID: [f"large:{number:08d}" for number in range(n_tracks)],
        c.TITLE: _names(rng, n_tracks, 3),
        c.ARTISTS: [[artists[number]] for number in made_by.tolist()],
        c.ALBUM: [f"{artists[number]} live" for number in made_by.tolist()],
        c.DURATION_MS: rng.integers(90_000, 400_000, n_tracks),
        c.EXPLICIT: rng.random(n_tracks) < 0.1,  # noqa: PLR2004 - likewise
        c.RELEASE_DATE: [str(year) for year in rng.integers(1960, 2026, n_tracks).tolist()],
        c.GENRES: [[_GENRES[number]] for number in genre.tolist()],
        c.ENERGY: pa.array(audio, from_pandas=True),
        c.SOURCE: ["large"] * n_tracks,
    }
    return TrackCatalogue(pa.table(columns))


def _names(rng: np.random.Generator, n: int, most_words: int) -> list[str]:
    """Return names of one to ``most_words`` invented words, some words far more often than others."""
    n_words = max(50, n // 5)
    syllables = rng.integers(len(_SYLLABLES), size=(n_words, 4))
    lengths = rng.integers(2, 5, n_words)
    words = [
        "".join(_SYLLABLES[each] for each in row[:length])
        for row, length in zip(syllables.tolist(), lengths.tolist(), strict=True)
    ]
    drawn = (n_words * rng.random((n, most_words)) ** 3).astype(np.int64)
    counts = rng.integers(1, most_words + 1, n)
    return [
        " ".join(words[each] for each in row[:count]).title()
        for row, count in zip(drawn.tolist(), counts.tolist(), strict=True)
    ]
