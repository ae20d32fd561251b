"""Switches that make the server fail as the real one does, for some requests, some times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final

from pipelines.errors import ConfigError
from pipelines.testing.spotify_fake import spoiling
from pipelines.testing.spotify_fake.messages import Reply, Request, refusal
from pipelines.testing.spotify_fake.oauth import oauth_refusal

#: Sent as text, not JSON, as measured: 159 characters.
PREMIUM: Final = (
    "Active premium subscription required for the owner of the app. When the subscription status changes, it can take "
    "a few hours before requests are allowed again."
)
UNREGISTERED: Final = "Check settings on developer.spotify.com/dashboard, the user may not be registered."
_API: Final = "/v1/*"
_PLAYLIST_ITEMS: Final = "/v1/playlists/*"


class Delivery(StrEnum):
    """How an answer travels."""

    WHOLE = "whole"
    #: In two halves with a pause between.
    SLOW = "slow"
    #: Its first half, though its length was announced.
    TRUNCATED = "truncated"
    #: Not at all: the connection is reset after the request was carried out.
    RESET = "reset"


@dataclass(frozen=True)
class Kind:
    """What a fault does.

    Attributes:
        does: What happens, as a sentence.
        route: Whose answers change, where nobody says otherwise; may hold ``*``.
        value: What its number is without being given; None where it takes none.
        times: How often it strikes where nobody says otherwise; 0 until it is removed.
        refuse: Gives the answer in place of the real one.
        spoil: Changes the body of the answer.
        unsettle: Changes the world after the answer.
        delivery: How the answer travels.
    """

    does: str
    route: str = _API
    value: float | None = None
    times: int = 0
    refuse: Callable[[float], Reply] | None = None
    spoil: Callable[[Any], Any] | None = None
    unsettle: spoiling.Unsettle | None = None
    delivery: Delivery = Delivery.WHOLE


def _rate_limit(seconds: float) -> Reply:
    return Reply(429, refusal(429, "API rate limit exceeded").body, {"Retry-After": f"{seconds:.0f}"})


def _quota(seconds: float) -> Reply:
    body = refusal(429, "Too many requests", reason="QUOTA_EXCEEDED").body
    return Reply(429, body, {"Retry-After": f"{seconds:.0f}"})


KINDS: Final[Mapping[str, Kind]] = {
    "401-expired": Kind(
        "The access token has expired before its time.",
        times=1,
        refuse=lambda _: refusal(401, "The access token expired"),
    ),
    "refresh-expired": Kind(
        "The six months of the login are over: refreshing is refused.",
        route="/api/token",
        refuse=lambda _: oauth_refusal("invalid_grant", "Refresh token revoked"),
    ),
    "403-premium": Kind("The owner of the app has no Premium: a text, not JSON.", refuse=lambda _: Reply(403, PREMIUM)),
    "403-unregistered": Kind(
        "The listener is not on the app's list of five.", refuse=lambda _: refusal(403, UNREGISTERED)
    ),
    "403-scope": Kind("The login does not cover the call.", refuse=lambda _: refusal(403, "Insufficient client scope")),
    "403-forbidden": Kind("The endpoint is closed to this app.", refuse=lambda _: refusal(403, "Forbidden")),
    "404": Kind("The thing is not there.", refuse=lambda _: refusal(404, "Resource not found")),
    "429": Kind("The rate limit: Retry-After says how many seconds.", value=1, times=1, refuse=_rate_limit),
    "429-quota": Kind("The developer's quota is used up.", value=3600, times=1, refuse=_quota),
    "502": Kind(
        "A bad gateway, with a page of HTML; nothing was done.",
        times=1,
        refuse=lambda _: Reply(
            502, "<html><head><title>502 Bad Gateway</title></head></html>", content_type="text/html"
        ),
    ),
    "slow-body": Kind("The second half of the answer comes late, by some seconds.", value=1, delivery=Delivery.SLOW),
    "truncated-body": Kind(
        "The connection ends in the middle of the answer; what was asked is done.",
        times=1,
        delivery=Delivery.TRUNCATED,
    ),
    "connection-reset": Kind(
        "The connection is reset before the answer; what was asked is done.", times=1, delivery=Delivery.RESET
    ),
    "null-items": Kind("Every third thing of a list is null.", spoil=spoiling.null_items),
    "missing-isrc": Kind("About half of the tracks have no ISRC.", spoil=spoiling.missing_isrc),
    "local-file": Kind(
        "The first item of each page of a playlist is a local file.", route=_PLAYLIST_ITEMS, spoil=spoiling.local_file
    ),
    "duplicate-plays": Kind(
        "Every play is listed twice.", route="/v1/me/player/recently-played", spoil=spoiling.duplicate_plays
    ),
    "shrinking-page": Kind(
        "While a list is read, its first entry goes: the rest moves up by one after each page.",
        route="/v1/*",
        unsettle=spoiling.shrink,
    ),
}


@dataclass
class Fault:
    """A fault that is switched on.

    Attributes:
        name: One of ``KINDS``.
        value: Its number, such as the seconds of Retry-After; None for the usual one.
        times: How often it still strikes; 0 until it is removed, None for the usual number.
        route: Which paths it strikes; may hold ``*``. Empty for the usual ones.
        method: Which method it strikes; ``*`` for any.
        after: How many such requests pass before the first that it strikes.
    """

    name: str
    value: float | None = None
    times: int | None = None
    route: str = ""
    method: str = "*"
    after: int = 0

    def __post_init__(self) -> None:
        if self.name not in KINDS:
            raise ConfigError(
                f"there is no fault '{self.name}'", where="spotify-fake", remedy=f"The faults are: {', '.join(KINDS)}"
            )
        if self.value is not None and self.kind.value is None:
            raise ConfigError(f"the fault '{self.name}' takes no number", where="spotify-fake")
        if min(self.times or 0, self.after, self.value or 0) < 0:
            raise ConfigError(f"the fault '{self.name}' has a negative number", where="spotify-fake")
        self.route = self.route or self.kind.route
        self.value = self.kind.value if self.value is None else self.value
        self.times = self.kind.times if self.times is None else self.times

    @property
    def kind(self) -> Kind:
        """What it does."""
        return KINDS[self.name]

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read a fault from the command line: ``429=80000,route=/v1/me/tracks,times=2,method=GET,after=1``.

        Raises:
            ConfigError: It cannot be read.
        """
        head, *rest = text.split(",")
        name, _, value = head.partition("=")
        options: dict[str, Any] = dict(part.partition("=")[::2] for part in rest)
        try:
            for number in {"times", "after"} & options.keys():
                options[number] = int(options[number])
            return cls(name, float(value) if value else None, **options)
        except (TypeError, ValueError):
            raise ConfigError(
                "cannot be read",
                where=f"--fault {text}",
                remedy="Write NAME[=NUMBER][,times=N][,route=PATH][,method=GET][,after=N]",
            ) from None

    def concerns(self, request: Request) -> bool:
        """Say whether a request is one of those it strikes."""
        if self.name == "refresh-expired" and request.form().get("grant_type") != "refresh_token":
            return False
        return fnmatchcase(request.path, self.route) and fnmatchcase(request.method, self.method)


class Faults:
    """The faults that are switched on; whoever calls holds the server's lock or is the only one."""

    def __init__(self) -> None:
        self._on: list[Fault] = []

    def add(self, name: str, value: float | None = None, **where: Any) -> Fault:
        """Switch a fault on.

        Args:
            name: One of ``KINDS``.
            value: Its number.
            where: ``times``, ``route``, ``method`` and ``after`` of ``Fault``.

        Raises:
            ConfigError: There is no such fault.
        """
        fault = Fault(name, value, **where)
        self._on.append(fault)
        return fault

    def put(self, fault: Fault) -> None:
        """Switch on a fault that was read."""
        self._on.append(fault)

    def clear(self) -> None:
        """Switch all faults off."""
        self._on.clear()

    def all(self) -> list[Fault]:
        """Return the faults that are on."""
        return list(self._on)

    def strike(self, request: Request) -> list[Fault]:
        """Return the faults that strike a request, and count them down."""
        struck = []
        for fault in [each for each in self._on if each.concerns(request)]:
            if fault.after:
                fault.after -= 1
                continue
            struck.append(fault)
            if fault.times:
                fault.times -= 1
                if not fault.times:
                    self._on.remove(fault)
        return struck
