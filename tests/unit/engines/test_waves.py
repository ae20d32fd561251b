"""Waves: how much of a job's results is asked of a cluster at once, so that the driver's memory does not grow."""

from __future__ import annotations

import pickle
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from pipelines.parallel import even_spans

pytest.importorskip("pyspark", reason="the extra 'spark' is not installed")

from pipelines.engines import spark


class Recorded(spark.SparkEngine):
    """Does the spans of each wave here, and keeps how many there were."""

    def __init__(self, cores: int) -> None:
        super().__init__(SimpleNamespace(sparkContext=SimpleNamespace(defaultParallelism=cores)))
        self.waves: list[int] = []

    @contextmanager
    def _sent(self, shared):
        yield shared

    def _run(self, task, start, stop):
        self.waves.append(stop - start)
        for span in range(start, stop):
            yield pickle.dumps(task.work(task.shared, *task.bounds[span : span + 2]))


def heavy(size, start, stop):
    return bytes(size * (stop - start))


@pytest.mark.parametrize(
    ("size", "waves"),
    [
        # A span makes some 1,000 bytes: ten fit a wave of ten thousand.
        (900, [4, 10, 10, 10, 6]),
        # Of light ones a fifth of all spans, but no less than sixteen for each core: the job has to pay.
        (1, [4, 32, 4]),
        # One that is heavier than a wave by itself: as many as there are cores.
        (20_000, [4, *[2] * 18]),
    ],
    ids=["by weight", "light", "heavy"],
)
def test_the_first_wave_is_small_and_the_next_ones_are_as_large_as_results_allow(monkeypatch, size, waves):
    monkeypatch.setattr(spark, "_BYTES_PER_WAVE", 10_000)
    engine = Recorded(cores=2)
    assert [len(made) for made in engine.spread(heavy, size, even_spans(40, 1))] == [size] * 40
    assert engine.waves == waves
