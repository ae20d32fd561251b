"""The script that a new Postgres runs once, on a real Postgres."""

from __future__ import annotations

import re
import subprocess

import psycopg
import pytest

from tests.support.deployed import INFRA

pytestmark = pytest.mark.integration


def test_each_database_belongs_to_who_works_on_it(tmp_path, cluster):
    server = psycopg.conninfo.conninfo_to_dict(cluster.new_database())
    subprocess.run([INFRA / "scripts" / "secrets.sh", tmp_path, str(server["host"])], check=True, capture_output=True)
    told = {"PGHOST": str(server["host"]), "PGPORT": str(server["port"]), "POSTGRES_USER": str(server["user"])}
    told |= {"PATH": "/usr/local/bin:/usr/bin:/bin", "SECRETS": str(tmp_path)}
    subprocess.run([INFRA / "postgres" / "databases.sh"], env=told, check=True, capture_output=True)
    for name in ("events", "prefect", "mlflow"):
        url = (tmp_path / f"{name}_url").read_text(encoding="utf-8")
        here = re.sub(r"\+\w+", "", url, count=1).replace(":5432/", f":{server['port']}/")
        with psycopg.connect(here) as connection:
            assert connection.execute("SELECT current_user, current_database()").fetchone() == (name, name)
            connection.execute("CREATE TABLE probe (x int)")
