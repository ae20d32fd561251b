"""What was asked of the server, for assertions such as "no POST was sent twice"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Final

from pipelines.testing.spotify_fake.messages import Json, Request

#: Parameters that would let somebody in.
_SECRET: Final = frozenset({"access_token", "client_secret", "code", "code_verifier", "refresh_token", "state"})


@dataclass(frozen=True)
class Entry:
    """One request and the status of its answer; without headers, forms and secrets.

    Attributes:
        body: The JSON that was sent to the Web API; None where there was none.
        status: Of the answer; a client whose connection was cut has not seen it.
        fault: The fault that changed the answer; empty where none did.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    at: datetime
    status: int
    fault: str = ""

    def to_json(self) -> Json:
        """Return the entry as JSON."""
        return {**vars(self), "at": self.at.isoformat()}


class Journal(list[Entry]):
    """The requests in the order in which they were answered."""

    def of(self, method: str = "*", path: str = "*") -> list[Entry]:
        """Return the entries of a method and a path, which may hold ``*``."""
        return [each for each in self if fnmatchcase(each.method, method) and fnmatchcase(each.path, path)]


def entry_of(request: Request, at: datetime, status: int, fault: str) -> Entry:
    """Return the entry of a request."""
    query = {name: "..." if name in _SECRET else value for name, value in request.query.items()}
    return Entry(request.method, request.path, query, _body(request), at, status, fault)


def _body(request: Request) -> Any:
    import json

    if not request.path.startswith("/v1/"):
        return None
    try:
        return json.loads(request.body) if request.body else None
    except ValueError:
        return None
