"""Why Spotify said no: a pure function of its answer, and what to do about each kind of no.

Spotify answers very different troubles with the same status: a closed endpoint, somebody else's playlist, an app owner
without Premium, a person who is not on the app's list and a missing scope are all 403. Each has another remedy, so they
are told apart by body and endpoint. Bodies are JSON, plain text or empty; none of that may be taken for granted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

LOG_IN_AGAIN: Final = "Log in again: crossfade spotify login"
#: Spotify counts requests over a rolling window of this length; a refusal without a Retry-After lasts no longer.
RATE_WINDOW_SECONDS: Final = 30.0
#: How long a quota without a Retry-After is left alone.
QUOTA_PAUSE_SECONDS: Final = 3600.0
#: Longer waits than this are a slip of the server.
_LONGEST_WAIT_SECONDS: Final = 30 * 86_400.0
_SHOWN: Final = 160


class Reason(StrEnum):
    """Kinds of refusal that differ in what can be done about them."""

    CLOSED = "closed endpoint"
    NOT_OWNER = "not the owner"
    OWNER_NOT_PREMIUM = "owner without Premium"
    NOT_ALLOW_LISTED = "not on the allow list"
    MISSING_SCOPE = "missing scope"
    QUOTA = "quota"
    RATE_LIMIT = "rate limit"
    EXPIRED_TOKEN = "expired token"  # noqa: S105 - a kind of refusal
    LOGIN_ENDED = "log-in ended"
    WRONG_CLIENT = "unknown app"
    DENIED = "log-in refused"
    NOT_FOUND = "not found"
    BAD_REQUEST = "bad request"
    SERVER = "server error"
    UNREACHABLE = "unreachable"
    BROKEN_ANSWER = "broken answer"
    UNKNOWN = "unknown"


#: Refusals that concern one endpoint or one thing; the rest of a library can still be read.
PARTIAL: Final = frozenset({Reason.CLOSED, Reason.NOT_OWNER, Reason.MISSING_SCOPE, Reason.NOT_FOUND})


@dataclass(frozen=True)
class Refusal:
    """A no, and what to do about it.

    Attributes:
        reason: Its kind.
        what: What is wrong, as a clause.
        remedy: What the reader can do.
        wait: Seconds Spotify wants to be left alone; None where waiting is not the remedy.
    """

    reason: Reason
    what: str
    remedy: str
    wait: float | None = None


def diagnose(status: int, headers: Mapping[str, str], body: str, endpoint: str) -> Refusal:
    """Tell why Spotify refused.

    Args:
        status: The HTTP status, 300 or higher.
        headers: The answer's headers; ``Retry-After`` is looked up in any case of letters.
        body: The answer's body as text; JSON, plain text or empty.
        endpoint: The path below the API's address, without slashes at its ends and without a query ("me/tracks");
            "api/token" for the accounts service.
    """
    answer = _Answer.read(status, headers, body, endpoint.strip("/"))
    if answer.endpoint == "api/token" and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _of_token(answer)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Refusal(
            Reason.SERVER, f"Spotify has a problem of its own (status {status})", "Run it again in a few minutes"
        )
    judge = _BY_STATUS.get(status)
    return judge(answer) if judge else _unknown(answer)


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    message: str
    error: str
    reason: str
    endpoint: str

    @classmethod
    def read(cls, status: int, headers: Mapping[str, str], body: str, endpoint: str) -> _Answer:
        """Find the message wherever this kind of answer has it."""
        lower = {name.lower(): value for name, value in headers.items()}
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            return cls(status, lower, body.strip(), "", "", endpoint)
        error = content.get("error") if isinstance(content, dict) else None
        if isinstance(error, dict):
            return cls(status, lower, _text(error.get("message")), "", _text(error.get("reason")), endpoint)
        description = _text(content.get("error_description")) if isinstance(content, dict) else ""
        return cls(status, lower, description, _text(error), "", endpoint)

    def says(self, *words: str) -> bool:
        """Tell whether the message holds one of some words."""
        return any(word in self.message.lower() for word in words)

    def wait(self, default: float) -> float:
        """Return how many seconds to wait, as ``Retry-After`` says."""
        text = self.headers.get("retry-after", "").strip()
        seconds = float(text) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", text) else default
        return min(seconds, _LONGEST_WAIT_SECONDS)


#: What is closed to apps in development mode, some since 2024 and some since 2026. The collection endpoints ("tracks")
#: are the calls for several ids at once.
_CLOSED: Final = re.compile(
    r"audio-features(/.*)?|audio-analysis/.*|recommendations(/.*)?|browse(/.*)?|markets|users/.*"
    r"|(tracks|artists|albums|shows|episodes|audiobooks|chapters)|artists/[^/]+/(related-artists|top-tracks)"
    r"|playlists/[^/]+/(tracks|followers)(/.*)?|me/(tracks|albums|shows|episodes|audiobooks)/contains|me/following/contains"
)
_PLAYLIST: Final = re.compile(r"playlists/[^/]+(/items)?")


def _closed(answer: _Answer) -> Refusal:
    return Refusal(
        Reason.CLOSED,
        f"this app may not use '{answer.endpoint}': Spotify closed it to apps without extended quota",
        "There is nothing to fix: the data that it would give stays missing",
    )


def _unauthorised(answer: _Answer) -> Refusal:
    return Refusal(Reason.EXPIRED_TOKEN, _with_message("Spotify no longer accepts the log-in", answer), LOG_IN_AGAIN)


def _forbidden(answer: _Answer) -> Refusal:
    if answer.says("premium subscription required"):
        return Refusal(
            Reason.OWNER_NOT_PREMIUM,
            "the owner of this app has no Spotify Premium, and Spotify then refuses every request",
            "Renew Premium on the account that registered the app; after that it can take a few hours",
        )
    if answer.says("may not be registered", "not registered"):
        return Refusal(
            Reason.NOT_ALLOW_LISTED,
            "this person is not among the users of the app (the log-in itself succeeds all the same)",
            "Let the app's owner add them at developer.spotify.com/dashboard, 'User Management' (five people at most), "
            "or register an app of your own",
        )
    scope_missing = "insufficient_scope" in answer.headers.get("www-authenticate", "").lower()
    if scope_missing or answer.says("scope"):
        return Refusal(
            Reason.MISSING_SCOPE, f"the log-in does not include the permission for '{answer.endpoint}'", LOG_IN_AGAIN
        )
    if _CLOSED.fullmatch(answer.endpoint):
        return _closed(answer)
    if _PLAYLIST.fullmatch(answer.endpoint):
        return Refusal(
            Reason.NOT_OWNER,
            "the playlist belongs to somebody else, and Spotify gives its tracks to its owner and collaborators only",
            "Use a playlist of your own",
        )
    return _unknown(answer)


def _not_found(answer: _Answer) -> Refusal:
    if _CLOSED.fullmatch(answer.endpoint) and not answer.message:
        return _closed(answer)
    made_by_spotify = (
        ", or it is made by Spotify, which shows those to no app" if "playlists/" in answer.endpoint else ""
    )
    return Refusal(Reason.NOT_FOUND, f"there is no '{answer.endpoint}'{made_by_spotify}", "Check the id")


def _too_many(answer: _Answer) -> Refusal:
    if answer.reason == "QUOTA_EXCEEDED":
        return Refusal(
            Reason.QUOTA,
            "the quota of the developer account is used up (all its apps share one)",
            "Run it again later",
            wait=answer.wait(QUOTA_PAUSE_SECONDS),
        )
    return Refusal(
        Reason.RATE_LIMIT,
        "Spotify wants to be asked more slowly",
        "Run it again later",
        wait=answer.wait(RATE_WINDOW_SECONDS),
    )


def _bad_request(answer: _Answer) -> Refusal:
    what = _with_message(f"Spotify cannot make sense of the request to '{answer.endpoint}'", answer)
    return Refusal(Reason.BAD_REQUEST, what, "Check the ids and names that were given")


def _of_token(answer: _Answer) -> Refusal:
    """Tell why no token was given."""
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return _too_many(answer)
    if answer.error == "invalid_grant":
        return Refusal(
            Reason.LOGIN_ENDED,
            "the log-in has ended (Spotify ends each after six months, and a person can withdraw it)",
            LOG_IN_AGAIN,
        )
    if answer.error in {"invalid_client", "unauthorized_client"}:
        return Refusal(
            Reason.WRONG_CLIENT,
            _with_message("Spotify does not know this app", answer),
            "Compare CROSSFADE_SPOTIFY_CLIENT_ID with developer.spotify.com/dashboard",
        )
    return _unknown(answer)


def _unknown(answer: _Answer) -> Refusal:
    what = _with_message(f"Spotify refused '{answer.endpoint}' (status {answer.status})", answer)
    return Refusal(Reason.UNKNOWN, what, "'crossfade spotify status' shows what this app may do")


def _with_message(what: str, answer: _Answer) -> str:
    """Add Spotify's own words, as one short line."""
    words = " ".join((answer.message or answer.error).split())[:_SHOWN]
    return f'{what}: "{words}"' if words else what


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


_BY_STATUS: Final = {
    HTTPStatus.BAD_REQUEST.value: _bad_request,
    HTTPStatus.UNAUTHORIZED.value: _unauthorised,
    HTTPStatus.FORBIDDEN.value: _forbidden,
    HTTPStatus.NOT_FOUND.value: _not_found,
    HTTPStatus.TOO_MANY_REQUESTS.value: _too_many,
}
