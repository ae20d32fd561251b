"""What an address may be, and what is said where a store refuses or is away."""

import httpx
import pytest

from pipelines.errors import ConfigError, RemoteError
from pipelines.remote.store import Remote
from tests.support.buckets import KEYS


@pytest.mark.parametrize("address", ["bucket/crossfade", "http://bucket/x", "s3://", "s3:///x", "s3://b/x?acl=public"])
def test_an_address_of_no_known_kind_is_refused(address):
    with pytest.raises(ConfigError, match="no address of an object store"):
        Remote.of(address, {})


def test_an_address_holds_no_credentials_and_they_are_not_repeated():
    with pytest.raises(ConfigError) as refused:
        Remote.of("s3://key:hidden@bucket/x", {})
    assert "hidden" not in str(refused.value)


def test_azure_asks_for_the_account():
    with pytest.raises(ConfigError, match="AZURE_STORAGE_ACCOUNT: the storage account is not known"):
        Remote.of("az://container/crossfade", {})


@pytest.mark.parametrize(
    ("address", "store"),
    [("s3://b/x", "s3"), ("gs://b/x", "gcs"), ("az://b/x", "abfs")],
)
def test_each_kind_of_address_opens_its_store(address, store):
    # Nothing is asked of a store before it is used, so that none has to be there.
    variables = {"AWS_REGION": "us-east-1", "AZURE_STORAGE_ACCOUNT": "shop", "AZURE_STORAGE_KEY": "a2V5"}
    remote = Remote.of(address, variables)
    assert remote._files.type_name == store
    assert remote.at("champion.json") == f"{address}/champion.json"


def test_an_object_is_written_read_replaced_and_removed(bucket):
    remote = bucket.remote()
    assert remote.read("a/b") is None
    remote.write("a/b", b"one")
    remote.write("a/b", b"two")
    assert remote.read("a/b") == b"two"
    assert remote.sizes(["a/b", "a/c"]) == [3, None]
    assert remote.folders("") == ["a"]
    remote.remove("a/b")
    remote.remove("a/b")
    assert remote.read("a/b") is None


def test_a_folder_is_removed_with_all_that_is_in_it(bucket):
    remote = bucket.remote()
    for name in ("a/1", "a/b/2", "c/3"):
        remote.write(name, b"x")
    remote.remove_folder("a")
    remote.remove_folder("a")
    assert [key for key in bucket.objects() if key and not key.endswith("/")] == ["c/3"]


def test_keys_that_are_refused_are_said_to_be_and_are_not_repeated(bucket, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden-and-wrong")
    httpx.post(f"{bucket.endpoint}/moto-api/reset-auth", content=b"0").raise_for_status()
    try:
        with pytest.raises(RemoteError) as refused:
            bucket.remote().write("a", b"x")
    finally:
        httpx.post(f"{bucket.endpoint}/moto-api/reset-auth", content=b"1000000000").raise_for_status()
    assert "the object store refuses" in refused.value.what
    assert "credentials" in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_a_store_that_is_away_is_said_to_be(monkeypatch):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    remote = Remote.of("s3://bucket/x?endpoint=http://127.0.0.1:9", KEYS)
    with pytest.raises(RemoteError, match="the object store does not do what was asked") as away:
        remote.read("champion.json")
    assert away.value.where == "s3://bucket/x/champion.json"


def test_a_bucket_that_is_not_there_is_not_made(bucket):
    remote = Remote.of(f"s3://nobodys/x?endpoint={bucket.endpoint}", KEYS)
    with pytest.raises(RemoteError):
        remote.write("a", b"x")
