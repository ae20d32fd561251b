"""The migrated database that the set-up leaves for every home folder to start from."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from flows import prefect_env

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_the_set_up_leaves_a_migrated_database_that_new_homes_start_from(tmp_path, monkeypatch):
    template, fresh = tmp_path / "share" / "prefect.db", tmp_path / "home" / "prefect.db"
    monkeypatch.setattr(prefect_env, "template_database", lambda: template)

    prefect_env.prepare_template()
    prefect_env.prepare_database(fresh)

    with closing(sqlite3.connect(fresh)) as database:
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM flow_run").fetchone() == (0,)


def test_a_template_that_is_there_is_left_alone(tmp_path, monkeypatch):
    template = tmp_path / "prefect.db"
    template.write_bytes(b"as it was")
    monkeypatch.setattr(prefect_env, "template_database", lambda: template)

    prefect_env.prepare_template()

    assert template.read_bytes() == b"as it was"
