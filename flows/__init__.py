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

# Here, because each of these libraries looks at the environment when it is imported.
for _name, _value in TELEMETRY_OFF.items():
    os.environ.setdefault(_name, _value)
