"""Requests and replies as values, and the refusals of the Web API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    Attributes:
        method: In upper case.
        path: Decoded, without a slash at the end.
        query: The parameters; of a repeated one the last.
        headers: By name in lower case.
        body: What was sent along.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Return the body as JSON; None where there is none.

        Raises:
            RefusedError: It is not JSON.
        """
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise RefusedError(refusal(400, "Error parsing JSON.")) from error

    def form(self) -> dict[str, str]:
        """Return the body as the fields of a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True)
class Reply:
    """One HTTP answer.

    Attributes:
        status: The HTTP status.
        body: A dict or list is sent as JSON, a str as it is, None as nothing at all.
        headers: Beyond content type and length.
        content_type: That of a str.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "text/plain; charset=utf-8"

    def content(self) -> tuple[bytes, str | None]:
        """Return the bytes to send and their content type."""
        if self.body is None:
            return b"", None
        if isinstance(self.body, str):
            return self.body.encode(), self.content_type
        return json.dumps(self.body).encode(), "application/json; charset=utf-8"


class RefusedError(ValueError):
    """A request is refused with a reply; raised by whoever notices, answered in one place."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.status} {reply.body}")
        self.reply = reply


def refusal(status: int, message: str | None = None, *, reason: str | None = None) -> Reply:
    """Return an error as the Web API words it; some closed endpoints give no message."""
    error: Json = {"status": status}
    if message is not None:
        error["message"] = message
    if reason is not None:
        error["reason"] = reason
    return Reply(status, {"error": error})


def refuse(status: int, message: str | None = None) -> RefusedError:
    """Return the exception that ends a request with such an error."""
    return RefusedError(refusal(status, message))
