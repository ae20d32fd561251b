"""The scheduled lifecycle on a Prefect server: ``infra/prefect.yaml``, registered by Prefect's own command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import yaml

from flows.servers import python_module
from flows.settings import Settings
from pipelines.errors import ConfigError, ServiceError

FILE = Path(__file__).resolve().parents[1] / "infra" / "prefect.yaml"
_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Deployed:
    """A deployment as it was registered.

    Attributes:
        name: Flow and deployment ("lifecycle/lifecycle").
        server: The address of the Prefect server's API.
        work_pool: The pool a worker has to be started for.
        schedule: When it runs, in cron's notation.
    """

    name: str
    server: str
    work_pool: str
    schedule: str

    def to_json(self) -> dict[str, str]:
        """Return a JSON-ready form."""
        return asdict(self)


def deploy(
    settings: Settings, *, source: str | None = None, options: Mapping[str, Any] | None = None, cron: str | None = None
) -> Deployed:
    """Register the lifecycle, and its work pool where that is missing.

    Args:
        settings: Names the server, and the home folder the runs will use.
        source: The source to read; None for the one in the file.
        options: Its options; None for those in the file.
        cron: The schedule; None for the one in the file.

    Raises:
        ConfigError: No Prefect server is named.
        ServiceError: The server does not answer, or refuses.
    """
    server = settings.prefect_api_url
    if not server:
        raise ConfigError(
            "no Prefect server is named",
            where="PREFECT_API_URL",
            remedy="Start one with 'prefect server start' and set PREFECT_API_URL=http://127.0.0.1:4200/api",
        )
    file = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    entry = file["deployments"][0]
    if source is not None:
        entry["parameters"] = {"source": source, "options": {}}
    if options is not None:
        entry["parameters"]["options"] = dict(options)
    if cron is not None:
        entry["schedules"][0]["cron"] = cron
    pool = entry["work_pool"]["name"]
    _ensure_pool(server, pool)
    _run_prefect_deploy(settings, file, entry["name"])
    return Deployed(f"lifecycle/{entry['name']}", server, pool, entry["schedules"][0]["cron"])


def _run_prefect_deploy(settings: Settings, file: Mapping[str, Any], name: str) -> None:
    """Let Prefect's own command register one deployment of a file."""
    environment = {"PREFECT_API_URL": settings.prefect_api_url, "CROSSFADE_HOME": str(settings.layout.root)}
    with TemporaryDirectory(prefix="crossfade-deploy-") as folder:
        path = Path(folder) / FILE.name
        path.write_text(yaml.safe_dump(dict(file), sort_keys=False), encoding="utf-8")
        command = python_module("prefect", "--no-prompt", "deploy", "--prefect-file", str(path), "--name", name)
        done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
            command, env=os.environ | environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ServiceError(
            f"Prefect refused the deployment: {said[-1] if said else 'it said nothing'}", where=str(FILE)
        )


def _ensure_pool(server: str, name: str) -> None:
    """Make a work pool that starts processes, where there is none of that name."""
    try:
        with httpx.Client(base_url=server.rstrip("/"), timeout=_TIMEOUT_SECONDS) as client:
            if client.get(f"/work_pools/{name}").status_code == httpx.codes.OK:
                return
            made = client.post("/work_pools/", json={"name": name, "type": "process", "description": "Crossfade flows"})
            made.raise_for_status()
    except httpx.HTTPError as error:
        raise ServiceError(
            f"the Prefect server does not do what is asked ({error})",
            where=server,
            remedy="Check PREFECT_API_URL and that the server runs",
        ) from error
