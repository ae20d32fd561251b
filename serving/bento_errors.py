"""Inside BentoML: whatever is raised there becomes an answer before BentoML sees it.

BentoML's timeout waits for the first message of an answer. An exception is none, so it would be waited for until the
time is out, and then nobody would answer.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.errors import CrossfadeError
from serving.problems import error_response, problem_of, problem_response
from serving.request import request_id

logger = logging.getLogger(__name__)


class BentoErrors:
    """ASGI middleware that answers for an app that raised an error."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            if begun:
                raise
            if isinstance(error, CrossfadeError):
                response = error_response(error, request_id.get())
            else:
                logger.exception("Request %s failed", request_id.get())
                status = HTTPStatus.INTERNAL_SERVER_ERROR
                response = problem_response(status, problem_of(status), request_id.get())
            await response(scope, receive, send)
