"""A service's home follows a bucket, and goes on while that is away."""

import pytest

from pipelines.atomic import write_text
from pipelines.errors import RemoteError
from pipelines.home import Home
from pipelines.release.champion import set_champion
from pipelines.release.publishing import POINTER, publish_release
from pipelines.remote.figures import publish_figures
from serving.bucket_follower import BucketFollower
from serving.holder import EngineHolder
from serving.observing.figures_app import monitored
from serving.settings import ServingSettings
from tests.support.buckets import KEYS
from tests.support.tiny_world import write_tiny_bundle


def test_a_holder_serves_what_the_bucket_names_and_goes_on_with_it_when_the_bucket_is_damaged(tmp_path, bucket):
    maker, replica = Home(tmp_path / "maker"), Home(tmp_path / "replica")
    settings = ServingSettings.from_environment(
        {"CROSSFADE_HOME": str(replica.root), "CROSSFADE_REMOTE": bucket.url, **KEYS}
    )
    holder = EngineHolder(settings)
    with pytest.raises(RemoteError, match="the model is being fetched"):
        holder.load()
    follower = holder._follower
    follower._seconds = 0
    follower.look()
    with pytest.raises(RemoteError, match="nothing was published there yet"):
        holder.load()

    set_champion(maker, write_tiny_bundle(maker.bundles).bundle_id, "the first one")
    publish_release(maker, bucket.remote())
    follower.look()
    served = holder.load()
    assert holder.problem is None

    bucket.put(POINTER, b"scribble")
    follower.look()
    assert holder.load() is served
    assert "the published state of the release cannot be read" in str(holder.problem)


def test_a_service_shows_what_monitoring_found_elsewhere(tmp_path, bucket):
    maker, replica = Home(tmp_path / "maker"), Home(tmp_path / "replica")
    follower = BucketFollower(replica, bucket.remote(), seconds=0)
    follower.look()
    assert monitored(replica) == b""
    for figures in ("crossfade_monitor_breaches 0\n", "crossfade_monitor_breaches 1\n"):
        write_text(maker.monitoring_figures, figures)
        publish_figures(maker, bucket.remote())
        follower.look()
        assert monitored(replica) == figures.encode()


def test_a_bucket_is_not_asked_again_before_its_time(tmp_path, bucket):
    follower = BucketFollower(Home(tmp_path), bucket.remote(), seconds=3600)
    follower.look()
    first = follower.problem
    bucket.put(POINTER, b"scribble")
    follower.look()
    assert follower.problem is first


def test_a_fixed_bundle_follows_no_bucket(tmp_path, bucket):
    bundle = write_tiny_bundle(tmp_path)
    settings = ServingSettings.from_environment({"CROSSFADE_BUNDLE": str(bundle.path), "CROSSFADE_REMOTE": bucket.url})
    holder = EngineHolder(settings)
    assert holder._follower is None
    assert holder.load().version == bundle.bundle_id
