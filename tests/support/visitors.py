"""Who calls a live service in tests: visitors of the page, and programs with keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from pipelines.home import Home
from pipelines.store.database import Database
from pipelines.store.keys import KeyRing
from pipelines.store.migrating import bring_up_to_date


class Visitor:
    """A visitor of the page, as the page's own scripts call.

    Args:
        url: The service's address.
        cookie: A session's cookie; None for a new session.
    """

    def __init__(self, url: str, cookie: str | None = None) -> None:
        cookies = {} if cookie is None else {"crossfade_session": cookie}
        self.http = httpx.Client(base_url=url, cookies=cookies, headers={"Origin": url}, timeout=30)
        self.session: dict[str, Any] = self.post("session").json()
        self.http.headers["X-CSRF-Token"] = self.session["csrf_token"]

    @property
    def cookie(self) -> str:
        """The session's cookie."""
        return self.http.cookies["crossfade_session"]

    @property
    def listener_id(self) -> str:
        """The listener the cookie stands for."""
        return f"web:{self.cookie.split('.')[1]}"

    def post(self, name: str, body: Any = None) -> httpx.Response:
        """Make a call."""
        return self.http.post(f"/v1/{name}", json={} if body is None else body)

    def tell(self, kind: str, track: str | None = None, **rest: Any) -> str:
        """Send feedback that has to be recorded, and return its id."""
        event_id = uuid4().hex
        body = {"event_id": event_id, "kind": kind, **({"track_id": track} if track else {}), **rest}
        answer = self.post("feedback", body)
        assert answer.status_code == httpx.codes.OK, answer.text
        assert answer.json()["recorded"]
        return event_id

    def tracks(self, **body: Any) -> list[str]:
        """Return the ids of a list."""
        answer = self.post("recommendations", {"k": 6, **body})
        assert answer.status_code == httpx.codes.OK, answer.text
        return [entry["track"]["track_id"] for entry in answer.json()["recommendations"]]


@contextmanager
def visiting(url: str, cookie: str | None = None) -> Iterator[Visitor]:
    """Give a visitor."""
    visitor = Visitor(url, cookie)
    try:
        yield visitor
    finally:
        visitor.http.close()


def make_key(home: Home, *scopes: str, per_minute: int = 100_000) -> str:
    """Make an API key for a service of this home folder."""
    database = Database.of(home)
    bring_up_to_date(database)
    key, _ = KeyRing(database).create("test", scopes, per_minute=per_minute, now=datetime.now(UTC))
    database.close()
    return key


def with_key(key: str) -> dict[str, str]:
    """Return the header that shows a key."""
    return {"Authorization": f"Bearer {key}"}
