"""MLflow on Postgres, its artifacts on an address that speaks S3: one setting each."""

from __future__ import annotations

import boto3
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
