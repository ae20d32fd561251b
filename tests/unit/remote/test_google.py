"""The same on Google Cloud Storage, which knows objects and no folders."""

from datetime import UTC, datetime

import pytest

from pipelines.home import Home
from pipelines.release.bundle import read_bundle
from pipelines.release.champion import set_champion
from pipelines.release.publishing import BUNDLES, publish_release, pull_release
from pipelines.release.states import bundle_path, read_releases
from pipelines.remote.folders import unfinished
from pipelines.remote.retention import GRACE, prune
from tests.support.buckets import google_store
from tests.support.tiny_world import write_tiny_bundle


@pytest.fixture(scope="module")
def remote():
    with google_store("music") as remote:
        yield remote


def test_a_release_goes_through_it_and_what_nothing_names_leaves_it(remote, tmp_path):
    maker, replica = Home(tmp_path / "maker"), Home(tmp_path / "replica")
    names = []
    for kind in ("slim", "item-knn", "popularity"):
        names.append(write_tiny_bundle(maker.bundles, kind).bundle_id)
        set_champion(maker, names[-1], "a better one")
        first, again = publish_release(maker, remote), publish_release(maker, remote)
        assert (first.carried > 0, again.carried) == (True, 0)
        assert pull_release(replica, remote) == read_releases(maker)
        assert read_bundle(bundle_path(replica, names[-1])).bundle_id == names[-1]
    assert remote.folders(BUNDLES) == sorted(names)
    assert unfinished(remote, BUNDLES) == []
    now, in_use = datetime.now(UTC), set(read_releases(maker).in_use().values())
    assert prune(remote, BUNDLES, in_use, keep=0, now=now) == ()
    assert prune(remote, BUNDLES, in_use, keep=0, now=now + GRACE) == (names[0],)
    assert remote.folders(BUNDLES) == sorted(names[1:])
