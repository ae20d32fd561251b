"""One run of the whole loop: what it leaves in the home folder, in Prefect and in MLflow."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from flows.latest import latest_snapshot, read_training
from flows.tracking import EXPERIMENT
from pipelines.evaluation.behaviour import KEPT_CHECKS
from pipelines.evaluation.report import load_reports
from pipelines.release.bundle import read_bundle
from pipelines.release.champion import bundle_path, read_champion

pytestmark = pytest.mark.integration

CANDIDATES = {"popularity", "content", "hybrid"}
FOLDS = 2 * 2
#: A record says when it was made to the second.
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def mlflow(world):
    return MlflowClient(world.settings.tracking_uri, registry_uri=world.settings.tracking_uri)


@pytest.fixture(scope="module")
def runs(world, mlflow):
    """All MLflow runs of the training, by their level in the tree."""
    experiment = mlflow.get_experiment_by_name(EXPERIMENT)
    found = mlflow.search_runs([experiment.experiment_id], max_results=200)
    levels: dict[str, list[Any]] = {"training": [], "candidate": [], "fold": []}
    for run in found:
        levels[run.data.tags.get("level", "training")].append(run)
    return levels


@pytest.fixture(scope="module")
def recorded(world):
    """What Prefect knows about the lifecycle: its flow runs, task runs and artifacts."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, FlowRunFilter, TaskRunFilter

    with get_client(sync_client=True) as client:
        lifecycles = client.read_flow_runs(flow_run_filter=FlowRunFilter(name={"like_": "lifecycle of synthetic"}))
        # Other tests of this process may have had theirs.
        trained_at = datetime.fromisoformat(world.trained.record.created_at)
        (parent,) = [
            run
            for run in lifecycles
            if run.start_time and run.end_time and run.start_time - SECOND <= trained_at <= run.end_time
        ]
        family = client.read_flow_runs(flow_run_filter=FlowRunFilter(parent_flow_run_id={"any_": [parent.id]}))
        everyone = [parent.id, *(run.id for run in family)]
        tasks = client.read_task_runs(
            flow_run_filter=FlowRunFilter(id={"any_": everyone}), task_run_filter=TaskRunFilter()
        )
        chosen = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=everyone))
        artifacts = {each.key: each for each in client.read_artifacts(artifact_filter=chosen)}
    return {"flows": [parent, *family], "tasks": tasks, "artifacts": artifacts}


def test_the_snapshot_is_the_one_to_train_on(world):
    snapshot = latest_snapshot(world.home)
    assert snapshot.snapshot_id == world.ingested.snapshot_id == world.trained.record.snapshot_id
    assert len(snapshot.tables().interactions) == world.ingested.rows["interactions"] > 0


def test_the_winner_is_the_champion(world):
    champion = read_champion(world.home)
    assert world.promoted.decision.promote
    assert champion == world.promoted.champion
    assert champion.bundle_id == world.trained.record.bundle_id


def test_the_bundle_says_where_it_comes_from(world):
    lineage = read_bundle(bundle_path(world.home, world.trained.record.bundle_id)).manifest["lineage"]
    record = world.trained.record
    assert (lineage["snapshot_id"], lineage["config_hash"]) == (record.snapshot_id, record.config_hash)
    assert lineage["sources"] == ["synthetic"]


def test_the_training_is_kept_with_its_reports(world):
    record = read_training(world.home)
    assert record == world.trained.record
    reports = load_reports(record.folder(world.home))
    assert {(report.candidate, report.protocol) for report in reports} == {
        (candidate, protocol) for candidate in CANDIDATES for protocol in ("unseen-users", "holdout")
    }


def test_every_flow_has_a_name_a_person_can_read_and_is_completed(world, recorded):
    names = {run.name: run.state_name for run in recorded["flows"]}
    assert names == dict.fromkeys(
        [
            "lifecycle of synthetic: hybrid is promoted",
            f"ingest synthetic: {world.ingested.rows['interactions']:,} new interactions",
            f"train on {world.ingested.snapshot_id}: hybrid is best",
            "promote: hybrid is promoted",
        ],
        "Completed",
    )


def test_every_measurement_is_a_task_with_its_own_name(recorded):
    names = [run.name for run in recorded["tasks"] if "·" in run.name]
    assert sorted(names) == sorted(
        f"{candidate} · {protocol} · fold {fold + 1}"
        for candidate in CANDIDATES
        for protocol in ("unseen-users", "holdout")
        for fold in range(2)
    )


def test_the_artifacts_tell_the_story(world, recorded):
    artifacts = recorded["artifacts"]
    assert set(artifacts) == {
        "data-summary",
        "data-docs",
        "ingestion",
        "evaluation",
        "leaderboard",
        "learning-curve",
        "behaviour",
        "training-report",
        "promotion-decision",
    }
    assert artifacts["evaluation"].data == 100, "a bar, at its end"
    assert "The data passed" in artifacts["data-summary"].data
    assert world.ingested.docs in artifacts["data-docs"].data
    assert "| Hybrid SLIM | " in artifacts["leaderboard"].data
    assert "### Who beats whom" in artifacts["leaderboard"].data
    assert "of blocked tracks are shown nevertheless" in artifacts["behaviour"].data
    assert artifacts["promotion-decision"].data.startswith("**Promoted**")
    assert artifacts["behaviour"].data in artifacts["promotion-decision"].data


def test_the_page_is_beside_the_reports_in_mlflow_and_linked_from_prefect(world, mlflow, recorded, tmp_path):
    page = world.trained.record.page(world.home)
    assert page.as_uri() in recorded["artifacts"]["training-report"].data
    logged = mlflow.download_artifacts(world.trained.record.training_id, "report.html", str(tmp_path))
    assert Path(logged).read_bytes() == page.read_bytes()
    text = page.read_text(encoding="utf-8")
    assert "<title>Training on synthetic</title>" in text
    # Self-contained: nothing is fetched.
    assert "http" not in text
    assert "because of" in text


def test_the_winners_behaviour_is_kept_and_tracked(world, runs):
    (training,) = runs["training"]
    checks = KEPT_CHECKS.load(world.trained.record.folder(world.home))
    tracked = {
        check.name: training.data.metrics[f"behaviour/{check.name}"] for check in checks if check.passed is not None
    }
    assert tracked == {check.name: check.figure for check in checks if check.passed is not None}
    assert tracked["blocked_tracks"] == 0


def test_mlflow_has_one_run_a_training_one_a_candidate_and_one_a_fold(world, runs):
    (training,) = runs["training"]
    assert training.info.run_id == world.trained.record.training_id
    parents = {run.info.run_id: run.data.tags["mlflow.parentRunId"] for run in [*runs["candidate"], *runs["fold"]]}
    assert {run.data.tags["candidate"] for run in runs["candidate"]} == CANDIDATES
    assert len(runs["fold"]) == len(CANDIDATES) * FOLDS
    assert {parents[run.info.run_id] for run in runs["candidate"]} == {training.info.run_id}
    assert {parents[run.info.run_id] for run in runs["fold"]} == {run.info.run_id for run in runs["candidate"]}
    assert {run.info.status for level in runs.values() for run in level} == {"FINISHED"}


def test_a_training_names_its_data_its_settings_and_its_code(world, runs):
    (training,) = runs["training"]
    record = world.trained.record
    assert training.data.tags["snapshot"] == record.snapshot_id
    assert training.data.tags["config"] == record.config_hash
    assert training.data.tags["mlflow.source.git.commit"] == record.commit
    assert training.data.params["evaluation.folds"] == "2"
    assert training.data.params["data.listeners"] == str(world.trained.facts["listeners"])
    (dataset,) = training.inputs.dataset_inputs
    assert (dataset.dataset.name, dataset.dataset.digest) == ("synthetic", record.snapshot_id)


def test_a_candidate_has_the_means_and_intervals_of_its_report(world, runs):
    (report,) = [
        each
        for each in load_reports(world.trained.record.folder(world.home))
        if (each.candidate, each.protocol) == ("hybrid", "unseen-users")
    ]
    (run,) = [run for run in runs["candidate"] if run.data.tags["candidate"] == "hybrid"]
    interval = report.metrics["ndcg@10"]
    assert run.data.metrics["unseen-users/ndcg_at_10"] == pytest.approx(interval.mean)
    assert run.data.metrics["unseen-users/ndcg_at_10_low"] == pytest.approx(interval.low)
    assert run.data.metrics["unseen-users/ndcg_at_10_high"] == pytest.approx(interval.high)


def test_candidates_can_be_compared_by_settings_data_and_code_and_say_in_words_what_they_are(world, runs):
    (training,) = runs["training"]
    for run in runs["candidate"]:
        assert run.data.params["model.recommender"] == run.data.tags["candidate"]
        assert [each.dataset.digest for each in run.inputs.dataset_inputs] == [world.trained.record.snapshot_id]
        shared = ("snapshot", "config", "source", "mlflow.source.git.commit")
        assert [run.data.tags[name] for name in shared] == [training.data.tags[name] for name in shared]
        # The figure that decides has the same name in trainings and candidates.
        assert run.data.metrics["ndcg_at_10"] == run.data.metrics["unseen-users/ndcg_at_10"]
        assert "on synthetic: ndcg@10" in run.data.tags["mlflow.note.content"]
    (hybrid,) = [run for run in runs["candidate"] if run.data.tags["candidate"] == "hybrid"]
    assert hybrid.data.params["model.neighbours"] == "20"


def test_a_candidate_is_drawn_by_segment(mlflow, runs, tmp_path):
    for run in runs["candidate"]:
        chart = Path(mlflow.download_artifacts(run.info.run_id, "segments.png", str(tmp_path)))
        assert chart.read_bytes().startswith(b"\x89PNG")


def test_a_training_carries_the_verdict_about_its_winner(world, mlflow):
    tags = mlflow.get_run(world.trained.record.training_id).data.tags
    decision = world.promoted.decision
    assert (tags["decision"], tags["policy"], tags["reason"]) == ("promoted", decision.policy_hash, decision.reason)


def test_the_leaderboard_is_a_table_and_a_chart(world, mlflow, tmp_path):
    run_id = world.trained.record.training_id
    table, chart = (
        Path(mlflow.download_artifacts(run_id, f"leaderboard.{end}", str(tmp_path))) for end in ("json", "png")
    )
    assert len(json.loads(table.read_text(encoding="utf-8"))["data"]) == len(CANDIDATES) * 2
    assert chart.read_bytes().startswith(b"\x89PNG")


def test_the_version_is_registered_with_what_was_decided(world, mlflow):
    version = mlflow.get_model_version_by_alias("crossfade", "champion")
    record = world.trained.record
    assert str(version.version) == record.model_version
    assert version.run_id == record.training_id
    assert version.tags["bundle"] == record.bundle_id
    assert version.tags["snapshot"] == record.snapshot_id
    assert version.tags["decision"] == "promoted"
    assert version.description.startswith("**Promoted**")
