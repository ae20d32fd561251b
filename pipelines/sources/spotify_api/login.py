"""Logging in with PKCE: the person's browser goes to Spotify and comes back with a code; no secret is shipped."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

from pipelines.errors import AccessError
from pipelines.sources.spotify_api.app import SpotifyApp
from pipelines.sources.spotify_api.refusals import LOG_IN_AGAIN, Reason
from pipelines.sources.spotify_api.tokens import Login, broken_token_answer, silence_spotipy

if TYPE_CHECKING:
    from spotipy.oauth2 import SpotifyPKCE

    from pipelines.sources.spotify_api.session import SpotifySession

_T = TypeVar("_T")
#: What reading a library needs; nothing is asked for that is not used.
READ_SCOPES: Final = (
    "user-library-read",
    "user-top-read",
    "user-read-recently-played",
    "playlist-read-private",
    "playlist-read-collaborative",
)
#: Asked for only when a playlist is about to be saved.
SAVE_PRIVATE_SCOPE: Final = "playlist-modify-private"
SAVE_PUBLIC_SCOPE: Final = "playlist-modify-public"


@dataclass(frozen=True)
class PendingLogin:
    """A log-in that waits for the person.

    Attributes:
        address: The page to open in a browser.
        state: What the answer must carry, so that nobody else's answer is taken for it.
        pkce: spotipy's half of the handshake, which knows the verifier.
    """

    address: str
    state: str
    pkce: SpotifyPKCE

    @property
    def verifier(self) -> str:
        """What proves that whoever finishes the log-in began it; it never leaves this program."""
        return str(self.pkce.code_verifier)


def begin_login(app: SpotifyApp, session: SpotifySession, scopes: Iterable[str], redirect_uri: str) -> PendingLogin:
    """Prepare a log-in.

    Raises:
        ConfigError: No app was named.
    """
    pkce = pkce_manager(app, session, redirect_uri=redirect_uri, scopes=scopes)
    state = secrets.token_urlsafe(24)
    return PendingLogin(address=pkce.get_authorize_url(state=state), state=state, pkce=pkce)


def resume_login(
    app: SpotifyApp, session: SpotifySession, *, state: str, verifier: str, redirect_uri: str
) -> PendingLogin:
    """Return a log-in that another process began, so that this one can finish it.

    Args:
        app: The app the person logs in to.
        session: The door to Spotify.
        state: The state it was begun with.
        verifier: The other half of the handshake, ``PendingLogin.verifier``.
        redirect_uri: Where the browser was sent back to.

    Raises:
        ConfigError: No app was named.
    """
    pkce = pkce_manager(app, session, redirect_uri=redirect_uri)
    # Only the verifier is sent; without a challenge spotipy would make a new pair of both.
    pkce.code_verifier, pkce.code_challenge = verifier, "sent"
    return PendingLogin(address="", state=state, pkce=pkce)


def finish_login(pending: PendingLogin, answer: str, *, app: SpotifyApp, listener: str, now: float) -> Login:
    """Exchange the answer for a log-in.

    Args:
        pending: The log-in that was begun.
        answer: The address the browser was sent back to, whole.
        app: The app the person logs in to.
        listener: The person's name here.
        now: Seconds since 1970.

    Raises:
        AccessError: The person said no, the answer belongs to another log-in, or Spotify does not take its code.
    """
    code = _code_in(answer, pending.state)
    try:
        # Without check_cache=False spotipy returns the token it has and never sends the code.
        ask_for_token(pending.pkce.get_access_token, code, check_cache=False)
    except AccessError as error:
        if error.reason != Reason.LOGIN_ENDED:
            raise
        raise _denied("Spotify does not take the code (it can be used once, and for a few minutes)") from error
    given: dict[str, Any] = pending.pkce.cache_handler.get_cached_token()
    return Login.from_answer(given, now=now, client_id=app.client_id, listener=listener)


def pkce_manager(
    app: SpotifyApp, session: SpotifySession, *, redirect_uri: str = "", scopes: Iterable[str] = ()
) -> SpotifyPKCE:
    """Return spotipy's PKCE client; it opens no browser and writes no file.

    Raises:
        ConfigError: No app was named.
    """
    from spotipy.cache_handler import MemoryCacheHandler
    from spotipy.oauth2 import SpotifyPKCE

    silence_spotipy()
    pkce = SpotifyPKCE(
        client_id=app.require_client_id(),
        # spotipy looks for an environment variable where this is empty.
        redirect_uri=redirect_uri or "http://127.0.0.1/callback",
        scope=" ".join(scopes) or None,
        requests_session=session,
        open_browser=False,
        cache_handler=MemoryCacheHandler(),
    )
    pkce.OAUTH_AUTHORIZE_URL = f"{app.accounts_url.rstrip('/')}/authorize"
    pkce.OAUTH_TOKEN_URL = f"{app.accounts_url.rstrip('/')}/api/token"
    return pkce


def ask_for_token(call: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
    """Make one of spotipy's calls for a token; it trusts the answer to be one.

    Raises:
        AccessError: Spotify refused, or the answer is no token.
    """
    try:
        return call(*args, **kwargs)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise broken_token_answer() from error


def _code_in(answer: str, state: str) -> str:
    """Return the code of an answer to this log-in."""
    given = {name: values[0] for name, values in parse_qs(urlsplit(answer.strip()).query).items()}
    if not hmac.compare_digest(given.get("state", "").encode(), state.encode()):
        raise _denied("the address does not belong to this log-in")
    if "code" not in given:
        what = given.get("error", "no code came back")[:64]
        raise _denied("the permission was not given" if what == "access_denied" else f"Spotify says '{what}'")
    return given["code"]


def _denied(what: str) -> AccessError:
    return AccessError(what, where="log-in to Spotify", remedy=LOG_IN_AGAIN, reason=Reason.DENIED)
