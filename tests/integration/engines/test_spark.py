"""Spark does what the cores of one machine do, to the same numbers, and survives the loss of a machine."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from pipelines.config import PreferenceRules
from pipelines.data.permissions import NOTHING_AGREED
from pipelines.data.snapshot import Snapshot
from pipelines.errors import SnapshotError
from pipelines.features.listening import listening
from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.spreading import at_work
from pipelines.testing.long_tail import long_tailed

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def fitted(engine, data: TrainingData, neighbours: int = 30) -> Slim:
    with at_work(engine):
        return Slim(SlimConfig(neighbours=neighbours)).fit(data)


def assert_same_model(here: Slim, there: Slim, data: TrainingData) -> None:
    assert here.arrays().keys() == there.arrays().keys()
    difference = abs(here.weights - there.weights)
    assert here.weights.nnz > 0
    assert difference.max() <= 1e-5
    lists, others = (model.recommend(data.histories[:200], 20) for model in (here, there))
    np.testing.assert_array_equal(lists.indices, others.indices)


@pytest.mark.parametrize("tracks", [800, 6_000], ids=["whole Gram matrix", "truncated Gram matrix"])
def test_slim_is_the_same_model_and_serves_the_same_lists(cluster, tracks):
    data = TrainingData(long_tailed(tracks, tracks // 2, 10 * tracks))
    here = Slim(SlimConfig(neighbours=30)).fit(data)
    there = fitted(cluster, data)
    assert_same_model(here, there, data)


def executors() -> list[int]:
    """The processes of the cluster's executors that this process's Java started."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            command = (folder / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if b"CoarseGrainedExecutorBackend" in command and os.environ["PYTEST_SPARK_APP"].encode() in command:
            found.append(int(folder.name))
    return found


@pytest.fixture
def application(cluster, monkeypatch) -> str:
    name = str(cluster.session.sparkContext.applicationId)
    monkeypatch.setenv("PYTEST_SPARK_APP", name)
    return name


def test_a_machine_lost_in_the_middle_of_a_fit_changes_nothing(cluster, application):
    data = TrainingData(long_tailed(6_000, 3_000, 60_000, seed=1))
    here = Slim(SlimConfig(neighbours=100)).fit(data)
    tracker = cluster.session.sparkContext.statusTracker()
    victims = executors()
    assert len(victims) == 2
    killed: list[int] = []

    def kill() -> None:
        while not killed:
            running = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
            if any(stage and stage.numActiveTasks > 0 and stage.numCompletedTasks > 0 for stage in running):
                os.kill(victims[0], signal.SIGKILL)
                killed.append(victims[0])
            time.sleep(0.02)

    killer = Thread(target=kill, daemon=True)
    killer.start()
    there = fitted(cluster, data, neighbours=100)
    killer.join(timeout=10)
    assert killed
    assert victims[0] not in executors()
    assert_same_model(here, there, data)


def test_an_error_of_the_work_reaches_whoever_asked_as_it_is(cluster, tmp_path):
    gone = Snapshot(tmp_path, {"parts": [part(0, 128), part(128, 256)], "files": {}, "provenance": []})
    with at_work(cluster), pytest.raises(SnapshotError, match="missing or was changed") as raised:
        listening(gone, PreferenceRules(), NOTHING_AGREED)
    assert raised.value.where == str(tmp_path)
    assert raised.value.remedy.startswith("Put it back")


def part(start: int, stop: int) -> dict[str, object]:
    return {"file": f"{start}.parquet", "buckets": [start, stop], "rows": 1, "digests": {}, "watermarks": []}


def test_nothing_but_the_loopback_is_listened_on(cluster, application):
    conf = dict(cluster.session.sparkContext.getConf().getAll())
    assert conf["spark.driver.host"] == conf["spark.driver.bindAddress"] == "127.0.0.1"
    assert conf["spark.ui.enabled"] == "false"
