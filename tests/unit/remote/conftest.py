"""One server for all tests here, a bucket for each."""

import pytest

from tests.support.buckets import KEYS, new_bucket, s3_server


@pytest.fixture(scope="session")
def endpoint():
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(endpoint, monkeypatch):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return new_bucket(endpoint)
