"""Experiment tracking: one MLflow run a training, one below it for each candidate, one below that for each fold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import DatasetInput, RunTag
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import (
    MLFLOW_GIT_COMMIT,
    MLFLOW_PARENT_RUN_ID,
    MLFLOW_RUN_NOTE,
    MLFLOW_SOURCE_NAME,
)

from flows.candidate_runs import chosen, deciding, describe, figures, flat, mlflow_name
from flows.charts import leaderboard_chart, segments_chart
from flows.tracking.forms import dataset_input, metrics_of, milliseconds, params_of, trial_figures
from pipelines.config import TrainingConfig
from pipelines.data.snapshot import Snapshot
from pipelines.evaluation.behaviour import BehaviourCheck
from pipelines.evaluation.comparison import PairedTest
from pipelines.evaluation.leakage import LeakCheck, twin_share
from pipelines.evaluation.learning import CurvePoint
from pipelines.evaluation.report import PRIMARY_METRIC, EvaluationReport
from pipelines.evaluation.run import FoldResult

EXPERIMENT = "crossfade"
#: The most MLflow takes in one batch.
_METRICS_AT_ONCE = 1_000
_EXPERIMENT_TAGS = {
    # Lets MLflow open its pages for trained models, not those for language models.
    "mlflow.experimentKind": "custom_model_development",
    MLFLOW_RUN_NOTE: "One run a training; below it one for each candidate, and below that one for each fold.",
}


class TrainingRun:
    """A training as MLflow sees it while it goes on.

    Attributes:
        experiment: The experiment its runs stand in.
        command: What started it.

    Args:
        tracking_uri: The address of MLflow's store.
        artifacts: The address where artifacts go; None where a server decides for itself.
    """

    experiment: ClassVar[str] = EXPERIMENT
    command: ClassVar[str] = "crossfade train"

    def __init__(self, tracking_uri: str, artifacts: str | None) -> None:
        self._client = MlflowClient(tracking_uri)
        self._experiment = self._experiment_id(artifacts)
        self._candidates: dict[str, str] = {}
        self._shared: dict[str, str] = {}
        self._data: DatasetInput | None = None
        self._primary = ""
        self.run_id = ""

    def start(
        self,
        name: str,
        snapshot: Snapshot,
        config: TrainingConfig,
        facts: Mapping[str, int],
        commit: str | None,
        *,
        basis: Mapping[str, Any],
    ) -> str:
        """Begin the parent run and return its id.

        Args:
            name: What people read.
            snapshot: The data.
            config: The training configuration.
            facts: Sizes of the data set.
            commit: The commit of the code, where it is known.
            basis: The consents the rows rest on, and what the owner of the installation decided.
        """
        tags = {
            "snapshot": snapshot.snapshot_id,
            "config": config.hash(),
            "source": ", ".join(entry.source for entry in snapshot.provenance),
            "train_on_spotify_api": str(basis["train_on_spotify_api"]).lower(),
            MLFLOW_SOURCE_NAME: self.command,
        } | ({MLFLOW_GIT_COMMIT: commit} if commit else {})
        # Candidates and folds carry them, too, so that runs of several trainings can be found and compared by them.
        self._shared = dict(tags)
        tags |= {"consents": ", ".join(basis["consents"])} if basis["consents"] else {}
        self.run_id = self._client.create_run(self._experiment, run_name=name, tags=tags).info.run_id
        params = {f"data.{key}": value for key, value in facts.items()} | flat(
            config.model_dump(mode="json", exclude={"candidates"})
        )
        self._client.log_batch(self.run_id, params=params_of(params))
        self._data = dataset_input(snapshot, facts)
        self._name_data(self.run_id, self._data)
        self._primary = str(config.evaluation.primary)
        self._client.log_dict(self.run_id, config.model_dump(mode="json"), "training_config.json")
        return self.run_id

    def log_fold(self, result: FoldResult) -> None:
        """Record one candidate on one fold, with the times at which it ran."""
        now = milliseconds()
        began = now - round(sum(result.seconds.values()) * 1000)
        run = self._child(
            self._candidate(result.candidate),
            f"{result.candidate}, {result.protocol}, fold {result.fold + 1}",
            {"candidate": result.candidate, "protocol": result.protocol, "fold": str(result.fold + 1), "level": "fold"},
            began,
        )
        # Ten is the length of a page of tracks. The other lengths stand, with intervals, in the candidate's run.
        means = {
            mlflow_name(str(name)): value for name, value in result.users.mean().items() if str(name).endswith("@10")
        }
        values = means | {mlflow_name(name): value for name, value in result.summary.items()}
        values |= {f"seconds/{step}": seconds for step, seconds in result.seconds.items()}
        values["listeners"] = len(result.users)
        self._client.log_batch(run, metrics=metrics_of(values, now), params=params_of(result.params))
        if result.trials:
            # As one table and one batch: runs of their own, for every fold, would cost more than the fits.
            tried = [
                metric for trial in result.trials for metric in metrics_of(trial_figures(trial), now, step=trial.number)
            ]
            self._client.log_batch(run, metrics=tried[:_METRICS_AT_ONCE])
            self._client.log_dict(run, {"trials": [asdict(trial) for trial in result.trials]}, "trials.json")
        self._client.set_terminated(run, end_time=now)

    def log_reports(self, reports: Iterable[EvaluationReport]) -> None:
        """Record every candidate's settings, means and intervals, describe it, draw it, and end its run."""
        candidates: dict[str, list[EvaluationReport]] = {}
        for report in reports:
            candidates.setdefault(report.candidate, []).append(report)
        for candidate, own in candidates.items():
            run, report = self._candidate(candidate), deciding(own, self._primary)
            # The figure that decides stands first and by itself: what MLflow's comparison opens with.
            values = {mlflow_name(PRIMARY_METRIC): report.metrics[PRIMARY_METRIC].mean}
            for each in own:
                values |= figures(each)
            note = RunTag(MLFLOW_RUN_NOTE, describe(own, self._primary, self._shared.get("source", "")))
            self._client.log_batch(
                run, metrics=metrics_of(values, milliseconds()), params=params_of(chosen(report)), tags=[note]
            )
            if report.segments:
                self._log_chart(run, "segments.png", partial(segments_chart, report))
            self._client.set_terminated(run)

    def log_leaderboard(self, board: pd.DataFrame) -> None:
        """Record the leaderboard as a table and as a chart."""
        self._log_table(board, "leaderboard.json")
        self._log_chart(self.run_id, "leaderboard.png", partial(leaderboard_chart, board))

    def log_tests(self, tests: Iterable[PairedTest]) -> None:
        """Record who beats whom as a table."""
        rows = [{**vars(test), **{f"gain {name}": value for name, value in vars(test.gain).items()}} for test in tests]
        if rows:
            self._log_table(pd.DataFrame(rows).drop(columns="gain"), "paired_tests.json")

    def log_curves(self, points: Iterable[CurvePoint]) -> None:
        """Record learning curves in the candidates' runs, the number of listeners as the step."""
        for point in points:
            values = {
                f"learning/{mlflow_name(PRIMARY_METRIC)}": point.ndcg,
                "learning/fit_seconds": point.seconds,
                "learning/fit_megabytes": point.megabytes,
            }
            metrics = metrics_of(values, milliseconds(), step=point.listeners)
            self._client.log_batch(self._candidate(point.candidate), metrics=metrics)

    def log_behaviour(self, checks: Iterable[BehaviourCheck]) -> None:
        """Record the figures of the winner's behavioural checks."""
        values = {f"behaviour/{check.name}": check.figure for check in checks}
        self._client.log_batch(self.run_id, metrics=metrics_of(values, milliseconds()))

    def log_leaks(self, checks: Sequence[LeakCheck]) -> None:
        """Record what of the deciding protocol's folds had leaked."""
        own = [check for check in checks if check.protocol == self._primary]
        values = {"leak/twins": twin_share(own), "leak/pairs": float(sum(check.pairs for check in own))}
        self._client.log_batch(self.run_id, metrics=metrics_of(values, milliseconds()))

    def log_page(self, page: Path) -> None:
        """Keep the training's HTML page with its run."""
        self._client.log_artifact(self.run_id, str(page))

    def finish(self, winner: EvaluationReport, note: str, tags: Mapping[str, str]) -> None:
        """End the training with the winner's figures.

        Args:
            winner: The best candidate's report under the deciding protocol.
            note: What people read first, in Markdown.
            tags: What was made of it.
        """
        interval = winner.metrics[PRIMARY_METRIC]
        key = mlflow_name(PRIMARY_METRIC)
        values = {key: interval.mean, f"{key}_low": interval.low, f"{key}_high": interval.high}
        written = [RunTag(name, value) for name, value in {MLFLOW_RUN_NOTE: note, **tags}.items()]
        self._client.log_batch(self.run_id, metrics=metrics_of(values, milliseconds()), tags=written)
        self._client.set_terminated(self.run_id)

    def fail(self, reason: str) -> None:
        """End the training, and candidates still open, as failed; an MLflow that is down hides no other error."""
        with suppress(MlflowException, OSError):
            self._client.set_tag(self.run_id, MLFLOW_RUN_NOTE, f"Failed: {reason}")
            for run in (*self._candidates.values(), self.run_id):
                if self._client.get_run(run).info.status == "RUNNING":
                    self._client.set_terminated(run, status="FAILED")

    def _log_chart(self, run: str, name: str, draw: Callable[[Path], None]) -> None:
        with TemporaryDirectory() as folder:
            draw(Path(folder) / name)
            self._client.log_artifact(run, str(Path(folder) / name))

    def _log_table(self, table: pd.DataFrame, name: str) -> None:
        # As objects, because MLflow 3.17 asks pandas for its texts in a way pandas 3 warns about.
        texts = table.astype({column: object for column in table if table[column].dtype == "str"})
        self._client.log_table(self.run_id, texts, name)

    def _experiment_id(self, artifacts: str | None) -> str:
        found = self._client.get_experiment_by_name(self.experiment)
        if found is not None:
            return str(found.experiment_id)
        return str(self._client.create_experiment(self.experiment, artifact_location=artifacts, tags=_EXPERIMENT_TAGS))

    def _candidate(self, name: str) -> str:
        """Return the run of a candidate, begun when it is first asked for."""
        if name not in self._candidates:
            tags = {"candidate": name, "level": "candidate"}
            self._candidates[name] = self._child(self.run_id, name, tags, milliseconds())
            if self._data is not None:
                self._name_data(self._candidates[name], self._data)
        return self._candidates[name]

    def _name_data(self, run_id: str, data: DatasetInput) -> None:
        """Say what a run learns from; MLflow fails where two say so of one data set for the first time at once."""
        try:
            self._client.log_inputs(run_id, [data])
        except MlflowException:  # by now the data set is there, or it fails again
            self._client.log_inputs(run_id, [data])

    def _child(self, parent: str, name: str, tags: Mapping[str, str], began: int) -> str:
        all_tags = {**self._shared, MLFLOW_PARENT_RUN_ID: parent, "training": self.run_id, **tags}
        run = self._client.create_run(self._experiment, start_time=began, tags=all_tags, run_name=name)
        return str(run.info.run_id)


def end_as_killed(tracking_uri: str, runs: Iterable[str]) -> None:
    """Say of runs whose processes are no more that they were killed."""
    client = MlflowClient(tracking_uri)
    for run in runs:
        client.set_tag(run, MLFLOW_RUN_NOTE, "Its process was killed.")
        client.set_terminated(run, status="KILLED")
