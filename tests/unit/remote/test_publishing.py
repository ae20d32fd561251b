"""A release goes through a bucket to homes that have nothing: whole, checked, and never back to an earlier state."""

import errno
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from pipelines.data.hashing import hash_file
from pipelines.errors import CrossfadeError, RemoteError
from pipelines.home import Home
from pipelines.release.bundle import read_bundle
from pipelines.release.champion import read_champion, set_champion
from pipelines.release.moves import replace_bundle, start_canary
from pipelines.release.publishing import ANSWERING, POINTER, publish_release, published_release, pull_release
from pipelines.release.states import bundle_path, read_releases
from pipelines.remote.folders import unfinished
from tests.support.buckets import CutOff, ListsNothing
from tests.support.tiny_world import write_tiny_bundle


@pytest.fixture
def maker(tmp_path):
    """A home with a champion."""
    home = Home(tmp_path / "maker")
    set_champion(home, write_tiny_bundle(home.bundles).bundle_id, "the first one")
    return home


@pytest.fixture
def replica(tmp_path):
    return Home(tmp_path / "replica")


def promote(home, name="item-knn"):
    bundle = write_tiny_bundle(home.bundles, name)
    set_champion(home, bundle.bundle_id, "a better one")
    return bundle.bundle_id


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in {"pulled", "verified.json"}}


def test_a_home_with_nothing_gets_the_champion_byte_for_byte(maker, replica, bucket):
    publish_release(maker, bucket.remote())
    assert pull_release(replica, bucket.remote()) == read_releases(maker)
    name = read_champion(maker).bundle_id
    assert content(bundle_path(replica, name)) == content(bundle_path(maker, name))
    assert read_bundle(bundle_path(replica, name)).bundle_id == name


def test_before_anything_was_published_there_is_nothing(replica, bucket):
    assert pull_release(replica, bucket.remote()) is None
    assert publish_release(replica, bucket.remote()) is None
    assert bucket.keys() == []


def test_what_is_there_is_not_carried_again(maker, bucket):
    first = publish_release(maker, bucket.remote())
    assert (first.carried > 1, first.kept) == (True, 0)
    again = publish_release(maker, bucket.remote())
    assert (again.carried, again.kept) == (0, first.carried)


@pytest.mark.parametrize("size", [1, 4_000])
def test_an_upload_that_is_cut_off_changes_nothing_for_readers_and_goes_on_where_it_stopped(
    maker, replica, bucket, size
):
    before = publish_release(maker, bucket.remote()).carried
    served = pull_release(replica, bucket.remote())
    new = promote(maker)
    with pytest.raises(RemoteError, match="the connection was reset"):
        publish_release(maker, bucket.remote(partial(CutOff, size=size)))
    assert unfinished(bucket.remote(), "bundles") == [new]
    assert pull_release(replica, bucket.remote()) == served
    sizes = {hash_file(path): path.stat().st_size for path in bundle_path(maker, new).iterdir()}
    arrived = [key for key, size in bucket.objects(f"bundles/{new}/").items() if sizes[key] == size]

    done = publish_release(maker, bucket.remote())
    assert done.kept == before + len(arrived)  # what was cut short is put again, what arrived is not
    assert unfinished(bucket.remote(), "bundles") == []
    assert pull_release(replica, bucket.remote()).champion.bundle_id == new
    assert content(bundle_path(replica, new)) == content(bundle_path(maker, new))


def test_a_store_that_lists_nothing_yet_is_read_all_the_same(maker, replica, bucket):
    publish_release(maker, bucket.remote(ListsNothing))
    assert pull_release(replica, bucket.remote(ListsNothing)) == read_releases(maker)
    assert publish_release(maker, bucket.remote(ListsNothing)).carried == 0


def test_a_damaged_object_is_refused_nothing_of_it_stays_and_putting_everything_anew_mends_it(maker, replica, bucket):
    publish_release(maker, bucket.remote())
    key = next(key for key in bucket.objects() if len(key.rsplit("/", 1)[1]) == 64)
    size = bucket.client.head_object(Bucket=bucket.name, Key=f"crossfade/{key}")["ContentLength"]
    bucket.put(key, b"x" * size)
    with pytest.raises(RemoteError, match=r"is damaged\. Run 'crossfade push --anew'"):
        pull_release(replica, bucket.remote())
    assert read_releases(replica) is None
    assert list(replica.bundles.iterdir()) == []
    assert publish_release(maker, bucket.remote()).carried == 0  # of the right size: only reading it tells
    publish_release(maker, bucket.remote(), anew=True)
    assert pull_release(replica, bucket.remote()) == read_releases(maker)


def test_an_object_that_is_gone_is_named_and_put_again(maker, replica, bucket):
    publish_release(maker, bucket.remote())
    key = next(key for key in bucket.objects() if len(key.rsplit("/", 1)[1]) == 64)
    bucket.client.delete_object(Bucket=bucket.name, Key=f"crossfade/{key}")
    with pytest.raises(RemoteError, match=f"{key}: the object is missing"):
        pull_release(replica, bucket.remote())
    assert publish_release(maker, bucket.remote()).carried == 1
    assert pull_release(replica, bucket.remote()) == read_releases(maker)


@pytest.mark.parametrize("name", ["../champion.json", "/etc/passwd", "a/../../b", "", "manifest.json"])
def test_a_manifest_cannot_write_outside_its_folder(maker, replica, bucket, name):
    publish_release(maker, bucket.remote())
    key = f"bundles/{read_champion(maker).bundle_id}/manifest.json"
    bucket.put(key, json.dumps({"files": {name: "0" * 64}}).encode())
    with pytest.raises(RemoteError, match="names what is no file of it"):
        pull_release(replica, bucket.remote())


def test_a_pointer_cannot_name_a_folder_outside_the_bundles(maker, replica, bucket):
    state = read_releases(maker).to_json() | {"bundle_id": "../reports"}
    bucket.put(POINTER, json.dumps(state).encode())
    with pytest.raises(RemoteError, match="no name of a bundle"):
        pull_release(replica, bucket.remote())


def test_a_pointer_that_cannot_be_read_says_what_to_do(replica, bucket):
    bucket.put(POINTER, b'{"bundle_id": "ab')
    with pytest.raises(RemoteError, match=r"champion\.json: the published state .* Remove that object"):
        pull_release(replica, bucket.remote())


def test_of_two_publishers_at_once_one_state_stands_whole(maker, tmp_path, replica, bucket):
    other = Home(tmp_path / "other")
    set_champion(other, write_tiny_bundle(other.bundles, "item-knn").bundle_id, "from elsewhere")

    def publish(home):
        try:
            publish_release(home, bucket.remote())
        except RemoteError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(publish, [maker, other]))
    assert all("another home publishes there" in words for words in said if words)
    assert "" in said
    pulled = pull_release(replica, bucket.remote())
    assert pulled in (read_releases(maker), read_releases(other))
    read_bundle(bundle_path(replica, pulled.champion.bundle_id))


def test_an_earlier_state_never_takes_the_place_of_a_later_one(maker, tmp_path, bucket):
    promote(maker)
    publish_release(maker, bucket.remote())
    late = Home(tmp_path / "late")
    set_champion(late, write_tiny_bundle(late.bundles).bundle_id, "step 1, published after step 2")
    with pytest.raises(RemoteError, match="another home publishes there"):
        publish_release(late, bucket.remote())
    assert published_release(bucket.remote()) == read_releases(maker)
    # Nor does a home that has gone on take what was published before it did.
    promote(maker, "popularity")
    ours = read_releases(maker)
    assert pull_release(maker, bucket.remote()) == ours


def test_a_file_that_was_changed_is_not_published(maker, bucket):
    folder = bundle_path(maker, read_champion(maker).bundle_id)
    (folder / "data.npy").write_bytes(b"scribble")
    with pytest.raises(RemoteError, match=r"data\.npy: the file is missing or was changed"):
        publish_release(maker, bucket.remote())
    assert published_release(bucket.remote()) is None


def test_what_answers_is_fetched_and_what_no_state_names_any_more_goes(maker, replica, bucket):
    first = read_champion(maker).bundle_id
    canary = write_tiny_bundle(maker.bundles, "popularity").bundle_id
    start_canary(maker, canary, 0.1, "a try")
    publish_release(maker, bucket.remote())
    pull_release(replica, bucket.remote(), ANSWERING)
    assert sorted(path.name for path in replica.bundles.iterdir()) == sorted([first, canary])

    # Somebody is forgotten: the champion is written anew, and what held them leaves the replica too.
    new = write_tiny_bundle(maker.bundles, "item-knn").bundle_id
    replace_bundle(maker, first, new, "a listener was forgotten")
    publish_release(maker, bucket.remote())
    pull_release(replica, bucket.remote(), ANSWERING)
    assert sorted(path.name for path in replica.bundles.iterdir()) == sorted([new, canary])


def test_the_one_before_may_be_gone_where_it_was_made(maker, replica, bucket):
    shutil.rmtree(bundle_path(maker, read_champion(maker).bundle_id))
    new = promote(maker)
    publish_release(maker, bucket.remote())
    assert pull_release(replica, bucket.remote()) == read_releases(maker)
    assert [path.name for path in replica.bundles.iterdir()] == [new]


def test_a_full_disk_is_said_to_be_one(maker, replica, bucket, monkeypatch):
    publish_release(maker, bucket.remote())

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.touch", full)
    with pytest.raises(CrossfadeError, match="the disk is full"):
        pull_release(replica, bucket.remote())
    assert list(replica.bundles.iterdir()) == []


def test_a_bundle_that_was_made_here_stays(maker, bucket):
    made = read_champion(maker).bundle_id
    promote(maker)
    publish_release(maker, bucket.remote())
    promote(maker, "popularity")
    pull_release(maker, bucket.remote())
    assert bundle_path(maker, made).is_dir()
