"""Orchestration: thin Prefect flows, settings, tracking, registry and the command line."""

from __future__ import annotations

import os

#: Nothing this project starts reports to anybody, unless a person has said so in the environment.
TELEMETRY_OFF = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "BENTOML_DO_NOT_TRACK": "True",
    "GX_ANALYTICS_ENABLED": "false",
}

#: MLflow's bars and notes would stand between the lines of a run, on a terminal as in the log of a worker.
MLFLOW_QUIET = {"MLFLOW_LOGGING_LEVEL": "ERROR", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}

# Here, because each of these libraries looks at the environment when it is imported.
for _name, _value in (TELEMETRY_OFF | ({} if os.environ.get("CROSSFADE_DEBUG") else MLFLOW_QUIET)).items():
    os.environ.setdefault(_name, _value)
