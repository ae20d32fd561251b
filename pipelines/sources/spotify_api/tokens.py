"""A person's log-in: where it is kept, how it stays fresh, and when it ends.

A log-in is as good as a password for the person's library, so it lies in a file only its owner can read, in a folder
only its owner can enter, and is never printed or logged.
"""

from __future__ import annotations

import calendar
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pipelines.atomic import make_folder, write_text
from pipelines.errors import AccessError
from pipelines.locking import only_one
from pipelines.sources.spotify_api.app import SpotifyApp
from pipelines.sources.spotify_api.refusals import Reason

#: Spotify ends a log-in this many months after the person gave it; refreshing does not make it longer.
LOGIN_MONTHS: Final = 6
#: From so many days before its end on, every run says that the log-in will end.
WARNING_DAYS: Final = 14
#: A token that is valid for less than this is renewed before it is used.
_MARGIN_SECONDS: Final = 60.0
_LOCK_PATIENCE_SECONDS: Final = 90.0


@dataclass(frozen=True)
class Login:
    """What Spotify gave when a person logged in.

    Attributes:
        access_token: What requests carry.
        refresh_token: What a new access token is asked with; Spotify may replace it each time.
        expires_at: When the access token ends, seconds since 1970.
        scope: The permissions, separated by blanks.
        authorised_at: When the person gave them, seconds since 1970.
        client_id: The app they were given to.
        listener: The name the person has here.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: float
    scope: str
    authorised_at: float
    client_id: str
    listener: str

    @classmethod
    def from_answer(cls, answer: dict[str, Any], *, now: float, client_id: str, listener: str) -> Login:
        """Read what Spotify answered to a log-in.

        Raises:
            AccessError: Something is missing in the answer.
        """
        try:
            return cls(
                access_token=str(answer["access_token"]),
                refresh_token=str(answer["refresh_token"]),
                expires_at=now + float(answer["expires_in"]),
                scope=str(answer.get("scope", "")),
                authorised_at=now,
                client_id=client_id,
                listener=listener,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise broken_token_answer() from error

    def renewed(self, answer: dict[str, Any], *, now: float) -> Login:
        """Return the log-in with a new access token, and a new refresh token where there is one.

        Raises:
            AccessError: Something is missing in the answer.
        """
        return replace(
            self.from_answer(
                {"refresh_token": self.refresh_token, "scope": self.scope} | answer,
                now=now,
                client_id=self.client_id,
                listener=self.listener,
            ),
            authorised_at=self.authorised_at,
        )

    @property
    def scopes(self) -> frozenset[str]:
        """The permissions."""
        return frozenset(self.scope.split())

    @property
    def ends_at(self) -> datetime:
        """When Spotify ends the log-in whatever happens."""
        return _months_later(datetime.fromtimestamp(self.authorised_at, UTC), LOGIN_MONTHS)

    def days_left(self, now: float) -> int:
        """Return the whole days until the log-in ends; negative after it."""
        return (self.ends_at - datetime.fromtimestamp(now, UTC)).days


class LoginFile:
    """One person's log-in on disk."""

    def __init__(self, app: SpotifyApp, listener: str) -> None:
        self.folder = app.person_folder(listener)
        self.listener = listener
        self._path = self.folder / "login.json"

    def load(self) -> Login | None:
        """Return the log-in, None where there is none.

        Raises:
            AccessError: The file is damaged.
        """
        try:
            return Login(**json.loads(self._path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise AccessError(
                "the log-in cannot be read", where=str(self._path), remedy=self.remedy, reason=Reason.LOGIN_ENDED
            ) from error

    def save(self, login: Login) -> None:
        """Replace the log-in in one step.

        Raises:
            CrossfadeError: It cannot be written.
        """
        private_folder(self.folder)
        # The file is made with 0600 before anything is written to it (see ``pipelines.atomic``).
        write_text(self._path, json.dumps(asdict(login)))

    def delete(self) -> None:
        """Forget the log-in."""
        self._path.unlink(missing_ok=True)

    @property
    def remedy(self) -> str:
        """How this person logs in again."""
        name = f' --listener "{self.listener}"' if self.listener != "me" else ""
        return f"Log in again: crossfade spotify login{name}"


class TokenKeeper:
    """What spotipy asks for a token before each request: the kept one, renewed where it is about to end.

    Args:
        app: The app that asks.
        file: The person's log-in.
        renew: Asks Spotify for a new access token, given the refresh token.
        clock: Seconds since 1970.
    """

    def __init__(
        self, app: SpotifyApp, file: LoginFile, renew: Callable[[str], dict[str, Any]], clock: Callable[[], float]
    ) -> None:
        self._client_id = app.client_id
        self._file = file
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
        login = self._file.load()
        if login is None:
            raise AccessError(
                f"'{self._file.listener}' has not logged in",
                where="Spotify",
                remedy=self._file.remedy.replace("again: ", "first: ", 1),
                reason=Reason.LOGIN_ENDED,
            )
        if login.client_id != self._client_id:
            raise AccessError(
                "the log-in was given to another app than CROSSFADE_SPOTIFY_CLIENT_ID names now",
                where="Spotify",
                remedy=self._file.remedy,
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
        with only_one(self._file.folder, patience=_LOCK_PATIENCE_SECONDS):
            current = self.login()
            if current.access_token != stale.access_token:
                return current
            try:
                answer = self._renew(current.refresh_token)
            except AccessError as error:
                if error.reason != Reason.LOGIN_ENDED:
                    raise
                self._file.delete()
                raise AccessError(
                    error.what, where="Spotify", remedy=self._file.remedy, reason=Reason.LOGIN_ENDED
                ) from error
            renewed = current.renewed(answer, now=self._clock())
            self._file.save(renewed)
            return renewed


def broken_token_answer() -> AccessError:
    """Return the error about an answer of the accounts service that is no token."""
    return AccessError(
        "the answer to the log-in is not what it should be",
        where="Spotify",
        remedy="Run it again in a few minutes",
        reason=Reason.BROKEN_ANSWER,
    )


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner can enter.

    Raises:
        CrossfadeError: It cannot be made.
    """
    make_folder(folder).chmod(0o700)
    return folder


def silence_spotipy() -> None:
    """Keep spotipy's log quiet: at DEBUG it prints tokens, and its errors (whole addresses) are told here as errors."""
    logging.getLogger("spotipy").setLevel(logging.CRITICAL)


def _months_later(moment: datetime, months: int) -> datetime:
    """Return the same day and time some months later, the month's last day where it has no such day."""
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))
