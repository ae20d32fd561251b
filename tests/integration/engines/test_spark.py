"""Spark does what the cores of one machine do, to the same numbers, and survives the loss of a machine."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from pipelines.config import EvaluationRules, PreferenceRules
from pipelines.data.permissions import NOTHING_AGREED
from pipelines.data.snapshot import Snapshot
from pipelines.errors import SnapshotError
from pipelines.evaluation.metrics import ranking_metrics
from pipelines.evaluation.splitting import unseen_users
from pipelines.features.listening import listening
from pipelines.parallel import at_work
from pipelines.recommenders.als import ALS, ALSConfig
from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.popularity import Popularity
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.release import batch
from pipelines.release.bundle import write_bundle
from pipelines.testing.long_tail import long_tailed
from pipelines.testing.worlds import two_tastes_dataset

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


def test_als_of_spark_is_the_model_the_bundle_knows_and_as_good(cluster):
    histories = long_tailed(400, 400, 12_000, seed=2)
    split = next(iter(unseen_users(histories, EvaluationRules(folds=4))))
    config = ALSConfig(factors=16, epochs=8)
    here = ALS(config).fit(TrainingData(split.train))
    with at_work(cluster):
        there = ALS(config).fit(TrainingData(split.train))
    assert there.arrays()["factors"].shape == (400, 16)

    def accuracy(model: ALS | Popularity) -> float:
        lists = model.recommend(split.given, 10).indices
        return float(ranking_metrics(lists, split.held_out, (10,))["ndcg@10"].mean())

    assert accuracy(there) > 0.8 * accuracy(here)
    assert accuracy(there) > 1.2 * accuracy(Popularity().fit(TrainingData(split.train)))


def test_lists_for_many_are_the_same(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_HISTORIES_AT_ONCE", 7)
    dataset = two_tastes_dataset()
    model = Slim(SlimConfig(neighbours=5)).fit(TrainingData(dataset.histories))
    bundle = write_bundle(tmp_path, model, dataset, lineage={}, figures={})
    everybody = batch.Histories.of_bundle(bundle)
    here = batch.recommend_table(bundle, everybody, 10)
    with at_work(cluster):
        there = batch.recommend_table(bundle, everybody, 10)
    assert here.num_rows > len(everybody.users)
    assert there.equals(here)
