"""What a route is, what its handler gets, and how lists are handed out in pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import urlencode

from pipelines.testing.spotify_fake.accounts import Grant
from pipelines.testing.spotify_fake.messages import Json, Reply, Request, refusal, refuse
from pipelines.testing.spotify_fake.shapes import Shapes
from pipelines.testing.spotify_fake.world import World

T = TypeVar("T")

#: How endpoints answer that were taken from development mode.
FORBIDDEN: Final = refusal(403, "Forbidden")
#: How audio features and analysis answer, since November 2024: without a message.
SILENT_403: Final = refusal(403)
#: How recommendations and the like answer, since November 2024.
SILENT_404: Final = refusal(404)
NOT_FOUND: Final = "Resource not found"


@dataclass(frozen=True)
class Call:
    """One call of the Web API, as its handler sees it.

    Attributes:
        request: What was asked.
        ids: The parts of the path that are variable, by name.
        world: All state.
        shapes: Writes the objects of the answer.
        grant: What the listener allowed.
    """

    request: Request
    ids: Mapping[str, str]
    world: World
    shapes: Shapes
    grant: Grant

    def needs(self, *scopes: str) -> None:
        """Check that one of some scopes was granted.

        Raises:
            RefusedError: 403, it was not.
        """
        if not self.grant.scopes.intersection(scopes):
            raise refuse(403, "Insufficient client scope")

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """Return a parameter that is a whole number.

        Raises:
            RefusedError: 400, it is not one or out of range.
        """
        text = self.request.query.get(name, str(default))
        if not re.fullmatch(r"-?\d{1,15}", text) or not lowest <= int(text) <= highest:
            raise refuse(400, f"Invalid {name}")
        return int(text)

    def listed(self, name: str, most: int) -> list[str]:
        """Return a parameter that is a list with commas.

        Raises:
            RefusedError: 400, it is missing, empty or too long.
        """
        values = [value for value in self.request.query.get(name, "").split(",") if value]
        if not values:
            raise refuse(400, f"Missing required field: {name}")
        if len(values) > most:
            raise refuse(400, f"Too many {name} requested")
        return values

    def address(self, **changes: object) -> str:
        """Return the address of this call with other parameters."""
        query = {**self.request.query, **changes}
        return f"{self.shapes.base_url}{self.request.path}?{urlencode(query)}"

    def page(
        self,
        things: Sequence[T],
        shape: Callable[[T], Json],
        *,
        default: int = 20,
        most: int = 50,
        last_offset: int = 100_000,
    ) -> Json:
        """Return the part of a list that ``limit`` and ``offset`` ask for, as a paging object.

        Raises:
            RefusedError: 400, one of them is out of range.
        """
        limit = self.number("limit", default, 1, most)
        offset = self.number("offset", 0, 0, last_offset)
        after, before = offset + limit, max(offset - limit, 0)
        return {
            "href": self.address(limit=limit, offset=offset),
            "limit": limit,
            "next": self.address(limit=limit, offset=after) if after < len(things) and after <= last_offset else None,
            "offset": offset,
            "previous": self.address(limit=limit, offset=before) if offset else None,
            "total": len(things),
            "items": [shape(thing) for thing in things[offset:after]],
        }


Handler: TypeAlias = Callable[[Call], Reply | Json | list[Any]]


@dataclass(frozen=True)
class Route:
    """One endpoint.

    Attributes:
        method: The HTTP method.
        path: With variable parts in braces.
        handler: What answers; a dict or list is sent with status 200.
        scope: What the listener must have allowed; empty where nothing in particular is needed.
        personal: Whether a listener must have logged in.
        taken: How the endpoint refuses apps in development mode; None where it is open to them.
    """

    method: str
    path: str
    handler: Handler
    scope: str = ""
    personal: bool = False
    taken: Reply | None = None

    def match(self, request: Request) -> dict[str, str] | None:
        """Return the variable parts of the path; None where it is another one's."""
        found = self._pattern.fullmatch(request.path) if request.method == self.method else None
        return found.groupdict() if found else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))
