"""What people look at, as a Starlette app: the web page and the page of the API.

The pages' files lie under an address that changes with their content.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

WEB_FOLDER = Path(__file__).parent / "web"

_ONE_YEAR = "public, max-age=31536000, immutable"


class ImmutableFiles(StaticFiles):
    """Static files whose address names their content, so a browser never has to ask again."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Add the caching header to every file."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = _ONE_YEAR
        return response


def build_web_app(
    openapi: Callable[[], dict[str, Any]], folder: Path = WEB_FOLDER, more: Sequence[BaseRoute] = ()
) -> Starlette:
    """Return the app with the page at ``/``, the API's at ``/docs`` and its document at ``/docs.json``.

    It is a Starlette app because BentoML passes on to its own routes only what such an app has no route for.

    Args:
        openapi: Makes the OpenAPI document; called once, when somebody first asks for it.
        folder: The pages and their files.
        more: What else is no call of BentoML's: uploads, and pages people come back to.
    """
    digest = content_digest(folder)
    once = cache(openapi)

    async def described(_: Request) -> Response:
        return JSONResponse(once())

    return Starlette(
        routes=[
            Route("/", _page(folder / "index.html", digest), methods=["GET"]),
            Route("/docs", _page(folder / "docs.html", digest), methods=["GET"]),
            Route("/docs.json", described, methods=["GET"]),
            Mount(
                f"/web/{digest}",
                ImmutableFiles(directory=folder),
                name="web",
                middleware=[Middleware(GZipMiddleware)],
            ),
            *more,
        ]
    )


def _page(path: Path, digest: str) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that serves a page with the address of its files filled in."""
    text = path.read_text(encoding="utf-8").replace("{web}", f"web/{digest}")

    async def page(_: Request) -> Response:
        return HTMLResponse(text, headers={"Cache-Control": "no-cache"})

    return page


def content_digest(folder: Path) -> str:
    """Return a short hash of the names and contents of all files in a folder."""
    digest = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]
