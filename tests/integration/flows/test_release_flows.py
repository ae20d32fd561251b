"""Promotion and rollback: the pointer, the alias, refusals, and what a crash between two steps leaves behind."""

from __future__ import annotations

import shutil

import pytest
from mlflow import MlflowClient

from flows.promoting import promote, reconcile, rollback
from flows.registry import Registry
from flows.settings import load_settings
from flows.training import train
from pipelines.errors import ReleaseError
from pipelines.home import Home
from pipelines.release.champion import read_champion, set_champion
from tests.support.lifecycles import TRAINING, environment, small_settings

pytestmark = pytest.mark.integration

#: Another recipe: the same data give another bundle.
OTHER = TRAINING.replace("neighbours = 20", "neighbours = 10")


@pytest.fixture(scope="module")
def retrained_world(world, tmp_path_factory):
    """A copy of the world after a second training with another recipe, and that training."""
    folder = tmp_path_factory.mktemp("retrained")
    shutil.copytree(world.home.root, folder / "home")
    with environment(**small_settings(folder / "config", folder / "home", training=OTHER)):
        record = train().record
    return folder / "home", record


@pytest.fixture
def home(world, tmp_path, monkeypatch) -> Home:
    """A copy of the world that a test may change, MLflow's store included."""
    return copied(world.home.root, world, tmp_path, monkeypatch)


@pytest.fixture
def retrained(world, retrained_world, tmp_path, monkeypatch):
    """A copy of the retrained world, and its last training; the champion is still the first one."""
    folder, record = retrained_world
    return copied(folder, world, tmp_path, monkeypatch), record


def copied(folder, world, tmp_path, monkeypatch) -> Home:
    for name, value in world.variables.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(folder, tmp_path / "home")
    monkeypatch.setenv("CROSSFADE_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def alias():
    return Registry(load_settings().settings.tracking_uri).champion()


def version(number):
    uri = load_settings().settings.tracking_uri
    return MlflowClient(uri, registry_uri=uri).get_model_version("crossfade", number)


def test_the_champion_itself_is_refused_and_stays(home, world):
    before = read_champion(home)
    summary = promote()
    assert not summary.decision.promote
    assert "is the champion already" in summary.decision.reason
    assert read_champion(home) == before
    judged = version(world.trained.record.model_version)
    assert judged.tags["decision"] == "refused"
    assert judged.description.startswith("**Refused**")
    assert alias() == world.trained.record.model_version


def test_another_recipe_makes_another_bundle(world, retrained_world):
    assert retrained_world[1].bundle_id != world.trained.record.bundle_id


def test_a_new_champion_moves_pointer_and_alias_and_the_old_one_stays_ready(world, retrained):
    home, record = retrained
    before = read_champion(home)
    summary = promote()
    assert summary.decision.promote, summary.decision.reason
    assert (summary.champion.bundle_id, summary.champion.previous) == (record.bundle_id, before.bundle_id)
    assert alias() == record.model_version != world.trained.record.model_version


def test_rollback_moves_pointer_and_alias_back(world, retrained):
    home, record = retrained
    before = read_champion(home)
    promote()
    champion = rollback("complaints")
    assert (champion.bundle_id, champion.previous, champion.reason) == (
        before.bundle_id,
        record.bundle_id,
        "complaints",
    )
    assert alias() == world.trained.record.model_version


def test_without_a_previous_champion_there_is_nothing_to_roll_back_to(home):
    before = read_champion(home)
    with pytest.raises(ReleaseError, match="there is no previous champion to go back to"):
        rollback()
    assert read_champion(home) == before


def test_a_crash_between_pointer_and_alias_is_mended_by_the_next_step(world, retrained):
    home, record = retrained
    set_champion(home, record.bundle_id, "and then the power failed")
    assert alias() == world.trained.record.model_version
    assert reconcile.fn(load_settings().settings)["champion"] == record.model_version == alias()


def test_a_champion_whose_bundle_is_gone_is_no_reason_to_refuse_a_new_one(retrained):
    home, record = retrained
    shutil.rmtree(home.bundles / read_champion(home).bundle_id)
    summary = promote()
    assert summary.decision.champion is None
    assert summary.decision.promote
    assert summary.champion.bundle_id == record.bundle_id


def test_training_again_takes_the_kept_measurements_and_makes_the_same_bundle(home, world):
    again = train().record
    assert again.bundle_id == world.trained.record.bundle_id
    assert again.training_id != world.trained.record.training_id
    states = task_states(again.snapshot_id)
    assert set(states.values()) == {"Cached"}
    assert len(states) == 12


def task_states(snapshot_id):
    """Return the state of each measurement of the newest training on a snapshot."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.sorting import FlowRunSort

    with get_client(sync_client=True) as client:
        wanted = FlowRunFilter(name={"like_": "train on the latest snapshot"})
        newest = client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.START_TIME_DESC, limit=1)[0]
        tasks = client.read_task_runs(flow_run_filter=FlowRunFilter(id={"any_": [newest.id]}))
    return {task.name: task.state_name for task in tasks if "·" in task.name}
