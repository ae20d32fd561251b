"""What nothing names any more leaves a bucket after a day, but for the newest few, and nothing else does."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from pipelines.remote.folders import MANIFEST
from pipelines.remote.retention import GRACE, MARK, prune
from tests.support.buckets import ListsNothing

NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture
def remote(bucket):
    """A bucket with four published folders, the oldest first, and one that is half there."""
    remote = bucket.remote()
    for name in ("a", "b", "c", "d"):
        remote.write(f"bundles/{name}/1", b"rows")
        remote.write(f"bundles/{name}/{MANIFEST}", b"{}")
    remote.write("bundles/half/1", b"rows")
    return remote


@pytest.fixture
def tidy(remote, monkeypatch):
    """Prune as if each folder had been published a minute after the one before: the store counts in seconds."""
    ages = {f"bundles/{name}/{MANIFEST}": NOW + timedelta(minutes=place) for place, name in enumerate("abcd")}
    there = remote.written_at
    monkeypatch.setattr(
        remote,
        "written_at",
        lambda paths: [at and ages[path] for path, at in zip(paths, there(paths), strict=True)],
    )
    return partial(prune, remote, "bundles")


def left(remote):
    return set(remote.folders("bundles"))


def test_it_is_marked_first_and_goes_a_day_later(remote, tidy):
    assert tidy({"a"}, keep=1, now=NOW) == ()
    assert tidy({"a"}, keep=1, now=NOW + GRACE - timedelta(seconds=1)) == ()
    assert left(remote) == {"a", "b", "c", "d", "half"}
    assert set(tidy({"a"}, keep=1, now=NOW + GRACE)) == {"b", "c"}, "the newest of the others stays: d"
    assert left(remote) == {"a", "d", "half"}, "what is half there may be growing"
    assert remote.read("bundles/b/1") is None


def test_what_is_named_again_starts_anew(remote, tidy):
    tidy({"a"}, keep=0, now=NOW)
    assert remote.read(f"bundles/c/{MARK}") is not None
    tidy({"a", "c"}, keep=0, now=NOW + timedelta(hours=1))
    assert remote.read(f"bundles/c/{MARK}") is None
    assert set(tidy({"a"}, keep=0, now=NOW + GRACE)) == {"b", "d"}, "c has only just been left"


def test_a_listing_that_lags_removes_nothing(bucket, remote):
    lagging = bucket.remote(ListsNothing)
    assert prune(lagging, "bundles", set(), keep=0, now=NOW) == ()
    assert prune(lagging, "bundles", set(), keep=0, now=NOW + 2 * GRACE) == ()
    assert left(remote) == {"a", "b", "c", "d", "half"}


def test_the_store_tells_when_an_object_was_put(bucket):
    remote = bucket.remote()
    remote.write("x", b"1")
    (at, nothing) = remote.written_at(["x", "y"])
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=1)
    assert nothing is None


@pytest.mark.parametrize("said", [b"long ago", b"2026-11-01T00:00:00", b"\xff"])
def test_a_mark_that_cannot_be_read_is_made_anew(remote, tidy, said):
    remote.write(f"bundles/a/{MARK}", said)
    assert tidy({"b", "c", "d"}, keep=0, now=NOW) == ()
    assert tidy({"b", "c", "d"}, keep=0, now=NOW + GRACE) == ("a",)
