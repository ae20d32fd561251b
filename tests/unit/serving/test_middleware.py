"""The middleware around a tiny ASGI app, called as a server would call it."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from pipelines.errors import ReleaseError
from serving.middleware import CALL_HEADERS, SECURITY_HEADERS, ResponseMiddleware
from serving.request import request_id

LIMIT = 50


async def echo(request: Request):
    return JSONResponse({"body": (await request.body()).decode(), "request_id": request_id.get()})


async def raise_own(request: Request):
    raise ReleaseError("there is no champion", remedy="Train one")


async def raise_foreign(request: Request):
    raise ZeroDivisionError("secret")


async def refuse(request: Request):
    return JSONResponse({"error": "secret"}, status_code=422)


async def fail_in_pieces(request: Request):
    async def pieces():
        yield b"sec"
        yield b"ret"

    return StreamingResponse(pieces(), status_code=500)


async def break_off(request: Request):
    async def pieces():
        yield b"first"
        raise ZeroDivisionError

    return StreamingResponse(pieces())


async def take_something_else(request: Request):
    return PlainTextResponse("secret", status_code=405, headers={"Allow": "POST"})


async def text(request: Request):
    return PlainTextResponse("fine")


ROUTES = [
    Route("/echo", echo, methods=["POST"]),
    Route("/own", raise_own),
    Route("/foreign", raise_foreign),
    Route("/refuse", refuse),
    Route("/pieces", fail_in_pieces),
    Route("/break", break_off),
    Route("/text", text),
    Route("/else", take_something_else),
]


class Router:
    """The routes alone, without Starlette's own handling of errors, inside of which this one stands in BentoML."""

    def __init__(self):
        self.router = Starlette(routes=ROUTES).router

    async def __call__(self, scope, receive, send):
        await self.router(scope, receive, send)


def ask(path, method="GET", *, headers=None, pieces=()):
    """Send one request and return status, headers and body of the answer."""
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": raw,
        "app": None,
        "root_path": "",
    }
    waiting = [
        {"type": "http.request", "body": piece, "more_body": place < len(pieces) - 1}
        for place, piece in enumerate(pieces)
    ] or [{"type": "http.request", "body": b"", "more_body": False}]
    sent = []

    async def receive():
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    asyncio.run(ResponseMiddleware(Router(), max_body_bytes=LIMIT)(scope, receive, send))
    starts = [message for message in sent if message["type"] == "http.response.start"]
    assert len(starts) == 1
    answered = {name.decode().lower(): value.decode() for name, value in starts[0]["headers"]}
    return starts[0]["status"], answered, b"".join(message.get("body", b"") for message in sent)


JSON = {"Content-Type": "application/json"}


def test_every_answer_carries_the_security_headers_and_a_request_id():
    for path in ("/text", "/own", "/refuse", "/nowhere"):
        _, headers, _ = ask(path)
        assert {name: headers[name.lower()] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert len(headers["x-request-id"]) == 32


def test_the_answer_of_a_call_is_told_what_holds_for_data():
    _, headers, _ = ask("/v1/nowhere")
    assert {name: headers[name.lower()] for name in CALL_HEADERS} == CALL_HEADERS
    assert "x-frame-options" not in headers


def test_a_callers_request_id_is_kept_where_it_is_a_sane_one():
    assert ask("/text", headers={"X-Request-Id": "abc-1.2_3"})[1]["x-request-id"] == "abc-1.2_3"
    for odd in ("x" * 65, "a b", "<script>", "\u00e9"):
        assert ask("/text", headers={"X-Request-Id": odd})[1]["x-request-id"] != odd


def test_the_app_sees_the_id_that_the_answer_carries():
    _, headers, body = ask("/echo", "POST", headers=JSON, pieces=[b"{}"])
    assert json.loads(body)["request_id"] == headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "status", "what"),
    [
        ("/own", 503, "there is no champion"),
        ("/foreign", 500, "the service failed on this call"),
        ("/refuse", 422, "the request cannot be understood"),
        ("/pieces", 500, "the service failed on this call"),
    ],
)
def test_whatever_fails_is_answered_in_the_one_form(path, status, what):
    found, headers, body = ask(path)
    assert found == status
    assert json.loads(body)["error"]["what"] == what
    assert json.loads(body)["request_id"] == headers["x-request-id"]
    assert int(headers["content-length"]) == len(body)
    assert "x-crossfade-problem" not in headers
    assert b"secret" not in body


def test_what_an_address_takes_instead_is_said_in_the_header_made_for_it():
    status, headers, _ = ask("/else")
    assert (status, headers["allow"]) == (405, "POST")


def test_a_failure_after_the_answer_has_begun_does_not_begin_a_second_one():
    status, _, body = ask("/break")
    assert (status, body) == (200, b"first")


def test_a_body_within_the_limit_arrives_whole():
    body = b"x" * LIMIT
    assert (
        json.loads(ask("/echo", "POST", headers=JSON | {"Content-Length": "50"}, pieces=[body])[2])["body"] == "x" * 50
    )
    chunked = JSON | {"Transfer-Encoding": "chunked"}
    assert json.loads(ask("/echo", "POST", headers=chunked, pieces=[body[:20], body[20:]])[2])["body"] == "x" * 50


@pytest.mark.parametrize(
    "length", [{"Content-Length": "51"}, {"Content-Length": "-1"}, {"Transfer-Encoding": "chunked"}]
)
def test_a_larger_body_is_refused(length):
    status, _, body = ask("/echo", "POST", headers=JSON | length, pieces=[b"x" * 40, b"x" * 40])
    assert status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert "too large" in json.loads(body)["error"]["what"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
        ({"Content-Type": "APPLICATION/JSON"}, 200),
        ({"Content-Type": "text/plain", "Content-Length": "0"}, 200),
        ({"Content-Type": "text/plain", "Content-Length": "2"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": "application/vnd.bentoml+pickle"}, 415),
    ],
)
def test_only_json_is_taken(headers, status):
    assert ask("/echo", "POST", headers=headers, pieces=[b"{}"])[0] == status
