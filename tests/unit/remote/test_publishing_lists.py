"""Lists for everybody in a bucket: read in place, whole or not yet there, and without those who were forgotten."""

import io
import json
from contextlib import contextmanager
from functools import partial

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipelines.errors import CrossfadeError, RemoteError
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.release.batch_listeners import BatchListeners
from pipelines.release.publishing_lists import forget_latest, publish_again, publish_lists, published_lists
from pipelines.release.shards import BatchRun, finish, forget_lists, write_shard
from pipelines.remote.folders import unfinished
from tests.support.buckets import CutOff, ListsNothing
from tests.support.tiny_world import PLAYS, write_tiny_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return write_tiny_bundle(tmp_path_factory.mktemp("bundles"))


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def lists(home, bundle):
    """Return a function that makes lists in the home folder, and returns the run."""

    def make(k=3):
        everybody = BatchListeners.of_bundle(bundle)
        run = BatchRun.of(home.lists, bundle, everybody, k, 3)
        for shard in run.begin(everybody):
            write_shard(run, shard, bundle, everybody, lambda ids: np.zeros(len(ids), dtype=bool))
        finish(run, {})
        return run

    return make


def published(bucket, run):
    """Return who has a row in the lists that stand there, by shard, as whoever reads them sees it."""
    remote = bucket.remote()
    manifest = json.loads(remote.read(f"lists/{run.run_id}/_manifest.json"))
    tables = [
        pq.read_table(io.BytesIO(remote.read(f"lists/{run.run_id}/{each['file']}"))) for each in manifest["shards"]
    ]
    assert [table.num_rows for table in tables] == [each["listeners"] for each in manifest["shards"]]
    return [user for table in tables for user in table["user_id"].to_pylist()]


def test_a_run_is_read_where_it_stands_and_not_put_twice(home, bucket, lists):
    assert publish_lists(home, bucket.remote()) is None
    run = lists()
    first = publish_lists(home, bucket.remote())
    assert (first.carried, first.kept) == (4, 0)
    assert published(bucket, run) == list(PLAYS)
    assert published_lists(bucket.remote()) == run.run_id
    again = publish_lists(home, bucket.remote(ListsNothing))
    assert (again.carried, again.kept) == (0, 4)
    later = lists(k=2)
    publish_lists(home, bucket.remote())
    assert published_lists(bucket.remote()) == later.run_id


@pytest.mark.parametrize("whole", [0, 1, 2])
def test_an_upload_that_is_cut_off_is_none_and_goes_on_where_it_stopped(home, bucket, lists, whole, monkeypatch):
    monkeypatch.setattr("pipelines.remote.folders._AT_ONCE", 1)
    run = lists()
    said = json.loads(run.manifest.read_text())["shards"]
    # A record follows each shard; the connection breaks in the middle of the next shard.
    size = sum(each["bytes"] + len(json.dumps(each)) for each in said[:whole]) + said[whole]["bytes"] // 2
    with pytest.raises(RemoteError, match="the connection was reset"):
        publish_lists(home, bucket.remote(partial(CutOff, size=size)))
    assert published_lists(bucket.remote()) is None
    assert unfinished(bucket.remote(), "lists", "_manifest.json") == [run.run_id]
    done = publish_lists(home, bucket.remote())
    assert (done.carried, done.kept) == (4 - whole, whole)
    assert published(bucket, run) == list(PLAYS)


def test_who_is_forgotten_leaves_every_published_run_and_only_their_shard_is_put_again(home, bucket, lists):
    older = lists(k=2)
    publish_lists(home, bucket.remote())
    run = lists()
    publish_lists(home, bucket.remote())
    gone, *others = PLAYS
    assert len(list(forget_lists(home.lists, gone))) == 2
    again = publish_lists(home, bucket.remote())
    assert (again.carried, again.kept) == (2, 2)
    assert published(bucket, run) == others
    assert publish_again(home, bucket.remote(), older.run_id)
    assert published(bucket, older) == others


def test_a_shard_of_the_same_size_with_other_rows_is_put_again(home, bucket, lists):
    run = lists()
    publish_lists(home, bucket.remote())
    said = json.loads(run.manifest.read_text())
    path = run.folder / said["shards"][0]["file"]
    size = path.stat().st_size
    (home.root / "before").write_bytes(path.read_bytes())
    list(forget_lists(home.lists, "u1"))
    assert path.stat().st_size != size, "else the test shows nothing"
    # The store has an object of the size that is expected by now, whose record tells of another.
    bucket.put(f"lists/{run.run_id}/{path.name}", b"x" * path.stat().st_size)
    assert publish_lists(home, bucket.remote()).carried == 2
    assert published(bucket, run) == list(PLAYS)[1:]


def test_a_run_that_is_gone_here_is_named_by_nothing_there(home, bucket, lists):
    run = lists()
    publish_lists(home, bucket.remote())
    run.manifest.unlink()
    assert not publish_again(home, bucket.remote(), run.run_id)
    forget_latest(bucket.remote(), run.run_id)
    assert published_lists(bucket.remote()) is None


def test_a_run_that_is_begun_anew_while_it_waits_to_be_published_is_none(home, bucket, lists, monkeypatch):
    run = lists()

    @contextmanager
    def waited(*_, **__):
        run.manifest.unlink()  # a flow that makes lists begins again
        yield

    monkeypatch.setattr("pipelines.release.publishing_lists.only_one", waited)
    assert publish_lists(home, bucket.remote()) is None
    assert bucket.objects() == {}


def test_who_is_forgotten_waits_for_a_publication_that_may_carry_them(home, bucket, lists, monkeypatch):
    run = lists()
    monkeypatch.setattr("pipelines.release.publishing_lists._PATIENCE_SECONDS", 0.0)
    with only_one(home.lists, patience=0.0), pytest.raises(CrossfadeError, match="another process is at work"):
        publish_again(home, bucket.remote(), run.run_id)


def test_a_file_that_was_changed_is_not_published(home, bucket, lists):
    run = lists()
    (run.folder / "part-00001.parquet").write_bytes(b"scribble")
    with pytest.raises(RemoteError, match=r"part-00001\.parquet: the file is missing or was changed"):
        publish_lists(home, bucket.remote())
    assert published_lists(bucket.remote()) is None
