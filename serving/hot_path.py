"""The calls that are asked all the time, answered before BentoML's own way is taken.

BentoML gives every request a task, a timer, a trace, a context and a request object, routes it through two routers, and
hands what the call returns to its serialisation: more time than ranking a catalogue takes. This middleware stands
before all that, reads the body, validates it with the same types and asks the same methods. BentoML's own routes stay
below: in its OpenAPI document, for its clients, and for whatever is not taken here. A test holds both ways to the same
bytes.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, get_type_hints

from pydantic import ValidationError
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.calls.group import CallGroup, is_hot, routes_of
from serving.problems import problem_of, problem_response
from serving.request import request_id
from serving.schemas import RecommendationsRequest
from serving.schemas.quick import read_request


class HotCall(NamedTuple):
    """One call.

    Attributes:
        read: Reads its body, or raises pydantic's error.
        answer: Answers it with a response.
    """

    read: Callable[[bytes], Any]
    answer: Callable[[Any], Awaitable[Any]]


#: Requests that mostly have a form which is read faster.
_QUICK = {RecommendationsRequest: read_request}


def hot_calls(groups: Iterable[CallGroup]) -> dict[str, HotCall]:
    """Return the calls of some groups that answer with bytes of their own making, by address."""
    found: dict[str, HotCall] = {}
    for group in groups:
        for name, route in routes_of(type(group)).items():
            method = getattr(group, name)
            if is_hot(method):
                request = get_type_hints(method)["request"]
                found[route] = HotCall(_QUICK.get(request, request.model_validate_json), method)
    return found


class HotCalls:
    """ASGI middleware that answers some calls itself and passes everything else on.

    Args:
        app: What is below.
        calls: Address -> call.
    """

    def __init__(self, app: ASGIApp, calls: Mapping[str, HotCall]) -> None:
        self.app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it through."""
        call = self._calls.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if call is None:
            await self.app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:  # broken off, by its sender or because it is too large: the middleware outside knows which
            await Response(status_code=HTTPStatus.BAD_REQUEST)(scope, receive, send)
            return
        try:
            response = await call.answer(call.read(body or b"{}"))
        except ValidationError as error:
            response = _invalid(error)
        await response(scope, receive, send)


async def _body(receive: Receive) -> bytes | None:
    """Return a request's body, whose size was looked at before; None where the client has gone."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        whole: bytes = message.get("body", b"")
        return whole
    parts = []
    while message["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()
    return None


def _invalid(error: ValidationError) -> Response:
    """Return what BentoML and the middleware outside make of a body that does not fit."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    problem = problem_of(HTTPStatus.BAD_REQUEST, json.dumps({"detail": details}).encode())
    return problem_response(HTTPStatus.BAD_REQUEST, problem, request_id.get())
