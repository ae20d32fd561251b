"""Spotify's ids: base-62 ids of 22 characters, URIs, snapshot ids, ISRCs."""

from __future__ import annotations

import base64
import hashlib
import re
import string
from typing import Final

import numpy as np

from pipelines.testing.spotify_fake.messages import refuse

ALPHABET: Final = string.digits + string.ascii_letters
ID: Final = re.compile(r"[0-9A-Za-z]{22}")
URI: Final = re.compile(r"spotify:(track|artist|album|playlist|episode|show|audiobook):([0-9A-Za-z]{22})")


def new_id(rng: np.random.Generator) -> str:
    """Return a base-62 id."""
    return "".join(ALPHABET[digit] for digit in rng.integers(0, len(ALPHABET), 22))


def new_isrc(rng: np.random.Generator, year: int) -> str:
    """Return an ISRC: country, registrant, two digits of the year, five digits; 12 characters."""
    country = ("DE", "FR", "GB", "SE", "US")[rng.integers(5)]
    registrant = "".join((string.digits + string.ascii_uppercase)[digit] for digit in rng.integers(0, 36, 3))
    return f"{country}{registrant}{year % 100:02d}{rng.integers(0, 100_000):05d}"


def uri(kind: str, of: str) -> str:
    """Return the URI of a thing by its kind and id."""
    return f"spotify:{kind}:{of}"


def checked(identifier: str) -> str:
    """Return an id that may exist.

    Raises:
        RefusedError: 400, it is not base-62 with 22 characters.
    """
    if not ID.fullmatch(identifier):
        raise refuse(400, "Invalid base62 id")
    return identifier


def parts(text: str) -> tuple[str, str]:
    """Return kind and id of a URI.

    Raises:
        RefusedError: 400, it is not a URI.
    """
    found = URI.fullmatch(text)
    if not found:
        raise refuse(400, f"Invalid uri: {text[:100]}")
    return found[1], found[2]


def snapshot_id(of: str, revision: int) -> str:
    """Return the id of one state of a playlist; another one after each change."""
    digest = hashlib.sha1(f"{of} {revision}".encode()).hexdigest()  # noqa: S324 - a name, no protection
    return base64.b64encode(f"{revision},{digest}".encode()).decode()
