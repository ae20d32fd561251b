"""Who calls: a visitor of the page by a session, a program by a key, or nobody in particular."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from pipelines.errors import NotAllowedError, NotIdentifiedError
from pipelines.store.keys import ADMIN, LISTEN

_START = "Open the page, or call /v1/session and send its cookie; programs send 'Authorization: Bearer' with a key"


@dataclass(frozen=True)
class Caller:
    """Who calls.

    Attributes:
        listener_id: The listener of the session; None without one.
        verified: Whether a write of the session comes from the page itself (CSRF token and origin).
        key_id: The id of the API key; None without one.
        scopes: What the key may do.
    """

    listener_id: str | None = None
    verified: bool = False
    key_id: str | None = None
    scopes: frozenset[str] = frozenset()

    def listener(self, user_id: str | None = None) -> str:
        """Return whose data a call is about: the listener a key names, or the session's own.

        Raises:
            NotIdentifiedError: There is neither session nor key.
            NotAllowedError: They may not see this listener's data, or name none.
        """
        if self.key_id is not None:
            return self._named(user_id)
        if self.listener_id is None:
            raise NotIdentifiedError("this call is about a listener's own data, and nobody is known", remedy=_START)
        if user_id not in {None, self.listener_id}:
            raise NotAllowedError(
                "a session sees its own listener only", remedy="Leave 'user_id' out, or use a key with scope 'listen'"
            )
        return self.listener_id

    def writer(self, user_id: str | None = None) -> str:
        """Return whose data a call changes.

        Raises:
            NotIdentifiedError: There is neither session nor key.
            NotAllowedError: They may not change this listener's data, or the call does not come from the page.
        """
        listener = self.listener(user_id)
        if self.key_id is None and not self.verified:
            raise NotAllowedError(
                "this does not come from the page itself",
                remedy="Send the token of /v1/session as the header X-CSRF-Token, from the page's own origin",
            )
        return listener

    def require_admin(self) -> None:
        """Check that a key with scope ``admin`` asks.

        Raises:
            NotIdentifiedError: There is no key.
            NotAllowedError: The key may not.
        """
        if self.key_id is None:
            raise NotIdentifiedError("this needs a key", remedy="'crossfade keys create NAME --scope admin' makes one")
        if ADMIN not in self.scopes:
            raise NotAllowedError("this needs a key with scope 'admin'", remedy="'crossfade keys create' makes one")

    def _named(self, user_id: str | None) -> str:
        if not self.scopes & {LISTEN, ADMIN}:
            raise NotAllowedError(
                "this key may not act for listeners", remedy="'crossfade keys create NAME --scope listen' makes one"
            )
        if user_id is None:
            raise NotAllowedError("a key is no listener", remedy="Say for whom with 'user_id'")
        return user_id


#: No session and no key.
NOBODY = Caller()

#: Who makes the call being answered.
caller: ContextVar[Caller] = ContextVar("caller", default=NOBODY)
