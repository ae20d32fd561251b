"""The authenticator: tells from a request's headers who calls, before anything else of it is read."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.types import Scope

from pipelines.errors import NotIdentifiedError, StoreError
from pipelines.store.keys import PREFIX, ApiKey
from serving.identity.callers import NOBODY, Caller
from serving.identity.hosts import is_here
from serving.identity.rate_limits import RateLimits
from serving.identity.sessions import CSRF_HEADER, Sessions, session_cookie
from serving.request import Asked
from serving.store.gateway import StoreGateway

#: How soon a key that is revoked stops working, in seconds.
KEY_SECONDS = 5.0

#: How many calls a minute one session may make: a dial that is dragged asks often.
SESSION_RATE = 1_200

_MOST_KEYS = 1_000


class Authenticator:
    """Knows callers by their cookie or key, and holds them to their rate.

    Args:
        gateway: Where keys are found.
        sessions: What reads cookies.
        open_to_network: Whether callers from other machines may do what callers of this one may.
    """

    def __init__(self, gateway: StoreGateway, sessions: Sessions, *, open_to_network: bool = False) -> None:
        self._gateway = gateway
        self._sessions = sessions
        self._open = open_to_network
        self._rates = RateLimits()
        self._known: dict[str, tuple[float, ApiKey | None]] = {}

    async def identify(self, scope: Scope, asked: Asked) -> Caller:
        """Return who makes a request.

        Raises:
            NotIdentifiedError: The key is none that works, or the request comes from elsewhere and has none.
            TooManyCallsError: They ask too often.
            StoreError: The key cannot be looked up now.
        """
        if "authorization" in asked:
            return await self._by_key(asked.get("authorization"))
        cookie = asked.get("cookie")
        found = self._by_session(asked, cookie) if cookie else NOBODY
        if not self._open and not is_here(scope):
            raise NotIdentifiedError(
                "callers from other machines need a key",
                remedy="Send 'Authorization: Bearer' with a key of 'crossfade keys create'",
            )
        return found

    async def _by_key(self, bearer: str) -> Caller:
        scheme, _, key = bearer.partition(" ")
        known = await self._look_up(key.strip()) if scheme.lower() == "bearer" else None
        if known is None or not known.works(datetime.now(UTC)):
            raise NotIdentifiedError(
                "this key does not work: it is unknown, revoked or past its end",
                remedy="'crossfade keys list' shows the keys that work",
            )
        self._rates.take(known.key_id, known.per_minute)
        return Caller(key_id=known.key_id, scopes=known.scopes)

    async def _look_up(self, key: str) -> ApiKey | None:
        """Return what is known of a key; what was asked a moment ago is not asked again."""
        if not key.startswith(PREFIX):
            return None
        now = time.monotonic()
        until, known = self._known.get(key, (0.0, None))
        if until < now:
            try:
                known = await self._gateway.find_key(key)
            except StoreError:
                if known is None:  # who was known when the store went away goes on working
                    raise
            if len(self._known) >= _MOST_KEYS:
                self._known.clear()
            self._known[key] = (now + KEY_SECONDS, known)
        return known

    def _by_session(self, asked: Asked, cookie: str) -> Caller:
        found = self._sessions.read(session_cookie(cookie))
        if found is None:
            return NOBODY
        listener_id, _ = found
        self._rates.take(listener_id, SESSION_RATE)
        token = asked.get(CSRF_HEADER.lower())
        verified = bool(token) and self._sessions.is_csrf_token(token, listener_id) and is_own_origin(asked)
        return Caller(listener_id, verified=verified)


def is_own_origin(asked: Asked) -> bool:
    """Tell whether a request comes from a page of this service: its origin is the host it asks."""
    if "origin" not in asked:
        return asked.get("sec-fetch-site") == "same-origin"
    host = asked.get("host")
    try:
        return bool(host) and urlsplit(asked.get("origin")).netloc == host
    except ValueError:  # it is no address at all
        return False
