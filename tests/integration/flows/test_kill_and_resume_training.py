"""A training, or a promotion, that is killed at any task or inside one and started again ends as if it had not been."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mlflow import MlflowClient

from flows.latest import read_training
from flows.leftovers import leftovers
from flows.promoting import promote
from flows.registry import MODEL, Registry
from flows.settings import Settings, load_settings
from pipelines.release.champion import champion_bundle, read_champion
from tests.support.refreshes import at, copied

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]

#: Where a training is killed, by what it was about to do.
TRAINING_STAGES = {
    "build the matrices": "flows.matrices:build_dataset",
    "open the run": "flows.tracking:TrainingRun.start",
    "measure the third of four": "flows.training:evaluate#3",
    "compare": "flows.training:build_reports",
    "draw the curves": "flows.learning:learning_curve#2",
    "measure the champion": "flows.stand_in:measure_stand_in#2",
    "fit": "flows.bundling:fit_final",
    "try the behaviour": "flows.bundling:check_behaviour",
    "publish the bundle": "pipelines.release.bundle:stamp",
    "register": "flows.registry:Registry._ensure_model",
    "keep the reports": "flows.bundling:save_segments",
    "keep the record": "flows.bundling:save_training",
    "close the run": "flows.tracking:TrainingRun.finish",
}
#: MLflow believes that the run goes on, once it is open.
MLFLOW_WAITS = set(TRAINING_STAGES) - {"build the matrices", "open the run"}
PROMOTION_STAGES = {
    "judge": "flows.promoting:evidence_about",
    "write down": "flows.promoting:write_text",
    "write on the version": "flows.registry:Registry.describe",
    "move the champion": "pipelines.release.moves:_write",
    "write the log": "pipelines.release.moves:append_event#2",
    "move the aliases": "flows.registry:Registry.follow",
}
_TOMORROW = timedelta(hours=25)


@pytest.fixture(scope="module")
def undisturbed(trained, refreshing, tmp_path_factory):
    """The home of ``trained`` after a promotion that nobody killed."""
    home = copied(trained, tmp_path_factory.mktemp("undisturbed"))
    with at(home.root, refreshing):
        decision = promote().decision
    assert decision.promote, decision.reason
    assert "refreshes the champion" in {rule.name for rule in decision.rules}
    return home


@pytest.mark.parametrize("stage", TRAINING_STAGES)
def test_a_killed_training_ends_the_same_when_it_is_run_again(
    fed, undisturbed, refreshing, in_processes, tmp_path, stage
):
    home = copied(fed, tmp_path)
    champion = read_champion(home)
    with at(home.root, refreshing):
        (ended,), said = in_processes(["train"], killed_by=TRAINING_STAGES[stage])
        assert ended == -signal.SIGKILL, said
        assert read_champion(home) == champion, "a training moves nothing"
        kept = len(list((home.prefect / "storage").glob("[0-9a-f]*")))
        told = {left.what: left.words for left in leftovers(load_settings().settings, datetime.now(UTC) + _TOMORROW)}
        (ended,), said = in_processes(["train"])
        assert ended == 0, said
        settings = load_settings().settings
        record, wanted = read_training(home), read_training(undisturbed)
        assert (record.bundle_id, record.winner) == (wanted.bundle_id, wanted.winner)
        assert cached_measurements() == min(kept, 6), "what was finished was not done again"
        assert ("MLflow runs" in told) == (stage in MLFLOW_WAITS)
        assert ("unfinished files" in told) == (stage == "publish the bundle")
        assert_consistent(settings)


@pytest.mark.parametrize("stage", PROMOTION_STAGES)
def test_a_killed_promotion_ends_the_same_when_it_is_run_again(
    trained, undisturbed, refreshing, in_processes, tmp_path, stage
):
    home = copied(trained, tmp_path)
    before, after = read_champion(home).bundle_id, read_champion(undisturbed).bundle_id
    with at(home.root, refreshing):
        (ended,), said = in_processes(["promote"], killed_by=PROMOTION_STAGES[stage])
        assert ended == -signal.SIGKILL, said
        moved = stage in {"write the log", "move the aliases"}
        assert read_champion(home).bundle_id == (after if moved else before), "the old state or the new one"
        assert champion_bundle(home).bundle_id
        (ended,), said = in_processes(["promote"])
        # Where it is the champion already, there is nothing to promote, and the status says so.
        assert ended == (1 if moved else 0), said
        assert read_champion(home).bundle_id == after
        assert_consistent(load_settings().settings)


def cached_measurements() -> int:
    """Return how many measurements of the last training were taken from where they are kept."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.sorting import FlowRunSort

    with get_client(sync_client=True) as client:
        wanted = FlowRunFilter(name={"like_": "train on the latest snapshot"})
        newest = client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.START_TIME_DESC, limit=1)[0]
        assert newest.state_name == "Completed"
        tasks = client.read_task_runs(flow_run_filter=FlowRunFilter(id={"any_": [newest.id]}))
    return sum(task.state_name == "Cached" for task in tasks if "·" in task.name)


def assert_consistent(settings: Settings) -> None:
    """Nothing is left that the doctor cannot mend; every version has a bundle, and the aliases follow the release."""
    later = datetime.now(UTC) + _TOMORROW
    for left in leftovers(settings, later):
        assert left.mend is not None, left.words
        left.mend()
    assert leftovers(settings, later) == ()
    client = MlflowClient(settings.tracking_uri, registry_uri=settings.tracking_uri)
    bundles = {str(each.version): each.tags["bundle"] for each in client.search_model_versions(f"name = '{MODEL}'")}
    assert all((settings.layout.bundles / bundle).is_dir() for bundle in bundles.values())
    champion = Registry(settings.tracking_uri).champion()
    assert champion is not None
    assert bundles[champion] == read_champion(settings.layout).bundle_id


def test_prefect_is_told_of_the_killed_runs(fed, refreshing, in_processes, tmp_path):
    home = copied(fed, tmp_path)
    with at(home.root, refreshing):
        (ended,), said = in_processes(["train"], killed_by=TRAINING_STAGES["build the matrices"])
        assert ended == -signal.SIGKILL, said
    server = Settings(home=Path(os.environ["PREFECT_HOME"]).parent)
    later = datetime.now(UTC) + _TOMORROW

    def running():
        return [left for left in leftovers(server, later) if left.what == "Prefect runs"]

    (found,) = running()
    assert "killed" in found.words
    found.mend()
    assert running() == []
