"""A service with an empty home, which follows a bucket: it fetches the champion, serves it, and swaps."""

import time
from functools import partial

import httpx
import pytest

from pipelines.home import Home
from pipelines.release.champion import set_champion
from pipelines.release.publishing import publish_release
from tests.support.buckets import KEYS, new_bucket, s3_server
from tests.support.served import PATIENCE, serve
from tests.support.tiny_world import write_tiny_bundle

pytestmark = pytest.mark.integration

SECRET = "a-key-that-no-log-shows"


def served_version(url):
    answer = httpx.post(f"{url}/v1/recommendations", json={"history": {"t1": 1}})
    return answer.json()["model_version"] if answer.status_code == 200 else answer.json()["error"]["what"]


def wait_for(value, look):
    end = time.monotonic() + PATIENCE
    while (found := look()) != value and time.monotonic() < end:
        time.sleep(0.2)
    return found


def test_a_replica_with_nothing_serves_what_is_published_and_what_is_published_next(tmp_path, monkeypatch):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    maker, replica = Home(tmp_path / "maker"), tmp_path / "replica"
    with s3_server() as endpoint:
        bucket = new_bucket(endpoint)
        keys = {**KEYS, "AWS_SECRET_ACCESS_KEY": SECRET}
        with serve(tmp_path, {"CROSSFADE_HOME": str(replica), "CROSSFADE_REMOTE": bucket.url, **keys}) as service:
            version = partial(served_version, service.url)
            assert wait_for("nothing was published there yet", version) == "nothing was published there yet"
            for name in ("slim", "item-knn"):
                bundle = write_tiny_bundle(maker.bundles, name)
                set_champion(maker, bundle.bundle_id, "a better one")
                publish_release(maker, bucket.remote())
                assert wait_for(bundle.bundle_id, version) == bundle.bundle_id
            assert httpx.get(f"{service.url}/readyz").status_code == 200
            assert SECRET not in service.log()
