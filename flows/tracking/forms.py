"""What MLflow takes, made from what we have: metrics, parameters, the description of a data set."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from flows.candidate_runs import mlflow_name
from pipelines.data.snapshot import Snapshot
from pipelines.evaluation.report import PRIMARY_METRIC
from pipelines.evaluation.search import Trial


def trial_figures(trial: Trial) -> dict[str, float]:
    """Return what a setting was worth and how long it took to find out."""
    return {f"search/{mlflow_name(PRIMARY_METRIC)}": trial.ndcg, "search/seconds": trial.seconds}


def dataset_input(snapshot: Snapshot, facts: Mapping[str, int]) -> DatasetInput:
    """Describe a snapshot as MLflow's data set: name, digest, where it is and how large it is."""
    entry = Dataset(
        name=", ".join(origin.source for origin in snapshot.provenance),
        digest=snapshot.snapshot_id,
        source_type="local",
        source=json.dumps({"uri": snapshot.path.as_uri()}),
        profile=json.dumps(dict(facts)),
    )
    return DatasetInput(entry, [InputTag(MLFLOW_DATASET_CONTEXT, "training")])


def metrics_of(values: Mapping[str, float], now: int, step: int = 0) -> list[Metric]:
    """Return MLflow's form; values that are not defined are left out."""
    return [Metric(name, float(value), now, step) for name, value in values.items() if math.isfinite(value)]


def params_of(values: Mapping[str, Any]) -> list[Param]:
    """Return parameters as MLflow takes them: as text."""
    return [Param(name, str(value)) for name, value in values.items()]


def milliseconds() -> int:
    """Return the time as MLflow counts it: milliseconds since 1970."""
    return time.time_ns() // 1_000_000
