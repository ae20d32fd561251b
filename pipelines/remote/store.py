"""A place in an object store, by PyArrow's file systems: whole objects are read, written and removed, nothing else.

Keys come from where each vendor's SDK looks for them, never from the address, so an address can be shown and logged.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa
from pyarrow import fs

from pipelines.errors import ConfigError, RemoteError

_BLOCK: Final = 4 << 20
_ATTEMPTS: Final = 3
_CONNECT_SECONDS: Final = 5
_REQUEST_SECONDS: Final = 60
_OUR_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_OPTIONS: Final = frozenset({"endpoint", "region"})
_NOT_LET_IN: Final = ("ACCESS_DENIED", "403", "401", "INVALID_ACCESS_KEY", "SIGNATURE", "INVALID_CLIENT", "PERMISSION")
_LET_IN: Final = "Check the credentials that the store's SDK finds (docs/how-to/object-store.md)"
_AGAIN: Final = "Check the address and the network, then run again: what was carried over already stays"


class Remote:
    """A prefix in a bucket.

    Args:
        files: The store.
        root: Bucket and prefix, as the store's paths begin.
        url: The same as people write it; for messages.
    """

    def __init__(self, files: fs.FileSystem, root: str, url: str) -> None:
        self._files = files
        self._root = root.rstrip("/")
        self.url = url.rstrip("/")

    @classmethod
    def of(cls, address: str, environment: Mapping[str, str]) -> Remote:
        """Return the place an address names; nothing is asked of the store yet.

        Args:
            address: Such as ``s3://bucket/prefix``, ``gs://bucket/prefix`` or ``az://container/prefix``. For S3 the
                options ``?region=`` and ``&endpoint=`` may follow.
            environment: Where the region, the endpoint and the Azure account stand otherwise.

        Raises:
            ConfigError: The address is of no known kind, or holds credentials.
        """
        parts = urlsplit(address)
        options = dict(parse_qsl(parts.query))
        if "@" in parts.netloc:
            raise ConfigError(
                "an address holds no credentials", where="CROSSFADE_REMOTE", remedy=_LET_IN.replace("Check", "Use")
            )
        if parts.scheme not in _OPENERS or not parts.netloc or set(options) - _OPTIONS:
            raise ConfigError(
                f"'{address}' is no address of an object store",
                where="CROSSFADE_REMOTE",
                remedy="Write s3://bucket/prefix, gs://bucket/prefix or az://container/prefix",
            )
        root = f"{parts.netloc}{parts.path}"
        url = f"{parts.scheme}://{root}"
        try:
            return cls(_OPENERS[parts.scheme](options, environment), root, url)
        except (OSError, pa.ArrowException) as error:
            raise ConfigError(f"the store cannot be opened ({error})", where=url, remedy=_LET_IN) from error

    def at(self, path: str) -> str:
        """Return the address of an object, for people."""
        return f"{self.url}/{path}"

    def read(self, path: str) -> bytes | None:
        """Return a small object; None where there is none.

        Raises:
            RemoteError: The store does not answer or refuses.
        """
        try:
            with self._explained(path), self._files.open_input_stream(self._key(path)) as stream:
                return bytes(stream.read())
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes) -> None:
        """Put a small object, in one step: readers see what was there before or this.

        Raises:
            RemoteError: The store does not answer or refuses.
        """
        with self._explained(path), self._files.open_output_stream(self._key(path)) as stream:
            stream.write(content)

    def upload(self, local: Path, path: str) -> None:
        """Put a file. If it is cut off, an object that is too short may be left: PyArrow ends what it began.

        Raises:
            RemoteError: The store does not answer or refuses.
        """
        with self._explained(path), local.open("rb") as file, self._files.open_output_stream(self._key(path)) as stream:
            while block := file.read(_BLOCK):
                stream.write(block)

    def download(self, path: str, local: Path) -> str:
        """Write an object into a new file and return the SHA-256 of what came.

        Raises:
            RemoteError: There is no such object, or the store does not answer or refuses.
        """
        digest = hashlib.sha256()
        try:
            with (
                self._explained(path),
                self._files.open_input_stream(self._key(path)) as stream,
                local.open("xb") as file,
            ):
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    file.write(block)
        except FileNotFoundError as error:
            raise RemoteError("the object is missing", where=self.at(path), remedy="Publish it again") from error
        return digest.hexdigest()

    def sizes(self, paths: Sequence[str]) -> list[int | None]:
        """Return the size of each object in bytes; None for one that is not there. Asks for each, lists nothing.

        Raises:
            RemoteError: The store does not answer or refuses.
        """
        with self._explained(""):
            found = self._files.get_file_info([self._key(path) for path in paths])
        return [info.size if info.type == fs.FileType.File else None for info in found]

    def written_at(self, paths: Sequence[str]) -> list[datetime | None]:
        """Return when each object was put, by the store's clock; None for one that is not there. Lists nothing.

        Raises:
            RemoteError: The store does not answer or refuses.
        """
        with self._explained(""):
            found = self._files.get_file_info([self._key(path) for path in paths])
        return [info.mtime if info.type == fs.FileType.File else None for info in found]

    def folders(self, path: str) -> list[str]:
        """Return the names of the folders under a path, as far as the store lists them; for housekeeping only.

        Raises:
            RemoteError: The store does not answer or refuses.
        """
        with self._explained(path):
            found = self._files.get_file_info(fs.FileSelector(self._key(path), allow_not_found=True, recursive=True))
        # To Google's store there are objects alone: a folder is what something is in.
        inside = [info.path.removeprefix(f"{self._key(path)}/") for info in found if info.type == fs.FileType.File]
        return sorted({name.partition("/")[0] for name in inside if "/" in name})

    def remove(self, path: str) -> None:
        """Remove one object; nothing happens where there is none.

        Raises:
            RemoteError: The store does not answer or refuses.
        """
        try:
            with self._explained(path):
                self._files.delete_file(self._key(path))
        except FileNotFoundError:
            return

    def remove_folder(self, path: str) -> None:
        """Remove every object under a path.

        Raises:
            RemoteError: The store does not answer or refuses.
        """
        try:
            with self._explained(path):
                self._files.delete_dir(self._key(path))
        except FileNotFoundError:
            return

    def _key(self, path: str) -> str:
        return f"{self._root}/{path}".rstrip("/")

    @contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        """Turn what a store's client says into an error a person can act on; an object that is missing passes."""
        try:
            yield
        except FileNotFoundError:
            raise
        except (OSError, pa.ArrowException) as error:
            if (
                isinstance(error, OSError) and error.errno in _OUR_DISK
            ):  # a download's; whoever made the folder explains
                raise
            said = " ".join(str(error).split())
            refused = isinstance(error, PermissionError) or any(word in said.upper() for word in _NOT_LET_IN)
            what = "the object store refuses" if refused else "the object store does not do what was asked"
            remedy = _LET_IN if refused else _AGAIN
            raise RemoteError(f"{what} ({said})", where=self.at(path), remedy=remedy) from error


def _s3(options: Mapping[str, str], environment: Mapping[str, str]) -> fs.FileSystem:
    endpoint = options.get("endpoint") or _first(environment, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    region = options.get("region") or _first(environment, "AWS_REGION", "AWS_DEFAULT_REGION")
    given: dict[str, Any] = {"endpoint_override": endpoint, "region": region}
    return fs.S3FileSystem(
        **{name: value for name, value in given.items() if value},
        allow_delayed_open=True,  # a small object is then one request and not three
        connect_timeout=_CONNECT_SECONDS,
        request_timeout=_REQUEST_SECONDS,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
    )


def _gcs(_options: Mapping[str, str], _environment: Mapping[str, str]) -> fs.FileSystem:
    from datetime import timedelta

    return fs.GcsFileSystem(retry_time_limit=timedelta(seconds=_REQUEST_SECONDS))


def _azure(_options: Mapping[str, str], environment: Mapping[str, str]) -> fs.FileSystem:
    account = _first(environment, "AZURE_STORAGE_ACCOUNT")
    if not account:
        raise ConfigError(
            "the storage account is not known", where="AZURE_STORAGE_ACCOUNT", remedy="Set it to the account's name"
        )
    return fs.AzureFileSystem(account, account_key=_first(environment, "AZURE_STORAGE_KEY"))


def _first(environment: Mapping[str, str], *names: str) -> str | None:
    return next((environment[name] for name in names if environment.get(name)), None)


_OPENERS: Final = {"s3": _s3, "gs": _gcs, "az": _azure}
