"""The same training and the same lists on a Dask cluster of two worker processes: equal to the last bit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

from flows import runners
from flows.batch import batch
from flows.latest import read_training
from flows.runners import spread
from flows.settings import Settings
from flows.training import train
from pipelines.environment import variables_set
from pipelines.errors import ConfigError, ServiceError
from pipelines.evaluation.report import load_reports
from pipelines.home import Home

distributed = pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def cluster():
    """Two workers, a process each, as 'dask worker' starts them."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1"
    ) as local:
        yield local


@pytest.fixture(scope="module")
def home(world, cluster, prefect_api, tmp_path_factory):
    """A copy of the world whose settings name the cluster, and where nothing measured is kept."""
    root = tmp_path_factory.mktemp("clustered")
    shutil.copytree(world.home.root, root / "home")
    variables = world.variables | {
        "CROSSFADE_HOME": str(root / "home"),
        "CROSSFADE_DASK_ADDRESS": cluster.scheduler_address,
    }
    with variables_set(variables), temporary_settings({PREFECT_LOCAL_STORAGE_PATH: root / "measured"}):
        yield Home(root / "home")


def workers_of(stream):
    return {task["worker"] for task in stream.data}


def test_a_training_on_two_workers_measures_what_a_local_one_does(home, world, cluster):
    with distributed.Client(cluster, set_as_default=False) as client, distributed.get_task_stream(client) as stream:
        spread_out = train(world.trained.record.snapshot_id)
    folds = 3 * 2 * 2  # candidates, folds, protocols
    assert len(stream.data) == folds
    assert len(workers_of(stream)) == 2, "both workers measured"
    assert spread_out.record.bundle_id == world.trained.record.bundle_id
    local = load_reports(read_training(world.home).folder(world.home))
    there = load_reports(spread_out.record.folder(home))
    assert len(there) == len(local) > 0
    for one, two in zip(local, there, strict=True):
        assert (one.candidate, one.protocol, one.params) == (two.candidate, two.protocol, two.params)
        pd.testing.assert_frame_equal(one.users, two.users, check_exact=True)


def test_lists_made_by_two_workers_are_the_local_bytes(home, world, cluster):
    with distributed.Client(cluster, set_as_default=False) as client, distributed.get_task_stream(client) as stream:
        spread_out = batch(k=5, shards=4)
    assert len(stream.data) == 4
    with variables_set({"CROSSFADE_DASK_ADDRESS": ""}):
        local = batch(k=5, shards=4, out=home.root / "local")
    assert local.made == spread_out.made == 4
    assert local.manifest["shards"] == spread_out.manifest["shards"]


def test_a_cluster_that_cannot_help_says_why(home, cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(runners, "_CONNECT_SECONDS", 1)

    def enter(address, needed=home.root):
        with spread(Settings(dask_address=address), Path(needed), forget=tuple):
            pytest.fail("it was let in")

    with pytest.raises(ServiceError, match=r"the Dask scheduler does not answer.*dask scheduler"):
        enter("tcp://127.0.0.1:9")
    with pytest.raises(ConfigError, match=r"2 workers do not see .*file system that all of them mount"):
        enter(cluster.scheduler_address, tmp_path / "not there")
