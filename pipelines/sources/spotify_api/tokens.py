"""A person's log-in: what it is, where it is kept, and when it ends.

A log-in is as good as a password for the person's library, so it lies in a file only its owner can read, in a folder
only its owner can enter, and is never printed or logged.
"""

from __future__ import annotations

import calendar
import json
import logging
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from pipelines.atomic import make_folder, write_text
from pipelines.errors import AccessError
from pipelines.locking import only_one
from pipelines.sources.spotify_api.app import SpotifyApp
from pipelines.sources.spotify_api.refusals import Reason

#: Spotify ends a log-in this many months after the person gave it; refreshing does not make it longer.
LOGIN_MONTHS: Final = 6
#: From so many days before its end on, every run says that the log-in will end.
WARNING_DAYS: Final = 14
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

    def to_text(self) -> str:
        """Return it as it is kept; whoever can read that can read the person's library."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Login:
        """Read what ``to_text`` wrote.

        Raises:
            ValueError: It is damaged.
        """
        try:
            return cls(**json.loads(text))
        except TypeError as error:
            raise ValueError("it is no log-in") from error

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


class LoginPlace(Protocol):
    """Where one person's log-in is kept.

    Attributes:
        listener: The person's name here.
        remedy: How they log in again, as a sentence.
    """

    listener: str

    @property
    def remedy(self) -> str:
        """How this person logs in again."""

    def load(self) -> Login | None:
        """Return the log-in, None where there is none.

        Raises:
            AccessError: It is damaged.
        """

    def save(self, login: Login) -> None:
        """Replace the log-in in one step."""

    def delete(self) -> None:
        """Forget the log-in."""

    def alone(self) -> AbstractContextManager[None]:
        """Keep everybody else from renewing it meanwhile."""


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
            return Login.from_text(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
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
        write_text(self._path, login.to_text())

    def delete(self) -> None:
        """Forget the log-in."""
        self._path.unlink(missing_ok=True)

    def alone(self) -> AbstractContextManager[None]:
        """Keep other processes from renewing it meanwhile.

        Raises:
            CrossfadeError: Another one takes too long.
        """
        return only_one(self.folder, patience=_LOCK_PATIENCE_SECONDS)

    @property
    def remedy(self) -> str:
        """How this person logs in again."""
        name = f' --listener "{self.listener}"' if self.listener != "me" else ""
        return f"Log in again: crossfade spotify login{name}"


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
