"""Small worlds of listening whose right answers are known, for tests and contract checks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from pipelines.data.vocabulary import Vocabulary
from pipelines.features.dataset import Dataset
from pipelines.features.items import item_features
from pipelines.features.preferences import ratings
from pipelines.recommenders.base import TrainingData
from pipelines.sparse import empty

N_LISTENERS, N_TRACKS = 40, 12


def two_tastes(seed: int = 0) -> TrainingData:
    """Return a world of two tastes: even listeners play the first half of the tracks, odd ones the second.

    Each listener plays two thirds of the own half, once to nine times, and nothing of the other half.
    """
    dataset = two_tastes_dataset(seed)
    return TrainingData(dataset.histories, dataset.items)


def two_tastes_dataset(seed: int = 0) -> Dataset:
    """Return the same world as a data set, with a genre for each taste and two tracks an artist."""
    rng = np.random.default_rng(seed)
    half = N_TRACKS // 2
    plays = np.zeros((N_LISTENERS, N_TRACKS), dtype=np.float32)
    for listener in range(N_LISTENERS):
        own = np.arange(half) + half * (listener % 2)
        chosen = rng.permutation(own)[: half * 2 // 3]
        plays[listener, chosen] = rng.integers(1, 10, len(chosen))
    histories = sp.csr_array(plays)
    catalogue = catalogue_of(
        [f"t{number:02d}" for number in range(N_TRACKS)],
        artists=[[f"Artist {number // 2}"] for number in range(N_TRACKS)],
        genres=[["folk" if number < half else "techno"] for number in range(N_TRACKS)],
    )
    return Dataset(
        snapshot_id="two-tastes",
        users=Vocabulary.of(f"u{number:02d}" for number in range(N_LISTENERS)),
        tracks=Vocabulary.of(catalogue.data[c.TRACK_ID].to_pylist()),
        histories=histories,
        ratings=ratings(histories, empty(*histories.shape)),
        items=item_features(catalogue),
        catalogue=catalogue,
        left_out={},
    )


def catalogue_of(track_ids: list[str], **columns: list[object]) -> TrackCatalogue:
    """Return a catalogue with the given columns; the rest is missing."""
    n = len(track_ids)
    given: dict[str, list[object]] = {
        c.TRACK_ID: list(track_ids),
        c.TITLE: [f"Title of {track_id}" for track_id in track_ids],
        c.SOURCE: ["test"] * n,
        **columns,
    }
    return TrackCatalogue(
        pa.table({name: pa.array(values, type=c.TRACK_SCHEMA.field(name).type) for name, values in given.items()})
    )
