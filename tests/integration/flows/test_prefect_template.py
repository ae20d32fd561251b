"""The migrated database that the set-up leaves for every home folder to start from."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from flows import prefect_env

_SET_UP = """
import sys
from pathlib import Path
from flows import prefect_env
template, fresh = map(Path, sys.argv[1:])
prefect_env.template_database = lambda: template
prefect_env.prepare_template()
prefect_env.prepare_database(fresh)
"""

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_the_set_up_leaves_a_migrated_database_that_new_homes_start_from(tmp_path):
    template, fresh = tmp_path / "share" / "prefect.db", tmp_path / "home" / "prefect.db"
    # In a process of its own, as the set-up does it: a process has one Prefect server in its life.
    done = subprocess.run(
        [sys.executable, "-c", _SET_UP, template, fresh],
        env=os.environ | {"CROSSFADE_HOME": str(tmp_path), "PREFECT_API_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    with closing(sqlite3.connect(fresh)) as database:
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM flow_run").fetchone() == (0,)


def test_a_template_that_is_there_is_left_alone(tmp_path, monkeypatch):
    template = tmp_path / "prefect.db"
    template.write_bytes(b"as it was")
    monkeypatch.setattr(prefect_env, "template_database", lambda: template)

    prefect_env.prepare_template()

    assert template.read_bytes() == b"as it was"
