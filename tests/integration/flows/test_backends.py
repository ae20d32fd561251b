"""MLflow and Prefect on Postgres, MLflow's artifacts on an address that speaks S3: one setting each."""

from __future__ import annotations

import os
import subprocess
import sys

import boto3
import psycopg
import pytest
from moto.server import ThreadedMotoServer

from flows.ingestion import ingest
from flows.registry import Registry, load_champion
from flows.settings import load_settings
from flows.training import train

pytestmark = pytest.mark.integration

BUCKET = "models"


@pytest.fixture
def bucket(monkeypatch):
    """A bucket on a server that speaks S3."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    for name, value in {
        "MLFLOW_S3_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=address)
    client.create_bucket(Bucket=BUCKET)
    yield client
    server.stop()


def test_a_model_is_tracked_in_postgres_kept_in_s3_and_loaded_from_there(new_home, cluster, bucket, monkeypatch):
    monkeypatch.setenv("CROSSFADE_MLFLOW_TRACKING_URI", cluster.new_database())
    monkeypatch.setenv("CROSSFADE_ARTIFACTS_URL", f"s3://{BUCKET}/crossfade")
    ingest("synthetic", {"size": "tiny"})
    record = train().record
    settings = load_settings().settings
    Registry(settings.tracking_uri).follow({"champion": record.bundle_id})

    names = [entry["Key"] for entry in bucket.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert any(name.endswith("/report.html") for name in names)
    loaded = load_champion(settings.tracking_uri).unwrap_python_model()
    assert loaded.bundle.bundle_id == record.bundle_id
    assert not new_home.mlflow_db.exists()
    assert not new_home.mlflow_artifacts.exists()


@pytest.mark.timeout(300)
def test_prefect_keeps_its_runs_in_postgres(new_home, cluster):
    # In a process of its own: a process has one Prefect server in its life.
    address = cluster.new_database()
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli.main", "ingest", "synthetic", "-o", "size=tiny"],
        env=os.environ | {"CROSSFADE_PREFECT_DATABASE_URL": address, "PREFECT_API_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    with psycopg.connect(address) as connection:
        flows = connection.execute("SELECT name, state_name FROM flow_run").fetchall()
        tasks = connection.execute("SELECT DISTINCT state_name FROM task_run").fetchall()
    assert [(name.partition(":")[0], state) for name, state in flows] == [("ingest synthetic", "Completed")]
    assert tasks == [("Completed",)]
    assert not (new_home.prefect / "prefect.db").exists()


def test_a_prefect_database_that_is_down_is_named_and_its_password_is_not(new_home):
    address = "postgresql://crossfade:a-password@127.0.0.1:1/prefect"
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli.main", "ingest", "synthetic", "-o", "size=tiny"],
        env=os.environ | {"CROSSFADE_PREFECT_DATABASE_URL": address, "PREFECT_API_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "CROSSFADE_PREFECT_DATABASE_URL" in said
    assert "a-password" not in said
