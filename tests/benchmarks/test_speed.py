"""Speed as ratios in one run: ``make bench``. Nothing is judged here; the figures are printed."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import pytest

from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.slim import Slim
from pipelines.testing.ease import DenseEase
from pipelines.testing.long_tail import long_tailed

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


@pytest.mark.parametrize("n_tracks", [2_000, 6_000])
def test_slim_fits_faster_than_dense_ease(n_tracks):
    data = TrainingData(long_tailed(n_tracks, n_listeners=n_tracks, plays=25 * n_tracks))
    slim, ease = seconds(lambda: Slim().fit(data)), seconds(lambda: DenseEase().fit(data))
    print(f"\n{n_tracks:,} tracks: SLIM-ridge {slim:.1f} s, dense EASE {ease:.1f} s, ratio {ease / slim:.1f}")
