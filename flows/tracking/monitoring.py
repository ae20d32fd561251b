"""Monitoring in MLflow: a run a day in an experiment of its own, with a point for each look."""

from __future__ import annotations

import math
from datetime import datetime

from mlflow import MlflowClient
from mlflow.entities import Metric
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE, MLFLOW_SOURCE_NAME

from flows.candidate_runs import mlflow_name
from flows.registry import answering
from pipelines.monitoring.checks import MonitoringReport

EXPERIMENT = "crossfade-monitoring"
_DAY = "day"
_ABOUT = "One run a day; its metrics have a point for each look, with the minute of the day as the step."


def log_report(tracking_uri: str, artifacts: str | None, report: MonitoringReport) -> None:
    """Add a report to the run of its day.

    Args:
        tracking_uri: The address of MLflow's store.
        artifacts: The address where artifacts go; None where a server decides for itself.
        report: What was found.

    Raises:
        RegistryError: MLflow does not answer, or refuses.
    """
    with answering(tracking_uri):
        _log(MlflowClient(tracking_uri), artifacts, report)


def _log(client: MlflowClient, artifacts: str | None, report: MonitoringReport) -> None:
    at = datetime.fromisoformat(report.at)
    run, stamp, step = _run_of(client, artifacts, at), round(at.timestamp() * 1000), at.hour * 60 + at.minute
    values = {f"{check.group}/{mlflow_name(check.name)}": check.figure for check in report.checks}
    values |= {f"breaches/{group}": sum(c.verdict == "breach" for c in own) for group, own in report.groups.items()}
    metrics = [Metric(name, float(value), stamp, step) for name, value in values.items() if math.isfinite(value)]
    client.log_batch(run, metrics=metrics)
    for name, value in {MLFLOW_RUN_NOTE: _note(report), "quiet": str(report.quiet).lower(), **report.subject}.items():
        client.set_tag(run, name, value)


def _run_of(client: MlflowClient, artifacts: str | None, at: datetime) -> str:
    """Return the run of a day, begun with the first look."""
    found = client.get_experiment_by_name(EXPERIMENT)
    tags = {MLFLOW_RUN_NOTE: _ABOUT}
    experiment = found.experiment_id if found else client.create_experiment(EXPERIMENT, artifacts, tags=tags)
    day = at.date().isoformat()
    runs = client.search_runs([experiment], f"tags.{_DAY} = '{day}'", max_results=1)
    if runs:
        return str(runs[0].info.run_id)
    tags = {_DAY: day, MLFLOW_SOURCE_NAME: "crossfade monitor"}
    run = client.create_run(experiment, run_name=f"monitoring of {day}", tags=tags)
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)


def _note(report: MonitoringReport) -> str:
    """Return what people read first: the last look."""
    wrong = "".join(f"- **{check.name}**: {check.sentence}\n" for check in report.breaches)
    return f"At {report.at[11:16]} UTC. {report.headline}.\n\n{wrong}"
