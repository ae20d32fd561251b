"""Published archives: a local file where one is given, else a download that is checked, retried and kept."""

from __future__ import annotations

import hashlib
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path

from pipelines.atomic import new_file
from pipelines.data.hashing import hash_file
from pipelines.errors import SourceError
from pipelines.home import Home
from pipelines.sources.base import SourceOptions
from pipelines.sources.tabular import check_file

_ATTEMPTS = 3
_BLOCK_BYTES = 1 << 20
_FIRST_PAUSE_SECONDS = 1.0
_TIMEOUT_SECONDS = 30.0
#: Answers that will be the same on the next attempt.
_FINAL = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


@dataclass(frozen=True)
class PublishedArchive:
    """A file at a public address.

    Attributes:
        url: Its address.
        sha256: The checksum it must have.
    """

    url: str
    sha256: str

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.url.rsplit("/", 1)[-1]


def local_copy(archive: PublishedArchive, options: SourceOptions) -> Path:
    """Return a path to read: the file the options name, the copy kept from before, or a fresh download.

    Raises:
        SourceError: The named file cannot be read, or the download failed.
    """
    if options.archive is not None:
        check_file(options.archive)
        return options.archive
    folder = options.downloads if options.downloads is not None else Home(Path(".crossfade")).downloads
    kept = folder / archive.sha256[:16] / archive.name
    if not (kept.is_file() and hash_file(kept) == archive.sha256):
        download(archive, kept)
    return kept


def download(archive: PublishedArchive, target: Path, *, pause: float = _FIRST_PAUSE_SECONDS) -> None:
    """Fetch an archive; ``target`` appears only whole and with the right checksum.

    Args:
        archive: What to fetch.
        target: Where to keep it.
        pause: Seconds before the second attempt; each further one waits twice as long.

    Raises:
        SourceError: The address did not answer, or what came has another checksum.
    """
    problem = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(pause * 2 ** (attempt - 1))
        try:
            _fetch(archive, target)
        except (OSError, HTTPException, _WrongChecksumError) as error:
            problem = str(getattr(error, "reason", "") or error) or type(error).__name__
            if isinstance(error, urllib.error.HTTPError) and error.code in _FINAL:
                break
        else:
            return
    raise SourceError(
        f"the download failed ({problem})",
        where=archive.url,
        remedy=f"Fetch {archive.name} by other means and pass it: --archive FILE (make: ARCHIVE=FILE)",
    )


class _WrongChecksumError(Exception):
    """What came is not what was published."""


def _fetch(archive: PublishedArchive, target: Path) -> None:
    """Make one attempt."""
    digest = hashlib.sha256()
    # The addresses are constants of this package, never something a person typed.
    with urllib.request.urlopen(archive.url, timeout=_TIMEOUT_SECONDS) as reply, new_file(target) as file:  # noqa: S310
        while block := reply.read(_BLOCK_BYTES):
            digest.update(block)
            file.write(block)
        if digest.hexdigest() != archive.sha256:
            found = f"{file.tell():,} bytes with the checksum {digest.hexdigest()[:16]}..."
            raise _WrongChecksumError(f"{found} came, published is {archive.sha256[:16]}...")
