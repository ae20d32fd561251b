"""Where things are: locations and addresses, read once at the entry point.

Numbers that change results are not here; they stand in ``infra/config/*.toml`` and are hashed into runs and bundles.
Precedence: command line > environment > file > default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from pipelines.environment import PREFIX, with_files
from pipelines.errors import ConfigError
from pipelines.home import Home

#: Names the file of settings; without it the one in the working folder is read, where there is one.
FILE_VARIABLE = f"{PREFIX}SETTINGS"
DEFAULT_FILE = Path("crossfade.toml")
#: As the bucket: none, whatever a file says. An empty variable is no setting.
NOWHERE = "nowhere"
_CONFIGURATION = Path(__file__).resolve().parents[1] / "infra" / "config"


def _shipped(name: str) -> Path | None:
    """Return a configuration file of the working copy; None where the packages are installed without one."""
    path = _CONFIGURATION / name
    return path if path.is_file() else None


Origin = Literal["command line", "environment", "file", "default"]


class Settings(BaseModel):
    """All locations and addresses; each can be set as ``CROSSFADE_<NAME>``, or by a file: ``CROSSFADE_<NAME>_FILE``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default=Path(".crossfade"), description="the folder that holds all state")
    training: Path | None = Field(
        default=_shipped("training.toml"), description="the training configuration; none: the defaults"
    )
    gate: Path | None = Field(
        default=_shipped("gate.toml"), description="the rules of the data gate; none: the defaults"
    )
    policy: Path | None = Field(default=_shipped("policy.toml"), description="the promotion policy; none: the defaults")
    monitoring: Path | None = Field(
        default=_shipped("monitoring.toml"), description="the thresholds of monitoring; none: the defaults"
    )
    mlflow_tracking_uri: str = Field(default="", description="MLflow's store; empty: SQLite in the home folder")
    artifacts_url: str = Field(
        default="", description="where models and charts go, such as s3://bucket/crossfade; empty: the home folder"
    )
    remote: str = Field(
        default="",
        description="the bucket that the release and the snapshot are published to and services follow, such as "
        "s3://bucket/crossfade; empty: none; 'nowhere': none, even if a file of settings names one",
    )
    remote_kept: int = Field(
        default=2,
        ge=0,
        description="how many unused models, snapshots and batches of lists are kept in the bucket; the others are "
        "deleted after a day",
    )
    prefect_api_url: str = Field(default="", description="a Prefect server; empty: one inside the process")
    prefect_database_url: SecretStr = Field(
        default=SecretStr(""),
        description="the database of the Prefect inside the process, SQLite or Postgres; empty: in the home folder",
    )
    dask_address: str = Field(
        default="",
        description="a Dask scheduler, such as tcp://10.0.0.1:8786, that distributes folds, candidates and lists; "
        "empty: threads of this process",
    )
    host: str = Field(default="127.0.0.1", description="the address the service and the pages listen on")
    port: int = Field(default=3000, ge=1, le=65535, description="the port of the service and the web page")
    mlflow_port: int = Field(default=5000, ge=1, le=65535, description="the port of the MLflow page")
    open_to_network: bool = Field(
        default=False, description="let callers from other machines do, without a key, what local callers may do"
    )
    prefect_port: int = Field(default=4200, ge=1, le=65535, description="the port of the Prefect page")
    service_url: str = Field(
        default="",
        description="a running service for monitoring to check, such as http://127.0.0.1:3000; empty: none; 'nowhere': "
        "none, even if a file of settings names one",
    )
    notify_block: str = Field(
        default="", description="a Prefect notification block for alarms, such as slack-webhook/ops; empty: none"
    )
    spotify_client_id: str = Field(default="", description="your own Spotify app: developer.spotify.com/dashboard")
    spotify_redirect_port: int = Field(
        default=0, ge=0, le=65535, description="the port of http://127.0.0.1/callback during a log-in; 0: any free one"
    )
    spotify_api_url: str = Field(default="https://api.spotify.com/v1", description="the Spotify Web API")
    spotify_accounts_url: str = Field(default="https://accounts.spotify.com", description="where people log in")
    store_url: SecretStr = Field(
        default=SecretStr(""), description="the event store, SQLite or Postgres; empty: SQLite in the home folder"
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="the installation's secret; empty: a file in the home folder"
    )
    train_on_spotify_api: bool = Field(
        default=False,
        description="use rows of the Spotify Web API for training, at the owner's risk; Spotify's Developer Policy "
        'III.14 says: "Do not use the Spotify Platform or any Spotify Content to train a machine learning or AI model"',
    )

    @property
    def published_to(self) -> str:
        """The address of the bucket; empty for none."""
        return "" if self.remote == NOWHERE else self.remote

    @property
    def watched_service(self) -> str:
        """The address of the service that monitoring looks at; empty for none."""
        return "" if self.service_url == NOWHERE else self.service_url

    @property
    def layout(self) -> Home:
        """The layout of the home folder."""
        return Home(self.home.expanduser().resolve())

    @property
    def tracking_uri(self) -> str:
        """The address of MLflow's store."""
        if self.mlflow_tracking_uri.startswith("postgresql://"):
            # MLflow would look for psycopg2 by default; the driver that is installed is its successor.
            return self.mlflow_tracking_uri.replace("postgresql://", "postgresql+psycopg://", 1)
        return self.mlflow_tracking_uri or f"sqlite:///{self.layout.mlflow_db}"

    @property
    def prefect_database(self) -> str:
        """The address of the database of the Prefect inside the process, as Prefect takes it; empty for its default."""
        return self.prefect_database_url.get_secret_value().replace("postgresql://", "postgresql+asyncpg://", 1)

    @property
    def artifact_root(self) -> str | None:
        """The address under which MLflow keeps artifacts; None where a server decides for itself."""
        if self.artifacts_url:
            return self.artifacts_url
        is_server = self.tracking_uri.startswith(("http:", "https:"))
        return None if is_server else self.layout.mlflow_artifacts.as_uri()


@dataclass(frozen=True)
class Loaded:
    """Settings and where each value comes from."""

    settings: Settings
    origins: Mapping[str, Origin]


def load_settings(
    command_line: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Loaded:
    """Lay the command line over the environment over the file over the defaults.

    Args:
        command_line: Values given as options; None means not given.
        environment: The environment variables; by default those of the process.

    Raises:
        ConfigError: A value is impossible, or a file cannot be read or holds an unknown name.
    """
    variables = with_files(os.environ if environment is None else environment)
    layers: dict[Origin, dict[str, Any]] = {
        "file": _from_file(settings_file(variables)),
        "environment": _from_environment(variables),
        "command line": {name: value for name, value in (command_line or {}).items() if value is not None},
    }
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = dict.fromkeys(Settings.model_fields, "default")
    for origin, layer in layers.items():
        values |= layer
        origins |= dict.fromkeys(layer, origin)
    try:
        return Loaded(Settings(**values), origins)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        what = f"there is no setting '{name}'" if first["type"] == "extra_forbidden" else f"'{name}': {first['msg']}"
        raise ConfigError(what, where=origins[name], remedy="'crossfade config' shows all settings") from error


def settings_file(environment: Mapping[str, str]) -> Path | None:
    """Return the file of settings, or None where there is none.

    Raises:
        ConfigError: A file is named that does not exist.
    """
    named = environment.get(FILE_VARIABLE)
    if not named:
        return DEFAULT_FILE if DEFAULT_FILE.is_file() else None
    if not Path(named).is_file():
        raise ConfigError("there is no such file", where=f"{FILE_VARIABLE}={named}", remedy="Check the path")
    return Path(named)


def _from_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"it cannot be read as TOML: {error}", where=str(path), remedy="Mend the file, or remove it"
        ) from error


def _from_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the settings named in the environment; an empty variable is no setting.

    ``PREFECT_API_URL``, which a Prefect worker sets for the flows it starts, counts as well. ``MLFLOW_TRACKING_URI``
    does not: MLflow itself writes it.
    """
    names = {name: variables.get(f"{PREFIX}{name.upper()}") for name in Settings.model_fields}
    names["prefect_api_url"] = names["prefect_api_url"] or variables.get("PREFECT_API_URL")
    return {name: value for name, value in names.items() if value}
