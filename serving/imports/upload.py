"""A file on its way in: who sends it, whether they agreed, and that it is what it should be, before it is read."""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from secrets import token_hex
from shutil import disk_usage
from threading import Thread
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pipelines.errors import CrossfadeError, NotSupportedError, SourceError, StoreError
from pipelines.sources.recognising import recognise
from serving.bodies import Upload
from serving.identity.callers import caller
from serving.imports.jobs import Job
from serving.problems import error_response
from serving.request import request_id
from serving.runtime import Runtime
from serving.schemas import MAX_ID_LENGTH

logger = logging.getLogger(__name__)

PATH: Final = "/v1/import"
#: Twenty years of listening, packed, are some 100 MB.
UPLOAD: Final = Upload("application/zip", 512 << 20)
#: How long a whole file may take, in seconds: 512 MB over a line of 1.5 megabits a second.
_LONGEST: Final = 2_700.0
#: How slowly it may come, in bytes a second: a mobile line in a valley does better, and who sends a byte now and then
#: only holds a place.
_SLOWEST: Final = 2_048
#: What has to stay free on the disk.
_SPARE_BYTES: Final = 256 << 20


class UploadsFirst:
    """ASGI middleware that takes files before BentoML does, whose timeout is made for short calls.

    Args:
        app: What is below.
        runtime: The running service.
    """

    def __init__(self, app: ASGIApp, runtime: Runtime) -> None:
        self.app = app
        self._uploads = Starlette(routes=[upload_route(runtime)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a file, or pass a request on."""
        ours = scope["type"] == "http" and scope["path"] == PATH
        await (self._uploads if ours else self.app)(scope, receive, send)


def upload_route(runtime: Runtime) -> Route:
    """Return the route that takes files in."""

    async def take_in(request: Request) -> Response:
        try:
            return await _take_in(request, runtime)
        except CrossfadeError as error:
            return error_response(error, request_id.get())

    return Route(PATH, take_in, methods=["POST"])


async def _take_in(request: Request, runtime: Runtime) -> Response:
    """Take a file in, look whether it can be read, and have it read.

    Raises:
        CrossfadeError: Nobody is known, nobody agreed, there is no model, or the file is none.
    """
    user_id = request.query_params.get("user_id")
    if user_id is not None and ("\0" in user_id or not 1 <= len(user_id) <= MAX_ID_LENGTH):
        raise SourceError(
            "'user_id' is no listener's id", remedy=f"Send 1 to {MAX_ID_LENGTH} characters, none of them NUL"
        )
    listener = caller.get().writer(user_id)
    runtime.consents.check(request.query_params.get("consent") or request.headers.get("X-Consent", ""))
    engine, import_id = runtime.holder.engine(), token_hex(16)
    with ExitStack() as held:
        path = held.enter_context(runtime.importer.place(import_id))
        try:
            with runtime.importer.sending(listener):
                await _receive(request, path, runtime.settings.upload_patience)
        except TimeoutError as error:
            what = "the file did not come, or came too slowly"
            raise SourceError(what, remedy="Send it again, over a faster line") from error
        except ClientDisconnect:  # the middleware cut it off where it became too large, or nobody is there to answer
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        await asyncio.to_thread(recognise, path)
        consent = await asyncio.to_thread(runtime.consents.grant, listener)
        store = runtime.gateway.database
        if not await runtime.gateway.ask(lambda: runtime.importer.begin(import_id, listener, consent)):
            raise NotSupportedError("another file of yours is being read", remedy="Wait until it has been read")
        job = Job(import_id, str(path), listener, consent, str(engine.bundle.path), store.url)
        Thread(target=_read, args=(runtime, job, held.pop_all()), name=f"import-{import_id[:8]}", daemon=True).start()
    body = {"import_id": import_id, "model_version": engine.version, "request_id": request_id.get()}
    return JSONResponse(body, status_code=HTTPStatus.ACCEPTED)


def _read(runtime: Runtime, job: Job, held: ExitStack) -> None:
    """Have a file read; with that it is gone."""
    with held:
        try:
            runtime.importer.read(job)
        except CrossfadeError as error:
            logger.warning("Import %s: %s", job.import_id, error)


async def _receive(request: Request, path: Path, patience: float) -> None:
    """Write a body to a file as it comes; the middleware has seen to its size.

    Args:
        request: The request.
        path: Where the file goes.
        patience: How many seconds may pass without a byte; half of them it may be behind the slowest pace.

    Raises:
        TimeoutError: It stops coming, or is too slow.
        SourceError: It is empty, or too large.
        StoreError: The disk is full.
    """
    size, now = 0, asyncio.get_running_loop().time
    began = now()
    with path.open("wb") as file:
        stream = request.stream()
        while True:
            late = began + min(_LONGEST, patience / 2 + size / _SLOWEST)  # and so before the connection hangs up
            async with asyncio.timeout_at(min(now() + patience, late)):
                chunk = await anext(stream, None)
            if chunk is None:
                break
            size += len(chunk)
            if size > UPLOAD.max_bytes:
                raise SourceError("it is too large", remedy=f"Send at most {UPLOAD.max_bytes >> 20} MB")
            if chunk and disk_usage(path.parent).free < _SPARE_BYTES + len(chunk):
                raise StoreError("the disk is nearly full", remedy="Tell whoever runs this service")
            file.write(chunk)
    if not size:
        raise SourceError("there is no file in the request", remedy="Send the zip as the body")
