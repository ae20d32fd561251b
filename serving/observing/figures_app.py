"""``/metrics``: the figures, for Prometheus to fetch; those of the service and those monitoring found last."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.home import Home
from serving.runtime import Runtime


def build_figures_app(runtime: Runtime) -> Starlette:
    """Return the app with the figures; from another machine they need a key, as every call does."""

    async def figures(_: Request) -> Response:
        text = await run_in_threadpool(figures_now, runtime)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Starlette(routes=[Route("/metrics", figures, methods=["GET"])])


def figures_now(runtime: Runtime) -> bytes:
    """Return every figure there is, in Prometheus' text format."""
    return runtime.metrics.exposition(runtime.holder, runtime.gateway) + monitored(runtime.settings.home)


def monitored(home: Home) -> bytes:
    """Return what monitoring wrote down last (``pipelines.monitoring.exposition``); nothing where it never ran.

    The service shows it, because it is fetched anyway and has it in its home folder (from a bucket, where it follows
    one): monitoring itself is a flow of seconds that nobody could fetch from, and nothing else has to run.
    """
    try:
        return home.monitoring_figures.read_bytes()
    except OSError:
        return b""
