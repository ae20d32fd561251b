"""Speed as ratios in one run: ``make bench``. Nothing is judged here; the figures are printed."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.slim import Slim
from pipelines.testing.ease import DenseEase

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]


def long_tailed(n_listeners: int, n_tracks: int, plays_each: int, seed: int = 0) -> TrainingData:
    """Return histories whose tracks follow a Zipf law, drawn around one of fifty tastes for each listener."""
    rng = np.random.default_rng(seed)
    rank = np.arange(1, n_tracks + 1) ** -0.8
    taste_of_track, taste_of_listener = rng.integers(50, size=n_tracks), rng.integers(50, size=n_listeners)
    rows, columns = [], []
    for listener in range(n_listeners):
        weight = rank * np.where(taste_of_track == taste_of_listener[listener], 20.0, 1.0)
        columns.append(rng.choice(n_tracks, plays_each, replace=False, p=weight / weight.sum()))
        rows.append(np.full(plays_each, listener))
    places = (np.concatenate(rows), np.concatenate(columns))
    data = np.ones(len(places[0]), dtype=np.float32)
    return TrainingData(sp.csr_array(sp.coo_array((data, places), shape=(n_listeners, n_tracks))))


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


@pytest.mark.parametrize("n_tracks", [2_000, 6_000])
def test_slim_fits_faster_than_dense_ease(n_tracks):
    data = long_tailed(n_listeners=n_tracks, n_tracks=n_tracks, plays_each=25)
    slim, ease = seconds(lambda: Slim().fit(data)), seconds(lambda: DenseEase().fit(data))
    print(f"\n{n_tracks:,} tracks: SLIM-ridge {slim:.1f} s, dense EASE {ease:.1f} s, ratio {ease / slim:.1f}")
