"""``/metrics``: the figures, for Prometheus to fetch."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.runtime import Runtime


def build_figures_app(runtime: Runtime) -> Starlette:
    """Return the app with the figures; from another machine they need a key, as every call does."""

    async def figures(_: Request) -> Response:
        text = await run_in_threadpool(runtime.metrics.exposition)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Starlette(routes=[Route("/metrics", figures, methods=["GET"])])
