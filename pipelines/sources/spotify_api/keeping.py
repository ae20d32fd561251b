"""How a log-in stays fresh: its token is renewed before it ends, by one process at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pipelines.errors import AccessError
from pipelines.sources.spotify_api.app import SpotifyApp
from pipelines.sources.spotify_api.refusals import Reason
from pipelines.sources.spotify_api.tokens import Login, LoginPlace

#: A token that is valid for less than this is renewed before it is used.
_MARGIN_SECONDS: Final = 60.0


class TokenKeeper:
    """What spotipy asks for a token before each request: the kept one, renewed where it is about to end.

    Args:
        app: The app that asks.
        place: Where the person's log-in is.
        renew: Asks Spotify for a new access token, given the refresh token.
        clock: Seconds since 1970.
    """

    def __init__(
        self, app: SpotifyApp, place: LoginPlace, renew: Callable[[str], dict[str, Any]], clock: Callable[[], float]
    ) -> None:
        self._client_id = app.client_id
        self._place = place
        self._renew = renew
        self._clock = clock

    def get_access_token(self, *, as_dict: bool = False) -> str:
        """Return a token that is valid now; the name and the argument are spotipy's.

        Raises:
            AccessError: Nobody has logged in, the log-in has ended, or Spotify cannot be asked.
        """
        del as_dict
        login = self.login()
        if login.expires_at - self._clock() < _MARGIN_SECONDS:
            login = self.renew(login)
        return login.access_token

    def login(self) -> Login:
        """Return the log-in as it stands.

        Raises:
            AccessError: There is none, or it was given to another app.
        """
        login = self._place.load()
        if login is None:
            raise AccessError(
                f"'{self._place.listener}' has not logged in",
                where="Spotify",
                remedy=self._place.remedy.replace("again: ", "first: ", 1),
                reason=Reason.LOGIN_ENDED,
            )
        if login.client_id != self._client_id:
            raise AccessError(
                "the log-in was given to another app than CROSSFADE_SPOTIFY_CLIENT_ID names now",
                where="Spotify",
                remedy=self._place.remedy,
                reason=Reason.WRONG_CLIENT,
            )
        return login

    def renew(self, stale: Login) -> Login:
        """Return a log-in with a new access token.

        Spotify takes a refresh token once, so only one process at a time may use it; who comes second finds the log-in
        renewed.

        Raises:
            AccessError: The log-in has ended; it is forgotten then.
        """
        with self._place.alone():
            current = self.login()
            if current.access_token != stale.access_token:
                return current
            try:
                answer = self._renew(current.refresh_token)
            except AccessError as error:
                if error.reason != Reason.LOGIN_ENDED:
                    raise
                self._place.delete()
                raise AccessError(
                    error.what, where="Spotify", remedy=self._place.remedy, reason=Reason.LOGIN_ENDED
                ) from error
            renewed = current.renewed(answer, now=self._clock())
            self._place.save(renewed)
            return renewed
