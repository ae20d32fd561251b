"""Where the log-ins of the page's listeners are kept: sealed, in the store, until they are forgotten."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipelines.errors import AccessError
from pipelines.locking import only_one
from pipelines.sources.spotify_api.refusals import Reason
from pipelines.sources.spotify_api.tokens import Login
from pipelines.store.tokens import TokenSafe

_SERVICE: Final = "spotify"
_PENDING: Final = "spotify-log-in-begun"
_LOCK_PATIENCE_SECONDS: Final = 20.0
#: How long somebody may take to log in, in seconds.
_LONGEST_LOGIN: Final = 600.0


@dataclass(frozen=True)
class Begun:
    """A log-in that was begun and waits for the person to come back, perhaps to another worker.

    Attributes:
        state: What the answer must carry.
        verifier: What proves that whoever finishes it began it.
        redirect_uri: Where the browser comes back to.
        at: When it was begun, seconds since 1970.
    """

    state: str
    verifier: str
    redirect_uri: str
    at: float


class SealedLogin:
    """One listener's log-in (``pipelines.sources.spotify_api.tokens.LoginPlace``).

    Args:
        safe: The store's safe.
        listener_id: Whose.
        listener: The name the listener has towards the reader of Spotify.
        folder: What is locked while a token is renewed: one process of a machine at a time.
    """

    remedy = "Log in to Spotify again"

    def __init__(self, safe: TokenSafe, listener_id: str, listener: str, folder: Path) -> None:
        self._safe = safe
        self._listener_id = listener_id
        self.listener = listener
        self._folder = folder

    def load(self) -> Login | None:
        """Return the log-in, None where there is none."""
        text = self._safe.get(self._listener_id, _SERVICE)
        try:
            return None if text is None else Login.from_text(text)
        except ValueError as error:
            raise AccessError(
                "the log-in cannot be read", where="Spotify", remedy=self.remedy, reason=Reason.LOGIN_ENDED
            ) from error

    def save(self, login: Login) -> None:
        """Replace the log-in."""
        self._safe.put(self._listener_id, _SERVICE, login.to_text(), now=datetime.now(UTC))

    def delete(self) -> None:
        """Forget the log-in."""
        self._safe.drop(self._listener_id, _SERVICE)

    def alone(self) -> AbstractContextManager[None]:
        """Keep other processes of this machine from renewing it meanwhile."""
        return only_one(self._folder, patience=_LOCK_PATIENCE_SECONDS)

    def begin(self, begun: Begun) -> None:
        """Keep what a log-in was begun with; one that was begun before is void."""
        self._safe.put(self._listener_id, _PENDING, json.dumps(asdict(begun)), now=datetime.now(UTC))

    def begun(self, now: float) -> Begun:
        """Return what the log-in was begun with, once.

        Raises:
            AccessError: None was, or too long ago.
        """
        text = self._safe.get(self._listener_id, _PENDING)
        self._safe.drop(self._listener_id, _PENDING)
        begun = Begun(**json.loads(text)) if text else None
        if begun is None or now - begun.at > _LONGEST_LOGIN:
            raise AccessError(
                "no log-in to Spotify was begun here, or too long ago",
                where="Spotify",
                remedy=self.remedy,
                reason=Reason.DENIED,
            )
        return begun
