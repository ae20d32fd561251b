"""The search as a flow: what it writes, what MLflow knows of it, and that it goes on where it was."""

from __future__ import annotations

import pytest
from mlflow import MlflowClient

from flows.settings import load_settings
from pipelines.config import TrainingConfig
from pipelines.errors import ConfigError, RegistryError

pytestmark = pytest.mark.integration


@pytest.fixture
def home_with_data(new_home):
    from flows.ingestion import ingest

    ingest("synthetic", {"size": "tiny"})
    return new_home


def test_a_search_is_tracked_written_down_and_gone_on_with(home_with_data):
    from flows.tracking.tuning import TuningRun
    from flows.tuning import tune

    first = tune(candidates=["hybrid"], trials=2)
    assert [(row.candidate, row.trials) for row in first.candidates] == [("hybrid", 2)]
    # Asked for more it goes on: two settings are known, one is new.
    again = tune(candidates=["hybrid", "item-knn"], trials=3)
    assert [(row.candidate, row.trials) for row in again.candidates] == [("hybrid", 3), ("item-knn", 3)]

    written = TrainingConfig.from_toml(again.configuration)
    assert [candidate.name for candidate in written.candidates] == ["popularity", "content", "hybrid", "item-knn"]
    assert written.candidates[2].params == again.candidates[0].params
    assert not written.candidates[2].search
    assert written.evaluation.folds == 2

    client = MlflowClient(load_settings().settings.tracking_uri)
    experiment = client.get_experiment_by_name(TuningRun.experiment)
    runs = client.search_runs([experiment.experiment_id])
    trials = [run for run in runs if run.data.tags.get("level") == "trial"]
    assert len(trials) == 2 + 1 + 3
    assert all("search/ndcg_at_10" in run.data.metrics and "weighting" in run.data.params for run in trials)
    assert {run.info.status for run in runs} == {"FINISHED"}
    parent = client.get_run(again.run_id)
    assert "crossfade train --config" in parent.data.tags["mlflow.note.content"]


def test_a_registry_that_is_down_is_said(home_with_data, monkeypatch):
    from flows.tuning import tune

    (home_with_data.root / "broken.db").write_bytes(b"no database" * 100)
    monkeypatch.setenv("CROSSFADE_MLFLOW_TRACKING_URI", f"sqlite:///{home_with_data.root / 'broken.db'}")
    with pytest.raises(RegistryError, match="the model registry does not answer"):
        tune(candidates=["hybrid"], trials=1)


def test_what_has_no_ranges_is_refused(home_with_data):
    from flows.tuning import tune

    with pytest.raises(ConfigError, match="no ranges to search for 'popularity'"):
        tune(candidates=["popularity"])


def test_a_training_with_ranges_keeps_every_setting_it_tried(home_with_data, tmp_path):
    from flows.training import train

    path = tmp_path / "ranges.toml"
    path.write_text(
        '[matrix]\ncore = 2\n[evaluation]\nfolds = 2\nbootstrap = 100\nprotocols = ["unseen-users"]\n'
        '[[candidates]]\nname = "slim"\nparams = { neighbours = 10 }\nsearch_budget = { trials = 2, folds = 2 }\n'
        "search = { reg = { low = 0.5, high = 50.0, log = true } }\n",
        encoding="utf-8",
    )
    train(config=path)
    client = MlflowClient(load_settings().settings.tracking_uri)
    experiment = client.get_experiment_by_name("crossfade")
    folds = client.search_runs([experiment.experiment_id], "tags.level = 'fold'")
    assert len(folds) == 2
    for run in folds:
        assert [metric.step for metric in client.get_metric_history(run.info.run_id, "search/ndcg_at_10")] == [0, 1]
