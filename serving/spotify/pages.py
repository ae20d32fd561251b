"""The two addresses a browser goes through to log in to Spotify: there, and back to the page.

Nothing is shown here: the page is told by one word in its address how it went.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipelines.errors import AccessError, CrossfadeError, NotSupportedError
from serving.identity.callers import caller
from serving.runtime import Runtime

logger = logging.getLogger(__name__)

LOGIN: Final = "/spotify/login"
CALLBACK: Final = "/spotify/callback"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_CONNECTED, _REFUSED, _FAILED = "connected", "refused", "failed"


def spotify_routes(runtime: Runtime) -> list[Route]:
    """Return the routes of both."""

    async def login(request: Request) -> str:
        runtime.spotify.require()
        listener = caller.get().listener()
        redirect_uri = f"{own_address(request, runtime.settings.public_url)}{CALLBACK}"
        return await asyncio.to_thread(runtime.spotify.begin, listener, redirect_uri)

    async def callback(request: Request) -> str:
        runtime.spotify.require()
        listener = caller.get().listener()
        await asyncio.to_thread(runtime.spotify.finish, listener, str(request.url))
        return _page(_CONNECTED)

    return [Route(LOGIN, _leading(login), methods=["GET"]), Route(CALLBACK, _leading(callback), methods=["GET"])]


def own_address(request: Request, public_url: str) -> str:
    """Return the address of the page as Spotify has to know it.

    Raises:
        NotSupportedError: It is none that Spotify comes back to.
    """
    if public_url:
        return public_url.rstrip("/")
    host = request.headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in _LOOPBACK:
        raise NotSupportedError(
            f"Spotify does not come back to '{host[:100]}'",
            remedy="Open the page by the number of its address (http://127.0.0.1:3000), or set CROSSFADE_PUBLIC_URL",
        )
    return f"{request.url.scheme}://{host}"


def _leading(step: Callable[[Request], Awaitable[str]]) -> Callable[[Request], Awaitable[Response]]:
    """Make an endpoint of a step that says where the browser goes on."""

    async def endpoint(request: Request) -> Response:
        try:
            address = await step(request)
        except CrossfadeError as error:
            # The address holds a code, so it is not logged.
            logger.warning("The log-in to Spotify: %s", error)
            address = _page(_REFUSED if isinstance(error, AccessError) else _FAILED)
        return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})

    return endpoint


def _page(how: str) -> str:
    return f"/?spotify={how}"
