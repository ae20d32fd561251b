"""Prefect's surroundings: a server inside this process, or the one a person has named.

Prefect reads its settings from the environment. The server runs in a thread: there is no second process to start, to
wait for or to leave behind when this one is killed.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from flows.settings import Settings
from pipelines.atomic import make_folder, new_file
from pipelines.environment import variables_set
from pipelines.errors import ServiceError

if TYPE_CHECKING:
    from uvicorn import Server

_START_SECONDS = 60.0
_DRAIN_SECONDS = 10.0
#: A queue that is empty this often in a row stays empty.
_QUIET_LOOKS = 4


@contextmanager
def prefect_server(settings: Settings) -> Iterator[str]:
    """Give flows a Prefect server and yield the address of its API.

    The server is the one named in the settings, else one in this process that keeps its runs under the home folder, or
    in the database the settings name, and is stopped, with everything recorded, at the end.

    Raises:
        ServiceError: The server does not start, does not answer, or fails.
    """
    if settings.prefect_api_url:
        url = settings.prefect_api_url
        with _seen_by_prefect({"PREFECT_API_URL": url} | _quiet_terminal()), _failing_is_said(url):
            _require_answer(url)
            try:
                yield url
            finally:
                _tell_the_server()
        return
    folder = make_folder(settings.layout.prefect)
    database = None if settings.prefect_database else folder / "prefect.db"
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api"
        if database is not None:
            prepare_database(database)
        # Prefect keeps this home to the end: the default would be made in the person's own folder.
        with (
            variables_set({"PREFECT_HOME": str(folder)} | database_environment(settings)),
            _seen_by_prefect({"PREFECT_API_URL": url} | _quiet_terminal(), alone=_server_environment()),
            _serving(listener, database),
            _failing_is_said(str(database or "the database of CROSSFADE_PREFECT_DATABASE_URL")),
        ):
            yield url


def _require_answer(url: str) -> None:
    """Make sure that the server that was named answers."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        problem = client.api_healthcheck()
    if problem is not None:
        raise ServiceError(
            f"the Prefect server does not answer ({problem})",
            where=url,
            remedy="Start it with 'prefect server start', or unset PREFECT_API_URL: then one runs inside the process",
        ) from problem


@contextmanager
def _failing_is_said(where: str) -> Iterator[None]:
    """Turn a server that fails while a flow tells it something into an error a person can act on."""
    from prefect.exceptions import PrefectHTTPStatusError

    try:
        yield
    except PrefectHTTPStatusError as error:
        raise ServiceError(
            f"the Prefect server fails ({error.response.status_code} for {error.request.url.path})",
            where=where,
            remedy="Check that it can be written and its disk is not full, or that its database runs; then run again",
        ) from error


@contextmanager
def _seen_by_prefect(variables: Mapping[str, str], alone: Mapping[str, str] | None = None) -> Iterator[None]:
    """Let Prefect see variables for a while.

    Args:
        variables: Processes that are started meanwhile inherit these.
        alone: Prefect in this process alone sees these: it reads them once. Another server, started from here, would
            go without what this one goes without.
    """
    try:
        with variables_set(variables):
            with variables_set(alone or {}):
                _read_environment_again()
            yield
    finally:
        _read_environment_again()


@contextmanager
def _serving(listener: socket.socket, database: Path | None) -> Iterator[None]:
    """Run the server in a thread, and stop it once it has recorded everything."""
    server, thread = _start(listener, database)
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    # Heartbeats tell a server that lives longer than the flow; waiting for the last one costs a second a flow.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        try:
            yield
        finally:
            _drain()
            server.should_exit = True
            thread.join(_DRAIN_SECONDS)


def _quiet_terminal() -> dict[str, str]:
    """Return what keeps Prefect's log from the terminal, which shows the story of a run; the API keeps every line."""
    level = "NOTSET" if os.environ.get("CROSSFADE_DEBUG") else "CRITICAL"
    return _unless_chosen({"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": level})


def _server_environment() -> dict[str, str]:
    """Return how the server inside this process is set up."""
    return _unless_chosen(
        {
            # The types of blocks are for a page that edits them; registering them takes longer than a small flow.
            "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
            "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
            "PREFECT_SERVER_UI_ENABLED": "false",
        }
    )


def _unless_chosen(variables: Mapping[str, str]) -> dict[str, str]:
    """Return variables as a person has set them, where they have."""
    return {name: os.environ.get(name, value) for name, value in variables.items()}


def database_environment(settings: Settings) -> dict[str, str]:
    """Return what tells a Prefect server its database; nothing where that is a file in its folder."""
    address = settings.prefect_database
    return {"PREFECT_SERVER_DATABASE_CONNECTION_URL": address} if address else {}


def _read_environment_again() -> None:
    """Let Prefect see the environment as it is now: where it was imported before, it would go on with its own home."""
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()


def prepare_database(path: Path) -> None:
    """Put a database that is already migrated in place of one that does not exist yet.

    Prefect's hundred migrations take about ten seconds. Their result is the same every time, so the first server that
    ran them leaves a copy in the virtual environment. The server still checks that nothing is left to migrate.
    """
    template = template_database()
    if not path.exists() and template is not None and template.exists():
        with new_file(path) as file:
            file.write(template.read_bytes())


def prepare_template() -> None:
    """Migrate an empty database once, as a part of the set-up, so that no first run has to wait for it."""
    template = template_database()
    if template is None or template.exists():
        return
    with (
        TemporaryDirectory(prefix="crossfade-prefect-") as folder,
        prefect_server(Settings(home=Path(folder), prefect_api_url="")),
    ):
        pass


def keep_template(path: Path) -> None:
    """Copy a database, still without runs, to where ``prepare_database`` finds it; no harm where that is forbidden."""
    template = template_database()
    if template is None or template.exists():
        return
    try:
        template.parent.mkdir(parents=True, exist_ok=True)
        draft = template.with_suffix(f".{os.getpid()}")
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(draft)) as target:
            source.backup(target)
        draft.replace(template)
    except (OSError, sqlite3.Error):
        return


def template_database() -> Path | None:
    """Return where the migrated database of this release of Prefect is kept; None outside a virtual environment."""
    if sys.prefix == sys.base_prefix:
        return None
    return Path(sys.prefix) / "share" / "crossfade" / f"prefect-{version('prefect')}.db"


def _start(listener: socket.socket, database: Path | None) -> tuple[Server, Thread]:
    """Start the server in a thread and wait until it answers; ``database`` is its file, where it is one."""
    import uvicorn
    from prefect.server.api.server import create_app

    is_new = database is not None and not database.exists()
    app = create_app(ephemeral=True, final=True)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=3))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="prefect-server", daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise ServiceError(
                "the Prefect server inside this process did not start",
                where=str(database) if database else "the database of CROSSFADE_PREFECT_DATABASE_URL",
                remedy="Run again with CROSSFADE_DEBUG=1 to see why; "
                + ("without this file it starts with an empty history" if database else "check that the database runs"),
            )
        time.sleep(0.02)
    if database is not None and is_new:
        keep_template(database)
    return server, thread


def _drain() -> None:
    """Wait until the server has recorded all that the flows of this process told it.

    Stopping it earlier loses the last task runs: they arrive as events and wait in a queue in its memory.
    """
    from prefect.server.utilities.messaging.memory import METRICS

    _tell_the_server()
    deadline = time.monotonic() + _DRAIN_SECONDS
    seen, quiet = -1, 0
    while quiet < _QUIET_LOOKS and time.monotonic() < deadline:
        events = dict(METRICS["events"])
        done = events["consumed"] >= events["published"] == seen
        seen, quiet = events["published"], quiet + 1 if done else 0
        time.sleep(0.05)


def _tell_the_server() -> None:
    """Send what still waits in this process, while the address it goes to is known."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    EventsWorker.drain_all(timeout=_DRAIN_SECONDS)
    APILogWorker.drain_all(timeout=_DRAIN_SECONDS)


if __name__ == "__main__":
    prepare_template()
