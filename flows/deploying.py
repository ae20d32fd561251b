"""The scheduled flows on a Prefect server: ``infra/prefect.yaml``, registered by Prefect's own command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml

from flows.automations import ensure_automations, find_block
from flows.deploy_server import DeployServer
from flows.servers import python_module
from flows.settings import Settings
from pipelines.errors import ConfigError, ServiceError

FILE: Final = Path(__file__).resolve().parents[1] / "infra" / "prefect.yaml"
LIFECYCLE: Final = "lifecycle"
#: Options of a source that are paths.
_PATHS: Final = ("archive", "interactions", "tracks", "playlists")
_HOME: Final = "{{ $CROSSFADE_HOME }}"


@dataclass(frozen=True)
class Deployed:
    """A deployment as it was registered.

    Attributes:
        name: Flow and deployment ("ingest/lastfm").
        server: The address of the Prefect server's API.
        work_pool: The pool a worker has to be started for.
        schedule: When it runs, in cron's notation.
        missing: What its schedule waits for, paused: a file that is not there; None where it runs.
    """

    name: str
    server: str
    work_pool: str
    schedule: str
    missing: str | None = None

    def to_json(self) -> dict[str, str | None]:
        """Return a JSON-ready form."""
        return asdict(self)


def deployment_names() -> tuple[str, ...]:
    """Return the names of the deployments in the file; an ingestion's is that of its source."""
    return tuple(entry["name"] for entry in _read_file()["deployments"])


def deploy(
    settings: Settings,
    names: Sequence[str] = (LIFECYCLE,),
    *,
    source: str | None = None,
    options: Mapping[str, Any] | None = None,
    cron: str | None = None,
) -> tuple[Deployed, ...]:
    """Register deployments, and what they need on the server where that is missing.

    Args:
        settings: Names the server, and the home folder the runs will use.
        names: Which ones.
        source: The source the lifecycle reads; None for the one in the file.
        options: Options of the source; those not named stay as in the file, unless another source is read.
        cron: The schedule; None for the one in the file.

    Raises:
        ConfigError: No Prefect server is named, or there is no such deployment or block.
        ServiceError: The server does not answer, or refuses.
    """
    server = settings.prefect_api_url
    if not server:
        raise ConfigError(
            "no Prefect server is named",
            where="PREFECT_API_URL",
            remedy="Start one with 'prefect server start' and set PREFECT_API_URL=http://127.0.0.1:4200/api",
        )
    home = str(settings.layout.root)
    file = _read_file()
    file["deployments"] = entries = [_entry(file, name) for name in names]
    for entry in entries:
        _change(entry, source=source, options=options, cron=cron)
        entry["schedules"][0]["active"] &= _missing(entry, home) is None
    on_server = DeployServer(server)
    block = find_block(on_server, settings.notify_block)
    for pool in {entry["work_pool"]["name"] for entry in entries}:
        on_server.ensure_pool(pool)
    _run_prefect_deploy(server, home, file)
    on_server.share_limit([_full_name(entry) for entry in entries if _takes_turns(entry)])
    ensure_automations(on_server, {entry["name"]: _full_name(entry) for entry in entries}, block)
    return tuple(_deployed(entry, server, home) for entry in entries)


def _read_file() -> dict[str, Any]:
    file: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return file


def _entry(file: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return one deployment of the file."""
    for entry in file["deployments"]:
        if entry["name"] == name:
            found: dict[str, Any] = entry
            return found
    known = ", ".join(entry["name"] for entry in file["deployments"])
    raise ConfigError(f"there is no deployment '{name}'", where="crossfade deploy", remedy=f"Choose from: {known}")


def _change(entry: dict[str, Any], *, source: str | None, options: Mapping[str, Any] | None, cron: str | None) -> None:
    """Bring what a person said into a deployment."""
    parameters = entry["parameters"]
    if source is not None and source != parameters.get("source"):
        if entry["name"] != LIFECYCLE:
            raise ConfigError(
                f"it reads {parameters.get('source', 'no source')} and nothing else",
                where=f"deployment '{entry['name']}'",
                remedy="Leave out --data, which is for the lifecycle",
            )
        parameters |= {"source": source, "options": {}}
    if options and "options" not in parameters:
        raise ConfigError(
            "it reads no source, so it takes no options of one",
            where=f"deployment '{entry['name']}'",
            remedy="Leave them out",
        )
    if "options" in parameters:
        parameters["options"] = {**parameters["options"], **(options or {})}
    if cron is not None:
        entry["schedules"][0]["cron"] = cron


def _missing(entry: Mapping[str, Any], home: str) -> str | None:
    """Return the first path a run would read that is not there."""
    options = entry["parameters"].get("options", {})
    paths = [str(options[name]).replace(_HOME, home) for name in _PATHS if name in options]
    return next((path for path in paths if not Path(path).exists()), None)


def _deployed(entry: Mapping[str, Any], server: str, home: str) -> Deployed:
    return Deployed(
        name=_full_name(entry),
        server=server,
        work_pool=entry["work_pool"]["name"],
        schedule=entry["schedules"][0]["cron"],
        missing=_missing(entry, home),
    )


def _full_name(entry: Mapping[str, Any]) -> str:
    """Return flow and deployment; a flow is called like its function, in words."""
    flow = entry["entrypoint"].rpartition(".")[2].replace("_", " ")
    return f"{flow}/{entry['name']}"


def _takes_turns(entry: Mapping[str, Any]) -> bool:
    """Tell whether a deployment waits for the others."""
    return bool(entry["concurrency_limit"]["collision_strategy"] == "ENQUEUE")


def _run_prefect_deploy(server: str, home: str, file: Mapping[str, Any]) -> None:
    """Let Prefect's own command register the deployments of a file."""
    environment = {"PREFECT_API_URL": server, "CROSSFADE_HOME": home}
    with TemporaryDirectory(prefix="crossfade-deploy-") as folder:
        path = Path(folder) / FILE.name
        path.write_text(yaml.safe_dump(dict(file), sort_keys=False), encoding="utf-8")
        command = python_module("prefect", "--no-prompt", "deploy", "--prefect-file", str(path), "--all")
        done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
            command, env=os.environ | environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ServiceError(
            f"Prefect refused the deployment: {said[-1] if said else 'it said nothing'}", where=str(FILE)
        )
