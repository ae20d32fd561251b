"""A private Postgres for tests: a cluster in a folder of its own, on a port nobody else has."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.support.served import free_port


class Postgres:
    """A cluster that can be stopped and started again.

    Args:
        programs: The folder with initdb and pg_ctl.
        folder: The cluster's folder; it has to belong to ``user``.
        user: Whose processes they are; None for whoever runs the tests. Postgres refuses to run as root.
    """

    def __init__(self, programs: Path, folder: Path, user: str | None) -> None:
        self._programs, self._folder, self._user = programs, folder, user
        self._port = free_port()
        self._run("initdb", "--username=crossfade", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._run("pg_ctl", "start", "--wait", "--log", str(self._folder / "log"), "-o", options)

    def stop(self) -> None:
        """Stop it as a crash would."""
        self._run("pg_ctl", "stop", "--mode=immediate")

    def new_database(self) -> str:
        """Return the address of a new, empty database."""
        name = f"d{uuid4().hex}"
        self._run("createdb", "--host=127.0.0.1", f"--port={self._port}", "--username=crossfade", name)
        return f"postgresql://crossfade@127.0.0.1:{self._port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        environment = {**os.environ, "PGDATA": str(self._folder), "LC_ALL": "C"}
        # Its server keeps what it inherits open, so the output goes to a file and not into a pipe.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                command, env=environment, cwd="/", user=self._user, stdout=output, stderr=output, check=False
            )
            output.seek(0)
            assert done.returncode == 0, f"{program}: {output.read().decode()}"


def programs() -> Path | None:
    """Return the folder with Postgres' programs, the newest where there are several; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


@contextmanager
def running(folder_of_programs: Path) -> Iterator[Postgres]:
    """Give a cluster that runs, and remove it."""
    user = _unprivileged() if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="crossfade-postgres-"))
    try:
        if user:
            shutil.chown(folder, user)
        cluster = Postgres(folder_of_programs, folder, user)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str:
    """Return a user that is not root."""
    users = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"
