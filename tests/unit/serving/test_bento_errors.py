"""Errors inside BentoML's timeout, which waits for an answer and not for an exception."""

import asyncio
import json
from typing import Any

import pytest
from bentoml._internal.server.http.traffic import TimeoutMiddleware

from pipelines.errors import UnknownIdError
from serving.bento_errors import BentoErrors


def answer_of(app):
    sent: list[dict[str, Any]] = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.disconnect"}

    async def ask():
        inside = TimeoutMiddleware(BentoErrors(app), timeout=5)
        await asyncio.wait_for(inside({"type": "http", "method": "GET", "path": "/"}, receive, send), 2)

    asyncio.run(ask())
    return sent[0]["status"], json.loads(sent[1]["body"])["error"]["what"]


@pytest.mark.parametrize(
    ("error", "status", "what"),
    [
        (UnknownIdError("nobody knows it"), 404, "nobody knows it"),
        (ZeroDivisionError("secret"), 500, "the service failed on this call"),
    ],
)
def test_what_is_raised_is_answered_at_once(error, status, what):
    async def app(scope, receive, send):
        raise error

    assert answer_of(app) == (status, what)


def test_what_is_raised_in_the_middle_of_an_answer_is_raised_on():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answer_of(app)
