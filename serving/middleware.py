"""What every answer carries, whoever made it: a request id, security headers and, if it failed, the one form of errors.

It is also where a request is stopped that nobody may make, or whose body is too large, before anything of it is read. A
plain ASGI middleware: BentoML puts it around its own routes and the pages alike.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from time import perf_counter
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.errors import CrossfadeError
from serving.bodies import JSON, MAX_BODY_BYTES, Body, Upload, refusal
from serving.identity.callers import NOBODY, Caller, caller
from serving.problems import IN_OUR_FORM, error_response, problem_of, problem_response
from serving.request import Asked, request_id, secure

logger = logging.getLogger(__name__)

REQUEST_ID_HEADER = "X-Request-Id"

_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

#: What a browser is told about the pages and whatever belongs to them.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-src https://open.spotify.com; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

#: What it is told about the answers of calls, which are data: nothing may be made of them, and nobody keeps them.
CALL_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


#: Who makes a request, by its headers; raises one of our errors where they may not.
Identify = Callable[[Scope, Asked], Awaitable[Caller]]

#: Checks that a request names this service; raises one of our errors where it does not.
CheckHost = Callable[[Scope, Asked], None]

#: Is told the path, the status and the seconds of every answer.
Observe = Callable[[str, int, float], None]

#: Where it matters who calls; pages, their files and health checks are for everybody.
_FOR_SOMEBODY = ("/v1/", "/spotify/", "/metrics")


async def _nobody(_: Scope, __: Asked) -> Caller:
    return NOBODY


_CALLS = "/v1/"
_REQUEST_ID, _IN_OUR_FORM = REQUEST_ID_HEADER.lower(), IN_OUR_FORM.lower().encode()


class _Added(NamedTuple):
    """Headers that are added, and the names of those that have to make room for them."""

    pairs: list[tuple[bytes, bytes]]
    instead_of: frozenset[bytes]

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> _Added:
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        return cls(pairs, frozenset({name for name, _ in pairs} | {_REQUEST_ID.encode(), _IN_OUR_FORM}))


_TO_PAGES, _TO_CALLS = _Added.of(SECURITY_HEADERS), _Added.of(CALL_HEADERS)


def _any_host(_: Scope, __: Asked) -> None:
    pass


def _unseen(_: str, __: int, ___: float) -> None:
    pass


class ResponseMiddleware:
    """ASGI middleware that wraps every answer of the app below it.

    Args:
        app: The app.
        identify: Tells who calls.
        uploads: The addresses that take something else than a small JSON body.
        observe: Is told the path, the status and the seconds of every answer.
        check_host: Checks that a request names this service.
        max_body_bytes: The largest JSON body.
    """

    def __init__(
        self,
        app: ASGIApp,
        identify: Identify = _nobody,
        uploads: Mapping[str, Upload] | None = None,
        observe: Observe = _unseen,
        check_host: CheckHost = _any_host,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self.app = app
        self._identify = identify
        self._uploads = uploads or {}
        self._observe = observe
        self._check_host = check_host
        self._json = Upload(JSON, max_body_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        asked = Asked(scope["headers"])
        current = asked.get(_REQUEST_ID)
        request_id.set(current if current and _ACCEPTABLE_ID.fullmatch(current) else os.urandom(16).hex())
        expected = self._uploads.get(scope["path"], self._json) if self._uploads else self._json
        body = Body(asked, receive, expected.max_bytes)
        outgoing = _Outgoing(scope, body, send)
        try:
            await self._pass_on(scope, asked, expected, body, outgoing)
        except CrossfadeError as error:
            await error_response(error, request_id.get())(scope, receive, outgoing.send)
        except Exception:
            logger.exception("Request %s failed", request_id.get())
            if not outgoing.started:
                await outgoing.problem(HTTPStatus.INTERNAL_SERVER_ERROR)
        finally:
            self._observe(scope["path"], outgoing.status, perf_counter() - began)

    async def _pass_on(self, scope: Scope, asked: Asked, expected: Upload, body: Body, outgoing: _Outgoing) -> None:
        """Hand a request to the app below, unless its headers alone say why not."""
        self._check_host(scope, asked)
        somebody = scope["path"].startswith(_FOR_SOMEBODY)
        caller.set(await self._identify(scope, asked) if somebody else NOBODY)
        secure.set(scope.get("scheme") == "https" or asked.get("x-forwarded-proto") == "https")
        refused = refusal(asked, expected) if scope["method"] == "POST" else None
        if refused is None:
            await self.app(scope, body.receive, outgoing.send)
        else:
            await outgoing.problem(refused)


class _Outgoing:
    """The way out: adds the headers, and holds back answers that failed until they are in the one form of errors.

    Attributes:
        started: Whether an answer is on its way, so that no other can follow.
        status: Its status.
    """

    def __init__(self, scope: Scope, body: Body, send: Send) -> None:
        self._scope = scope
        self._body = body
        self._send = send
        self.started = False
        self.status = 0
        self._foreign: bytearray | None = None
        self._allow: list[tuple[bytes, bytes]] = []

    async def send(self, message: Message) -> None:
        """Pass on one message of the app below."""
        if message["type"] == "http.response.start":
            if message["status"] >= HTTPStatus.BAD_REQUEST and not _in_our_form(message):
                self._foreign, self.status = bytearray(), message["status"]
                self._allow = [pair for pair in message["headers"] if pair[0] == b"allow"]
                return
            self.started, self.status = True, message["status"]
            # Bytes put together, because setting headers one by one costs a tenth of a list.
            added = _TO_CALLS if self._scope["path"].startswith(_CALLS) else _TO_PAGES
            kept = [pair for pair in message["headers"] if pair[0] not in added.instead_of]
            own = (_REQUEST_ID.encode(), request_id.get().encode())
            message = {**message, "headers": [*kept, own, *added.pairs]}
        elif self._foreign is not None:
            self._foreign += message.get("body", b"")
            if not message.get("more_body", False):
                body, self._foreign = bytes(self._foreign), None
                await self.problem(self.status, body)
            return
        await self._send(message)

    async def problem(self, status: int, body: bytes = b"") -> None:
        """Answer with a problem instead; ``body`` is what a library below wanted to say."""
        if self._body.too_large:
            status, body = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b""
        response = problem_response(status, problem_of(status, body), request_id.get())
        response.raw_headers += self._allow
        await response(self._scope, self._body.receive, self.send)


def _in_our_form(message: Message) -> bool:
    """Tell whether an answer that failed is in the one form of errors already."""
    return any(name == _IN_OUR_FORM for name, _ in message["headers"])
