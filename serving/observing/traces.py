"""Traces by OpenTelemetry, where a setting asks for them: one span a call, under the caller's own trace."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any, TextIO

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.errors import ConfigError
from serving.request import request_id

VARIABLE = "CROSSFADE_TRACES"


class Traced:
    """ASGI middleware that records a span for every call.

    Args:
        app: The app below.
        target: Where spans go: the address of an OTLP collector, or a file.
        routes: The addresses that are named; whatever else is asked for is "other".
    """

    def __init__(self, app: ASGIApp, target: str, routes: Collection[str]) -> None:
        self.app = app
        self._routes = frozenset(routes)
        self._target = target
        self._provider: TracerProvider | None = None
        self._propagator = TraceContextTextMapPropagator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._beside_calls(scope, receive, send)
            return
        route = scope["path"] if scope["path"] in self._routes else "other"
        method = scope["method"]
        about = {"http.request.method": method, "http.route": route, "crossfade.request_id": request_id.get()}
        parent = self._propagator.extract(dict(Headers(scope=scope)))
        # What an exception says can name somebody; the answer's status is enough.
        with self._start().start_as_current_span(
            f"{method} {route}",
            parent,
            kind=trace.SpanKind.SERVER,
            attributes=about,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self.app(scope, receive, noting)

    async def _beside_calls(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no call; with the end of the worker the spans that wait are written."""
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "lifespan" and self._provider is not None:
                self._provider.shutdown()

    def _start(self) -> trace.Tracer:
        """Return the tracer, made in the worker: the program that starts the workers answers no calls."""
        if self._provider is None:
            self._provider = TracerProvider(resource=Resource.create({"service.name": "crossfade"}))
            self._provider.add_span_processor(BatchSpanProcessor(_exporter(self._target)))
        return self._provider.get_tracer("crossfade")


def wanted(environment: Mapping[str, str] = os.environ) -> str:
    """Return where spans are to go; empty for nowhere."""
    return environment.get(VARIABLE, "")


def _exporter(target: str) -> SpanExporter:
    """Return what writes spans.

    Raises:
        ConfigError: A collector is named, and what speaks to it is not installed.
    """
    if not target.startswith(("http://", "https://")):
        return ConsoleSpanExporter(out=_appending(target), formatter=_line)
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[import-not-found]
            OTLPSpanExporter,
        )
    except ModuleNotFoundError as error:
        raise ConfigError(
            "a collector is spoken to by a package that is not installed",
            where=VARIABLE,
            remedy="pip install opentelemetry-exporter-otlp-proto-http, or name a file",
        ) from error
    exporter: SpanExporter = OTLPSpanExporter(endpoint=target)
    return exporter


def _appending(path: str) -> TextIO:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(handle, "a", encoding="utf-8")


def _line(span: ReadableSpan) -> str:
    text: Any = span.to_json(indent=None)
    return f"{text}\n"
