"""Two homes, a bucket and a Postgres between them: with what compose tells its containers, the service follows."""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import httpx
import pytest

from pipelines.data.feedback import SOURCE
from pipelines.home import Home
from pipelines.release.champion import set_champion
from pipelines.store.database import Database
from pipelines.store.outbox import AGREE, FORGET, TAKE_BACK, Outbox
from pipelines.store.secret import Secret
from tests.support.buckets import s3_server
from tests.support.deployed import INFRA, told_by_compose
from tests.support.exports import zip_of
from tests.support.served import PATIENCE, ROOT, serve
from tests.support.tiny_world import write_tiny_bundle
from tests.support.visitors import visiting

pytestmark = pytest.mark.integration


@pytest.fixture
def told(tmp_path, cluster, monkeypatch):
    """Return a function that gives the environment of a container, with secrets, a bucket's server and a Postgres."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "CROSSFADE_"))]:
        monkeypatch.delenv(name)
    secrets = tmp_path / "secrets"
    subprocess.run([INFRA / "scripts" / "secrets.sh", str(secrets)], capture_output=True, check=True)
    (secrets / "events_url").write_text(cluster.new_database(), encoding="utf-8")
    with s3_server() as endpoint:
        yield lambda name: told_by_compose(name, secrets, {"http://objects:8333": endpoint})


def run(told, home, *command):
    """Run a command in the image of the worker, as its entry point does."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **told, "PATH": path, "CROSSFADE_HOME": str(home.root)}
    done = subprocess.run(
        [INFRA / "docker" / "entrypoint.sh", *command],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def served_version(url):
    answer = httpx.post(f"{url}/v1/recommendations", json={"history": {"t1": 1}})
    return answer.json()["model_version"] if answer.status_code == 200 else answer.json()["error"]["what"]


def wait_for(value, look):
    end = time.monotonic() + PATIENCE
    while (found := look()) != value and time.monotonic() < end:
        time.sleep(0.2)
    return found


def test_a_replica_with_nothing_serves_what_is_published_and_what_is_published_next(tmp_path, told):
    maker, replica = Home(tmp_path / "maker"), tmp_path / "replica"
    worker, service = told("worker"), told("service")
    bucket_maker = str(INFRA / "scripts" / "make_bucket.py")
    assert "is made" in run(told("migrate"), maker, "python", bucket_maker, worker["CROSSFADE_REMOTE"])
    with serve(tmp_path, {**service, "CROSSFADE_HOME": str(replica)}) as running:
        version = partial(served_version, running.url)
        assert wait_for("nothing was published there yet", version) == "nothing was published there yet"
        assert httpx.get(f"{running.url}/readyz").status_code == 503
        for name in ("slim", "item-knn"):
            bundle = write_tiny_bundle(maker.bundles, name)
            set_champion(maker, bundle.bundle_id, "a better one")
            run(worker, maker, "crossfade", "push")
            assert wait_for(bundle.bundle_id, version) == bundle.bundle_id
        assert httpx.get(f"{running.url}/readyz").status_code == 200

        # What a visitor agrees to, and wishes undone, has to reach flows that do not see this disk.
        with visiting(running.url) as visitor:
            sent = {"params": {"consent": "1"}, "headers": {"Content-Type": "application/zip"}}
            taken = visitor.http.post("/v1/import", content=zip_of(tmp_path / "export.zip").read_bytes(), **sent)
            assert taken.status_code == 202, taken.text
            assert visitor.post("forget", {"confirm": True}).status_code == 200
        secret = Path(service["CROSSFADE_SECRET_KEY_FILE"]).read_text(encoding="utf-8")
        assert secret not in running.log()
    database = Database(Path(service["CROSSFADE_STORE_URL_FILE"]).read_text(encoding="utf-8"))
    with Outbox(database, Secret.of(maker, secret)).emptied() as letters:
        assert [each.kind for each in letters] == [AGREE, FORGET, FORGET, TAKE_BACK]
        assert letters[0].said["source"] == SOURCE
        assert len({each.listener_id for each in letters}) == 1
    database.close()
    assert not [path.name for path in replica.rglob("*") if path.name in {"consents.sqlite3", "forgotten"}]
