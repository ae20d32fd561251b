"""The Prefect server inside a process: what it leaves for the next one, and what it leaves of itself."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows import prefect_env

#: Says in the end which variables the process had before, meanwhile and afterwards.
_SET_UP = """
import json, os, sys
from contextlib import contextmanager
from pathlib import Path
from flows import prefect_env

seen, server = [dict(os.environ)], prefect_env.prefect_server

@contextmanager
def watched(settings):
    with server(settings) as url:
        seen.append(dict(os.environ))
        yield url

template, fresh = map(Path, sys.argv[1:])
prefect_env.template_database = lambda: template
prefect_env.prefect_server = watched
prefect_env.prepare_template()
prefect_env.prepare_database(fresh)
print(json.dumps([*seen, dict(os.environ)]))
"""

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@dataclass(frozen=True)
class SetUp:
    """A set-up that has ended.

    Attributes:
        folder: Holds the home folder of its user, the template, and a database that was prepared from it.
        environments: The variables of its process before the server started, meanwhile and afterwards.
    """

    folder: Path
    environments: list[dict[str, str]]


@pytest.fixture(scope="module")
def set_up(tmp_path_factory) -> SetUp:
    """The set-up in a process of its own, as a person does it: a process has one Prefect server in its life."""
    folder = tmp_path_factory.mktemp("set-up")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, "-c", _SET_UP, folder / "share" / "prefect.db", folder / "home" / "prefect.db"],
        env=surroundings | {"CROSSFADE_HOME": str(folder), "PREFECT_API_URL": "", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return SetUp(folder, json.loads(done.stdout.splitlines()[-1]))


def test_the_set_up_leaves_a_migrated_database_that_new_homes_start_from(set_up):
    with closing(sqlite3.connect(set_up.folder / "home" / "prefect.db")) as database:
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM flow_run").fetchone() == (0,)


def test_processes_that_start_meanwhile_find_the_server_and_nothing_of_how_it_is_set_up(set_up):
    before, meanwhile, _ = set_up.environments
    new = {name for name, value in meanwhile.items() if before.get(name) != value}
    assert new == {"PREFECT_API_URL", "PREFECT_HOME", "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"}


def test_the_environment_is_afterwards_what_it_was(set_up):
    before, _, afterwards = set_up.environments
    assert afterwards == before
    assert not (set_up.folder / ".prefect").exists(), "Prefect keeps nothing outside the home folder"


def test_a_template_that_is_there_is_left_alone(tmp_path, monkeypatch):
    template = tmp_path / "prefect.db"
    template.write_bytes(b"as it was")
    monkeypatch.setattr(prefect_env, "template_database", lambda: template)

    prefect_env.prepare_template()

    assert template.read_bytes() == b"as it was"
