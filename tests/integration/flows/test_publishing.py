"""Promotions reach the bucket, at the latest with the next move; a person who is forgotten leaves it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from flows.batch import batch
from flows.cli.main import main
from flows.forgetting import forget, requests_of
from flows.health import examine
from flows.ingestion import ingest
from flows.latest import latest_snapshot
from flows.promoting import promote
from flows.publishing import push
from flows.receipt_check import check_receipt
from flows.settings import Settings, load_settings
from flows.training import train
from pipelines.errors import CrossfadeError
from pipelines.home import Home
from pipelines.release.champion import champion_bundle, read_champion, set_champion
from pipelines.release.publishing import publish_release, published_release
from pipelines.release.publishing_lists import published_lists
from tests.support.buckets import KEYS, new_bucket, s3_server
from tests.support.tiny_world import write_tiny_bundle

pytestmark = pytest.mark.integration


@pytest.fixture
def bucket(monkeypatch):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with s3_server() as endpoint:
        yield new_bucket(endpoint)


def bucket_finding():
    return next(each for each in examine(load_settings().settings) if each.what == "bucket")


def folders(bucket, kind):
    return {key.split("/")[1] for key in bucket.objects() if key.startswith(f"{kind}/") and key.count("/") > 1}


def listeners_of(bucket, run):
    """Return who has a list in a published run."""
    remote = bucket.remote()
    shards = json.loads(remote.read(f"lists/{run}/_manifest.json"))["shards"]
    files = [remote.read(f"lists/{run}/{shard['file']}") for shard in shards]
    return {user for file in files for user in pq.read_table(io.BytesIO(file))["user_id"].to_pylist()}


def test_nothing_is_published_while_the_bucket_is_tidied(tmp_path, bucket, monkeypatch):
    home = Home(tmp_path / "home")
    bundle = write_tiny_bundle(home.bundles).bundle_id
    set_champion(home, bundle, "first")
    tidied = []

    def look(_, kind, in_use, **__):
        with pytest.raises(CrossfadeError, match="another process is at work"):
            publish_release(home, bucket.remote())  # it may name what is about to go
        tidied.append((kind, in_use))
        return ()

    monkeypatch.setattr("flows.publishing.prune", look)
    monkeypatch.setattr("pipelines.release.publishing._UPLOAD_PATIENCE_SECONDS", 0.0)
    push(Settings(home=home.root, remote=bucket.url))
    assert tidied == [("bundles", {bundle})]


def test_a_promotion_stands_without_the_bucket_the_next_move_publishes_it_and_the_forgotten_leave_it(
    new_home, bucket, tmp_path, monkeypatch, capsys
):
    ingest("synthetic", {"size": "tiny"})
    training = train().record.training_id
    monkeypatch.setenv("CROSSFADE_REMOTE", "s3://away/crossfade?endpoint=http://127.0.0.1:9")
    decision = promote(training).decision
    assert read_champion(new_home) is not None, decision.reason
    assert bucket_finding().state == "note"

    monkeypatch.setenv("CROSSFADE_REMOTE", bucket.url)
    assert "not what is served here: crossfade push" in bucket_finding().words
    promote(training)  # nothing moves, as in a lifecycle that refuses: it is published all the same
    assert bucket_finding().state == "good"
    assert folders(bucket, "bundles") == {champion_bundle(new_home).bundle_id}
    assert main(["push", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["carried"] == 0

    before = champion_bundle(new_home)
    somebody = before.users[0]
    made = batch(k=3, shards=2)
    assert published_lists(bucket.remote()) == made.folder.name
    assert somebody in listeners_of(bucket, made.folder.name)
    requests_of(load_settings().settings).add(somebody, now=datetime.now(UTC))
    (receipt,) = forget()
    after = read_champion(new_home).bundle_id
    assert after != before.bundle_id
    assert published_release(bucket.remote()).champion.bundle_id == after
    assert folders(bucket, "bundles") == {after}
    assert folders(bucket, "snapshots") == {latest_snapshot(new_home).snapshot_id}
    assert listeners_of(bucket, made.folder.name) == set(before.users.ids) - {somebody}
    gone = [change.where for change in receipt.changes if change.what == "published"]
    assert bucket.remote().at(f"bundles/{before.bundle_id}") in gone
    claims = check_receipt(load_settings().settings, new_home.forgotten / f"{receipt.receipt_id}.json", somebody)
    assert all(claim.holds for claim in claims), [claim.words for claim in claims if not claim.holds]

    worker = Home(tmp_path / "worker")
    assert main(["--home", str(worker.root), "pull", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bundle_id"] == after
    assert champion_bundle(worker).users.index(somebody) < 0
    assert latest_snapshot(worker).snapshot_id == latest_snapshot(new_home).snapshot_id
