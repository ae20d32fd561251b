"""What every answer carries, whoever made it: a request id, security headers and, if it failed, the one form of errors.

A plain ASGI middleware: BentoML puts it around its own routes and the page alike.
"""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from http import HTTPStatus
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.errors import CrossfadeError
from serving.problems import IN_OUR_FORM, error_response, problem_of, problem_response

logger = logging.getLogger(__name__)

#: The id of the request being answered.
request_id: ContextVar[str] = ContextVar("request_id", default="")

REQUEST_ID_HEADER = "X-Request-Id"
MAX_BODY_BYTES = 2 * 1024 * 1024

_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Envelope:
    """ASGI middleware that wraps every answer of the app below it."""

    def __init__(self, app: ASGIApp, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        current = asked.get(REQUEST_ID_HEADER, "")
        request_id.set(current if _ACCEPTABLE_ID.fullmatch(current) else uuid4().hex)
        outgoing = _Outgoing(scope, receive, send)
        if scope["method"] == "POST" and not _is_json(asked):
            await outgoing.problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            return
        body = await _small_body(asked, receive, self._max_body_bytes)
        if body is None:
            await outgoing.problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        try:
            await self.app(scope, body, outgoing.send)
        except CrossfadeError as error:
            await error_response(error, request_id.get())(scope, receive, outgoing.send)
        except Exception:
            logger.exception("Request %s failed", request_id.get())
            if not outgoing.started:
                await outgoing.problem(HTTPStatus.INTERNAL_SERVER_ERROR)


class _Outgoing:
    """The way out: adds the headers, and holds back answers that failed until they are in the one form of errors.

    Attributes:
        started: Whether an answer is on its way, so that no other can follow.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self.started = False
        self._foreign: bytearray | None = None
        self._status = 200

    async def send(self, message: Message) -> None:
        """Pass on one message of the app below."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            ours = headers.get(IN_OUR_FORM) is not None
            if message["status"] >= HTTPStatus.BAD_REQUEST and not ours:
                self._foreign, self._status = bytearray(), message["status"]
                return
            self.started = True
            del headers[IN_OUR_FORM]
            headers[REQUEST_ID_HEADER] = request_id.get()
            headers.update(SECURITY_HEADERS)
            message = {**message, "headers": headers.raw}
        elif self._foreign is not None:
            self._foreign += message.get("body", b"")
            if not message.get("more_body", False):
                body, self._foreign = bytes(self._foreign), None
                await self.problem(self._status, body)
            return
        await self._send(message)

    async def problem(self, status: int, body: bytes = b"") -> None:
        """Answer with a problem instead; ``body`` is what a library below wanted to say."""
        response = problem_response(status, problem_of(status, body), request_id.get())
        await response(self._scope, self._receive, self.send)


def _is_json(asked: Headers) -> bool:
    """Tell whether a body is JSON or absent: BentoML reads other types too, such as another site's form could send."""
    kind = asked.get("Content-Type", "application/json").partition(";")[0].strip().lower()
    return kind == "application/json" or asked.get("Content-Length") == "0"


async def _small_body(asked: Headers, receive: Receive, limit: int) -> Receive | None:
    """Return a ``receive`` whose body is within the limit, or None; a body that names its length is not read here."""
    length = asked.get("Content-Length", "")
    if length:
        return receive if length.isdecimal() and int(length) <= limit else None
    if "chunked" not in asked.get("Transfer-Encoding", ""):
        return receive
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return receive
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        more = message.get("more_body", False)
    return _replay(bytes(body), receive)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives a body that was read already, and then whatever comes."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
