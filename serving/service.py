"""The BentoML service: the only module that imports BentoML.

Start it with ``bentoml serve serving.service:CrossfadeService``; ``crossfade serve`` does.
"""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar, cast

import bentoml
from pydantic import BaseModel, ValidationError

from pipelines.errors import CrossfadeError
from serving import schemas
from serving.engine import Engine
from serving.envelope import Envelope, request_id
from serving.holder import EngineHolder
from serving.openapi import Call, document
from serving.problems import error_response
from serving.settings import ServingSettings
from serving.web_app import build_web_app

#: How soon a new champion is noticed.
SECONDS_BETWEEN_LOOKS = 2.0

Answering = TypeVar("Answering", bound=Callable[..., Awaitable[Any]])


def explained(method: Answering) -> Answering:
    """Answer one of our own errors as what it is; BentoML would log a stack trace and say 500."""

    @wraps(method)
    async def answer(*arguments: Any, **named: Any) -> Any:
        try:
            return await method(*arguments, **named)
        except CrossfadeError as error:
            return error_response(error, request_id.get())

    return cast("Answering", answer)


class Calls:
    """Music recommendations: the champion of a Crossfade home folder, with the reason for each track.

    A listener is a *history*: track ids with weights. It is sent in the call and not kept. Every answer carries the id
    of the model that made it and a request id; every failure says what is wrong and what to do.
    """

    # The methods are coroutines although nothing in them waits: BentoML would hand a plain function to a thread, and
    # the way there and back costs more than a list. They are short, and compute one at a time either way.

    def __init__(self) -> None:
        _arrange_logs()
        self._holder = EngineHolder(ServingSettings.from_environment(os.environ))
        with suppress(CrossfadeError):  # Without a model the service runs and says so: 503, /readyz, and on the page.
            self._holder.load()
        self._holder.watch(SECONDS_BETWEEN_LOOKS)

    @bentoml.on_shutdown
    def stop(self) -> None:
        """Stop following the champion."""
        self._holder.stop()

    def __is_ready__(self) -> bool:
        """Tell BentoML whether there is a model; where there is none, the error is the answer."""
        return bool(self._holder.load())

    @bentoml.api(route="/v1/recommendations")
    @explained
    async def recommendations(self, request: schemas.RecommendationsRequest, /) -> schemas.RecommendationsAnswer:
        """Recommend tracks for a history sent in the call, or for a known listener, with the reasons for each."""
        engine = self._holder.engine()
        history = _history(engine, request)
        ranked = engine.recommend(history, request.k, exclude=request.exclude, reasons=request.reasons)
        return schemas.RecommendationsAnswer(**_signed(engine), **ranked._asdict())

    @bentoml.api(route="/v1/similar")
    @explained
    async def similar(self, request: schemas.SimilarRequest, /) -> schemas.SimilarAnswer:
        """Name the tracks most like a track."""
        engine = self._holder.engine()
        track, similar = engine.similar(request.track_id, request.k)
        return schemas.SimilarAnswer(**_signed(engine), track=track, similar=similar)

    @bentoml.api(route="/v1/explain")
    @explained
    async def explain(self, request: schemas.ExplainRequest, /) -> schemas.ExplainAnswer:
        """Take the score of one track for one listener apart: what each track of the history adds to it."""
        engine = self._holder.engine()
        explanation = engine.explain(_history(engine, request), request.track_id)
        return schemas.ExplainAnswer(**_signed(engine), **explanation._asdict())

    @bentoml.api(route="/v1/search")
    @explained
    async def search(self, request: schemas.SearchRequest, /) -> schemas.SearchAnswer:
        """Find tracks by title and artist as a person types, whatever the case and the accents."""
        engine = self._holder.engine()
        return schemas.SearchAnswer(**_signed(engine), tracks=engine.search(request.query, request.k))

    @bentoml.api(route="/v1/tastes")
    @explained
    async def tastes(self) -> schemas.TastesAnswer:
        """Give a few ready-made tastes to try."""
        engine = self._holder.engine()
        return schemas.TastesAnswer(**_signed(engine), tastes=engine.tastes)

    @bentoml.api(route="/v1/model")
    @explained
    async def model(self) -> schemas.ModelAnswer:
        """Show the model card: which model this is, on what it was trained and how well it does."""
        engine = self._holder.engine()
        champion = self._holder.champion
        return schemas.ModelAnswer(
            **_signed(engine),
            **engine.card(),
            champion_since=champion.since if champion else None,
            champion_reason=champion.reason if champion else None,
        )


#: Only this machine may call, unless the machine is a container (BentoML's image sets the variable): its port is opened
#: by whoever starts it.
HOST = "0.0.0.0" if os.environ.get("BENTOML_CONTAINERIZED") else "127.0.0.1"  # noqa: S104

CrossfadeService = bentoml.service(
    name="crossfade",
    description=inspect.getdoc(Calls),
    http={"host": HOST, "port": 3000},
    # Metrics, traces and the access log are a large part of a call's time.
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": ".*"},
    traffic={"timeout": 30},
)(Calls)
CrossfadeService.add_asgi_middleware(Envelope)
CrossfadeService.mount_asgi_app(build_web_app(lambda: document(_listed_calls(), inspect.getdoc(Calls) or "")))


def _listed_calls() -> list[Call]:
    """Return the service's calls with our own types; BentoML keeps a subclass of each."""
    return [
        Call(api.name, api.route, api.doc or "", _our_type(api.input_spec), _our_type(api.output_spec))
        for api in CrossfadeService.apis.values()
    ]


def _our_type(spec: type[BaseModel]) -> type[BaseModel] | None:
    """Return the first of a type's bases that stands in our schemas; None for a call without arguments."""
    return next((base for base in spec.__mro__ if base.__module__ == schemas.__name__), None)


def _history(engine: Engine, request: schemas.ListenerRequest) -> dict[str, float]:
    """Return the history a request names; with neither history nor listener, the empty one."""
    if request.user_id is not None:
        return engine.history_of(request.user_id)
    return request.history or {}


def _signed(engine: Engine) -> dict[str, str]:
    """Return what every answer carries."""
    return {"model_version": engine.version, "request_id": request_id.get()}


def _arrange_logs() -> None:
    """Let our own messages go where BentoML's go, and keep requests that do not fit their schema out of the log."""
    ours, theirs = logging.getLogger("serving"), logging.getLogger("bentoml")
    ours.handlers, ours.propagate = theirs.handlers, theirs.propagate
    ours.setLevel(theirs.level)
    logging.getLogger("bentoml._internal.server.http_app").addFilter(_is_no_bad_request)


def _is_no_bad_request(record: logging.LogRecord) -> bool:
    """Tell whether a log record is about anything but a request that does not fit: its answer says what is wrong."""
    return not (record.exc_info and record.exc_info[0] and issubclass(record.exc_info[0], ValidationError))
