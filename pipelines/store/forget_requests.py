"""Who is still to be forgotten everywhere else: left by the service or a command, carried out by the flow ``forget``.

The service deletes what its store holds at once; snapshots, models and reports are the flow's. Until it has been there
the name has to wait somewhere, and Prefect is no place for it: a request is a file, the name in it sealed with the
installation's secret, with what was done already. It goes when the receipt is written.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from pipelines.atomic import write_text
from pipelines.errors import CrossfadeError
from pipelines.home import Home
from pipelines.store.receipts import Change
from pipelines.store.secret import Secret
from pipelines.store.times import moment


@dataclass(frozen=True)
class ForgetRequest:
    """Somebody who is to be forgotten, and how far that has got.

    Attributes:
        listener_id: Who.
        mac: What stands for them where nobody may know (``mac_of``).
        at: When it was asked for.
        removed: How many rows of what left the event store.
        changes: What was changed or removed elsewhere.
        counted: When each of what makes up ``removed`` was told, so that nothing counts twice.
    """

    listener_id: str
    mac: str
    at: str
    removed: Mapping[str, int]
    changes: tuple[Change, ...] = ()
    counted: tuple[str, ...] = ()

    @property
    def request_id(self) -> str:
        """Its name; it tells nobody who it is about."""
        return self.mac[:16]


class ForgetRequests:
    """The requests in a home folder.

    Args:
        home: The home folder.
        secret: The installation's secret.
    """

    def __init__(self, home: Home, secret: Secret) -> None:
        self._folder = home.forget_requests
        self._secret = secret
        self._fernet = Fernet(base64.urlsafe_b64encode(secret.key("forget requests")))

    def add(self, listener_id: str, *, now: datetime, removed: Mapping[str, int] | None = None) -> ForgetRequest:
        """Ask that somebody be forgotten; who asks again before it was done adds to the request that waits.

        What was asked at the very same time is the same again: a letter whose reader was killed is read twice.

        Raises:
            CrossfadeError: The disk is full or the folder cannot be written.
        """
        mac, at = mac_of(self._secret, listener_id), moment(now)
        waiting = self._read(self._path(mac[:16])) or ForgetRequest(listener_id, mac, at, {})
        if at in waiting.counted:
            return waiting
        given = dict(removed or {})
        counts = {name: waiting.removed.get(name, 0) + given.get(name, 0) for name in {*waiting.removed, *given}}
        return self.save(replace(waiting, removed=counts, counted=(*waiting.counted, at)))

    def save(self, request: ForgetRequest) -> ForgetRequest:
        """Keep how far a request has got, and return it."""
        content = {
            "sealed": self._fernet.encrypt(request.listener_id.encode()).decode(),
            "mac": request.mac,
            "at": request.at,
            "removed": dict(request.removed),
            "changes": [asdict(change) for change in request.changes],
            "counted": request.counted,
        }
        write_text(self._path(request.request_id), json.dumps(content, indent=2))
        return request

    def waiting(self) -> tuple[ForgetRequest, ...]:
        """Return the requests that wait, the oldest first.

        Raises:
            CrossfadeError: One of them cannot be read.
        """
        found = [self._read(path) for path in self._folder.glob("[!.]*.json")]
        return tuple(sorted((each for each in found if each is not None), key=lambda each: each.at))

    def mac_of(self, listener_id: str) -> str:
        """Return what stands for a listener in requests and receipts."""
        return mac_of(self._secret, listener_id)

    def done(self, request: ForgetRequest) -> None:
        """Remove a request."""
        self._path(request.request_id).unlink(missing_ok=True)

    def _path(self, request_id: str) -> Path:
        return self._folder / f"{request_id}.json"

    def _read(self, path: Path) -> ForgetRequest | None:
        try:
            raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            listener = self._fernet.decrypt(raw["sealed"].encode()).decode()
            changes = tuple(Change(**change) for change in raw["changes"])
            counted = tuple(raw.get("counted", ()))  # none where an older version wrote it
            return ForgetRequest(listener, raw["mac"], raw["at"], raw["removed"], changes, counted)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, InvalidToken) as error:
            raise CrossfadeError(
                "this request to forget somebody cannot be read",
                where=str(path),
                remedy="Restore secret.key (or CROSSFADE_SECRET_KEY), with which it was sealed",
            ) from error


def mac_of(secret: Secret, listener_id: str) -> str:
    """Return what stands for a listener where nobody may know who it is: only this installation can make it."""
    return secret.mac("forgotten", listener_id)
