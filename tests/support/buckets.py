"""Object stores for tests: S3 by moto, one between it and us that breaks and lags, and Google's by an emulator."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Any, Self

import boto3
from gcp_storage_emulator.server import create_server
from moto.server import ThreadedMotoServer
from pyarrow import fs

from pipelines.remote.store import Remote
from tests.support.served import free_port

KEYS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Bucket:
    """A bucket on a server that speaks S3.

    Attributes:
        endpoint: The server's address.
        name: The bucket.
    """

    endpoint: str
    name: str

    @property
    def url(self) -> str:
        """The value of CROSSFADE_REMOTE."""
        return f"s3://{self.name}/crossfade?endpoint={self.endpoint}"

    @property
    def client(self) -> Any:
        """Another client of the same server."""
        return boto3.client("s3", endpoint_url=self.endpoint)

    def remote(self, files: Any = None) -> Remote:
        """Return the place as the program sees it."""
        remote = Remote.of(self.url, KEYS)
        return remote if files is None else Remote(files(remote._files), f"{self.name}/crossfade", remote.url)

    def objects(self, prefix: str = "") -> dict[str, int]:
        """Return the size in bytes of every object below a prefix."""
        below = f"crossfade/{prefix}"
        found = self.client.list_objects_v2(Bucket=self.name, Prefix=below).get("Contents", [])
        return {entry["Key"].removeprefix(below): entry["Size"] for entry in found}

    def keys(self) -> list[str]:
        """Return what is there."""
        return list(self.objects())

    def put(self, key: str, body: bytes) -> None:
        """Write over an object."""
        self.client.put_object(Bucket=self.name, Key=f"crossfade/{key}", Body=body)


@contextmanager
def s3_server() -> Iterator[str]:
    """Start a server that speaks S3 and give its address."""
    server = ThreadedMotoServer(port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def google_store(name: str) -> Iterator[Remote]:
    """Start a server that speaks as Google Cloud Storage does, and give a place in a bucket of it."""
    port = free_port()
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket=name)
    server.start()
    try:
        files = fs.GcsFileSystem(
            anonymous=True,
            scheme="http",
            endpoint_override=f"127.0.0.1:{port}",
            retry_time_limit=timedelta(seconds=10),
        )
        yield Remote(files, f"{name}/crossfade", f"gs://{name}/crossfade")
    finally:
        server.stop()


def new_bucket(endpoint: str) -> Bucket:
    """Return an empty bucket."""
    bucket = Bucket(endpoint, f"b-{uuid.uuid4().hex[:12]}")
    bucket.client.create_bucket(Bucket=bucket.name)
    return bucket


class CutOff:
    """A store whose connection breaks for good after so many bytes were put."""

    def __init__(self, files: fs.FileSystem, size: int) -> None:
        self._files, self._left, self._lock = files, size, Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def open_output_stream(self, path: str) -> _Stream:
        return _Stream(self._files.open_output_stream(path), self)

    def take(self, size: int) -> int:
        """Return how many of so many bytes still pass."""
        with self._lock:
            passing = min(size, self._left)
            self._left -= passing
            return passing


class _Stream:
    """Passes what may pass; closes what it began, as PyArrow does."""

    def __init__(self, stream: Any, store: CutOff) -> None:
        self._stream, self._store = stream, store

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, block: bytes) -> None:
        passing = self._store.take(len(block))
        self._stream.write(block[:passing])
        if passing < len(block):
            raise OSError("the connection was reset")


class ListsNothing:
    """A store whose listings lag so far behind that they are empty; an object asked for by name is there."""

    def __init__(self, files: fs.FileSystem) -> None:
        self._files = files

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def get_file_info(self, what: Any) -> Any:
        return [] if isinstance(what, fs.FileSelector) else self._files.get_file_info(what)
