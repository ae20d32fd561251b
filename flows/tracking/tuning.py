"""Tracking of a search for hyper-parameters: one MLflow run, below it one for each candidate and each setting tried."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from mlflow.entities import RunTag
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from flows.candidate_runs import mlflow_name
from flows.tracking import TrainingRun
from flows.tracking.forms import metrics_of, milliseconds, params_of, trial_figures
from pipelines.evaluation.report import PRIMARY_METRIC
from pipelines.evaluation.search import Found, Trial


class TuningRun(TrainingRun):
    """A search as MLflow sees it: below it a run for each candidate, below that one for each setting tried."""

    experiment: ClassVar[str] = "crossfade-tuning"
    command: ClassVar[str] = "crossfade tune"

    def log_trial(self, candidate: str, trial: Trial) -> None:
        """Record one setting with what it was worth."""
        now = milliseconds()
        tags = {"candidate": candidate, "level": "trial", "state": trial.state}
        began = now - round(trial.seconds * 1000)
        run = self._child(self._candidate(candidate), f"{candidate}, trial {trial.number}", tags, began)
        self._client.log_batch(run, metrics=metrics_of(trial_figures(trial), now), params=params_of(trial.params))
        self._client.set_terminated(run, end_time=now)

    def log_found(self, candidate: str, found: Found) -> None:
        """Record what a candidate's search found, and end its run."""
        run, key = self._candidate(candidate), mlflow_name(PRIMARY_METRIC)
        values = {f"default/{key}": found.default_ndcg, f"best/{key}": found.best_ndcg, "trials": len(found.trials)}
        tags = [RunTag("taken", str(found.taken).lower())]
        self._client.log_batch(
            run, metrics=metrics_of(values, milliseconds()), params=params_of(found.params), tags=tags
        )
        self._client.set_terminated(run)

    def end(self, configuration: Path, note: str) -> None:
        """End the tuning with the configuration it wrote.

        Args:
            configuration: The file.
            note: What people read first, in Markdown.
        """
        self._client.log_artifact(self.run_id, str(configuration))
        self._client.set_tag(self.run_id, MLFLOW_RUN_NOTE, note)
        self._client.set_terminated(self.run_id)
