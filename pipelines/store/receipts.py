"""The receipt of a forgetting: what was where, what is there now. It names nobody, and any change to it shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipelines.atomic import write_text
from pipelines.data.hashing import hash_json
from pipelines.errors import CrossfadeError
from pipelines.home import Home


@dataclass(frozen=True)
class Change:
    """One thing that held something of the person.

    Attributes:
        what: Its kind: snapshot, bundle, report, ...
        where: Where it was, below the home folder; the address of what was published.
        before: The hash of what was there.
        after: The hash of what took its place; None where nothing did.
        now_at: Where that is, where it has another name.
    """

    what: str
    where: str
    before: str
    after: str | None
    now_at: str | None = None


@dataclass(frozen=True)
class ForgetReceipt:
    """What was done to forget a person.

    Attributes:
        receipt_id: Its name.
        at: When it was done (ISO 8601, UTC).
        mac: What stands for the person: with it, and the secret, their id is recognised where data are read again.
        removed: How many rows of what left the event store.
        changes: Everything else that was changed or removed.
        searched: Whether every file was searched for the id in the end. An id of a few digits is found everywhere.
        sha256: The hash of the rest.
    """

    receipt_id: str
    at: str
    mac: str
    removed: Mapping[str, int]
    changes: tuple[Change, ...]
    searched: bool
    sha256: str = field(default="")

    def sealed(self) -> ForgetReceipt:
        """Return it with its hash."""
        return ForgetReceipt(**{**vars(self), "sha256": self._hash()})

    def is_whole(self) -> bool:
        """Tell whether nothing in it was changed."""
        return self.sha256 == self._hash()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**asdict(self), "removed": dict(self.removed), "changes": [asdict(change) for change in self.changes]}

    def _hash(self) -> str:
        return hash_json({name: value for name, value in self.to_json().items() if name != "sha256"})


def save_receipt(home: Home, receipt: ForgetReceipt) -> Path:
    """Write a receipt and return where it is.

    Raises:
        CrossfadeError: The disk is full or the folder cannot be written.
    """
    path = home.forgotten / f"{receipt.receipt_id}.json"
    write_text(path, json.dumps(receipt.to_json(), indent=2))
    return path


def read_receipt(path: Path) -> ForgetReceipt:
    """Read a receipt.

    Raises:
        CrossfadeError: There is none, or it cannot be read.
    """
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return ForgetReceipt(**{**raw, "changes": tuple(Change(**change) for change in raw["changes"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CrossfadeError("this is no receipt that can be read", where=str(path), remedy="Check the path") from error


def forgotten_macs(home: Home) -> frozenset[str]:
    """Return what stands for each person who was forgotten or is about to be.

    Raises:
        CrossfadeError: A receipt cannot be read: somebody might come back.
    """
    # In this order: a request goes only when its receipt is there, so nobody is missed who is between the two.
    waiting = waiting_macs(home)
    return waiting | receipt_macs(home)


def waiting_macs(home: Home) -> frozenset[str]:
    """Return what stands for each person who is about to be forgotten."""
    found: set[str] = set()
    for path in home.forget_requests.glob("[!.]*.json"):
        with suppress(FileNotFoundError):  # it was carried out meanwhile
            found.add(json.loads(path.read_text(encoding="utf-8"))["mac"])
    return frozenset(found)


def receipt_macs(home: Home) -> frozenset[str]:
    """Return what stands for each person who was forgotten.

    Raises:
        CrossfadeError: A receipt cannot be read.
    """
    return frozenset(read_receipt(path).mac for path in home.forgotten.glob("[!.]*.json"))
