"""Commands about the service: ``serve`` and ``build``."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import err, say, settings_of
from pipelines.environment import PREFIX

if TYPE_CHECKING:
    from flows.servers import Child
    from flows.settings import Settings

app = typer.Typer()
_PANEL = "Service"
_ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 120.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade serve --port 3001 --ui")
def serve(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port (default: 3000).")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on (default: 127.0.0.1).")] = None,
    ui: Annotated[bool, typer.Option("--ui", help="Show the pages of MLflow and Prefect as well.")] = False,
) -> None:
    """Serve the champion and the web page until Ctrl-C. A newly promoted champion is picked up automatically."""
    context.obj |= {"port": port, "host": host}
    settings = settings_of(context)
    from flows.servers import require_free_port, running, until_ready
    from pipelines.release.champion import read_champion

    _require_keys_beyond_this_machine(settings)
    require_free_port(settings.host, settings.port, "--port")
    if read_champion(settings.layout) is None:
        err().print("Note: there is no champion yet; the page says so until one is promoted.", style="yellow")
    service = _service(settings)
    pages = _pages(settings) if ui else []
    children = [service, *pages]
    try:
        with running(children):
            with err().status("Starting"):
                for child in until_ready(children, seconds=_START_SECONDS):
                    say(f"{child.name:<11} {child.url}", style="bold" if child is service else None)
            say(f"Ctrl-C stops {'all of them' if pages else 'it'}. Logs: {service.log.parent}")
            _watch(children)
    except KeyboardInterrupt:
        err().print("Stopped.")


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade build")
def build(context: typer.Context) -> None:
    """Build a Bento of the champion: service, core and model in one folder, ready to become an image."""
    settings = settings_of(context)
    script = _ROOT / "infra" / "scripts" / "build_bento.py"
    command = [sys.executable, str(script), "--home", str(settings.layout.root)]
    with err().status("Building the Bento"):
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    if done.stdout:
        say(done.stdout.rstrip())
    if done.returncode:
        typer.echo(done.stderr.strip() or "crossfade: the Bento could not be built", err=True)
    raise typer.Exit(done.returncode)


def _require_keys_beyond_this_machine(settings: Settings) -> None:
    """Refuse to listen where other machines can call, unless they can show a key or the owner has opened it to all.

    Raises:
        ConfigError: There is no key.
    """
    from flows.cli.keys import any_key_works
    from pipelines.errors import ConfigError

    if settings.host in _LOOPBACK or settings.open_to_network or any_key_works(settings):
        return
    raise ConfigError(
        "other machines could call, and there is no key for them",
        where=f"--host {settings.host}",
        remedy="Run 'crossfade keys create NAME', or open the service to everybody with CROSSFADE_OPEN_TO_NETWORK=yes",
    )


def _service(settings: Settings) -> Child:
    from flows.servers import Child, python_module

    return Child(
        name="web page",
        command=python_module(
            *("bentoml", "serve", "serving.service:CrossfadeService", "--working-dir", str(_ROOT)),
            *("--host", settings.host, "--port", str(settings.port)),
        ),
        host=settings.host,
        port=settings.port,
        health="/livez",
        log=settings.layout.root / "logs" / "service.log",
        environment=service_environment(settings),
    )


def service_environment(settings: Settings) -> dict[str, str]:
    """Return what the service is told of the settings it shares, which may stand in a file that it does not read."""
    told = {
        "HOME": str(settings.layout.root),
        "STORE_URL": settings.store_url.get_secret_value(),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "REMOTE": settings.published_to,
        "OPEN_TO_NETWORK": "yes" if settings.open_to_network else "no",
        "SPOTIFY_CLIENT_ID": settings.spotify_client_id,
        "SPOTIFY_API_URL": settings.spotify_api_url,
        "SPOTIFY_ACCOUNTS_URL": settings.spotify_accounts_url,
    }
    plain = {f"{PREFIX}{name}": value for name, value in told.items()}
    return plain | {f"{name}_FILE": "" for name in plain}


def _pages(settings: Settings) -> list[Child]:
    """Return the pages to start; those of servers somebody else runs are only named."""
    pages = []
    if settings.tracking_uri.startswith("http"):
        say(f"{'MLflow':<11} {settings.tracking_uri}")
    else:
        pages.append(_mlflow_page(settings))
    if settings.prefect_api_url:
        say(f"{'Prefect':<11} {settings.prefect_api_url.removesuffix('/api')}")
    else:
        pages.append(_prefect_page(settings))
    return pages


def _mlflow_page(settings: Settings) -> Child:
    from flows.servers import Child, free_port, python_module

    port = free_port(settings.host, settings.mlflow_port)
    return Child(
        name="MLflow",
        command=python_module(
            *("mlflow", "server", "--backend-store-uri", settings.tracking_uri, "--workers", "1"),
            *("--default-artifact-root", settings.layout.mlflow_artifacts.as_uri()),
            *("--host", settings.host, "--port", str(port)),
        ),
        host=settings.host,
        port=port,
        health="/health",
        log=settings.layout.root / "logs" / "mlflow.log",
        # Its job runner takes another 1.4 GB of memory.
        environment={"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
    )


def _prefect_page(settings: Settings) -> Child:
    from flows.prefect_env import database_environment
    from flows.servers import Child, free_port, python_module

    port = free_port(settings.host, settings.prefect_port)
    return Child(
        name="Prefect",
        command=python_module("prefect", "server", "start", "--host", settings.host, "--port", str(port)),
        host=settings.host,
        port=port,
        health="/api/health",
        log=settings.layout.root / "logs" / "prefect.log",
        environment={
            "PREFECT_HOME": str(settings.layout.prefect),
            "PREFECT_API_URL": "",
            # The page would look for the server at port 4200, whatever port it has.
            "PREFECT_SERVER_UI_API_URL": "/api",
        }
        | database_environment(settings),
    )


def _watch(children: list[Child]) -> None:
    """Wait for as long as all children run.

    Raises:
        ServiceError: One of them has ended.
    """
    while True:
        time.sleep(0.5)
        for child in children:
            child.check()
