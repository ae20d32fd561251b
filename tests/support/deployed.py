"""What deployments name, held against what exists: variables of the environment, above all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from tests.support.served import ROOT

INFRA = ROOT / "infra"
_VARIABLE = re.compile(r"\bCROSSFADE_[A-Z_]+")

#: What other products read, by their own documentation. Prefect's and MLflow's are asked of the packages themselves.
OF_OTHERS = {
    # Amazon's SDKs, which boto3 and PyArrow use
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_SHARED_CREDENTIALS_FILE",
    # Postgres' image
    "POSTGRES_PASSWORD_FILE",
    "PGDATA",
    # Grafana: GF_<SECTION>_<KEY>, with __FILE for a secret in a file
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES",
    "GF_ANALYTICS_CHECK_FOR_UPDATES",
    "GF_ANALYTICS_REPORTING_ENABLED",
    "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH",
    "GF_PLUGINS_PREINSTALL_DISABLED",
    "GF_SECURITY_ADMIN_PASSWORD__FILE",
    "GF_USERS_ALLOW_SIGN_UP",
    # Python and its libraries
    "HOME",
    "MPLCONFIGDIR",
    "PATH",
    "PYTHONUNBUFFERED",
    # telemetry that is switched off
    "BENTOML_DO_NOT_TRACK",
    "DO_NOT_TRACK",
    "GX_ANALYTICS_ENABLED",
    # BentoML
    "BENTOML_CONTAINERIZED",
    "BENTOML_HOME",
}


def told_by_compose(name: str, secrets: Path, addresses: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that compose gives a container, as it has to be on this machine.

    Args:
        name: The container.
        secrets: The folder of secrets.
        addresses: Addresses inside the network of containers, and what takes their place here.
    """
    file = yaml.safe_load((INFRA / "compose" / "compose.yaml").read_text(encoding="utf-8"))
    given = {
        each: re.sub(r"\$\{.*?:-(.*?)\}", r"\1", text) for each, text in file["services"][name]["environment"].items()
    }
    for there, here in {"/run/secrets": str(secrets), **addresses}.items():
        given = {each: text.replace(there, here) for each, text in given.items()}
    return given


@cache
def known_variables() -> frozenset[str]:
    """Return every variable that somebody reads: we, Prefect, MLflow, or another product."""
    return frozenset({*_ours(), *_prefects(), *_mlflows(), *OF_OTHERS})


def is_read(name: str) -> bool:
    """Say whether a variable is read: by itself, or as a file that holds it."""
    known = known_variables()
    return name in known or (name.endswith("_FILE") and name.removesuffix("_FILE") in _in_files() & known)


def _ours() -> set[str]:
    """Our own settings, and whatever else a module of ours or the entry point reads by name."""
    from flows.settings import Settings

    settings = {f"CROSSFADE_{name.upper()}" for name in Settings.model_fields}
    modules = [path for package in ("flows", "serving") for path in (ROOT / package).rglob("*.py")]
    named = {name for path in [*modules, _entrypoint()] for name in _VARIABLE.findall(path.read_text(encoding="utf-8"))}
    return settings | named


def _in_files() -> set[str]:
    """Variables that may stand in a file: all of ours, and those the entry point of the worker's image reads."""
    (names,) = re.findall(r"for name in ([A-Z_ ]+); do", _entrypoint().read_text(encoding="utf-8"))
    return {*_ours(), *names.split()}


def _prefects() -> set[str]:
    from prefect.settings import Settings
    from prefect.settings.legacy import _get_settings_fields
    from prefect_kubernetes.settings import KubernetesSettings

    parts = {"": KubernetesSettings} | {
        f"{name.upper()}_": field.annotation for name, field in KubernetesSettings.model_fields.items()
    }
    workers = {
        f"PREFECT_INTEGRATIONS_KUBERNETES_{prefix}{name.upper()}"
        for prefix, part in parts.items()
        for name in getattr(part, "model_fields", {})
    }
    return set(_get_settings_fields(Settings)) | workers


def _mlflows() -> set[str]:
    import mlflow.cli
    import mlflow.environment_variables

    options = {option.envvar for option in mlflow.cli.server.params if isinstance(option.envvar, str)}
    variables = {name for name in vars(mlflow.environment_variables) if name.startswith("MLFLOW_")}
    return options | variables


def _entrypoint() -> Path:
    return INFRA / "docker" / "entrypoint.sh"
