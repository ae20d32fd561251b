"""The BentoML service: the only module that imports BentoML. It puts the groups of calls and the pages together.

Start it with ``bentoml serve serving.service:CrossfadeService``; ``crossfade serve`` does.
"""

from __future__ import annotations

import inspect
import os
from functools import wraps
from typing import Any, cast

import bentoml
from pydantic import BaseModel

from pipelines.errors import CrossfadeError
from serving import schemas
from serving.bento_errors import BentoErrors
from serving.calls.catalogue import CatalogueCalls
from serving.calls.feedback import FeedbackCalls
from serving.calls.group import Answering, routes_of
from serving.calls.health import HealthCalls
from serving.calls.listening import ListeningCalls
from serving.calls.lists import ListCalls
from serving.calls.spotify import SpotifyCalls
from serving.connection import bound_requests
from serving.hot_path import HotCalls, hot_calls
from serving.imports import upload
from serving.middleware import ResponseMiddleware
from serving.observing import logs, traces
from serving.observing.figures_app import build_figures_app
from serving.openapi import Call, document
from serving.parent import end_with_parent
from serving.problems import error_response
from serving.request import request_id
from serving.runtime import Runtime
from serving.settings import ServingSettings
from serving.spotify.pages import spotify_routes
from serving.web_app import build_web_app

RUNTIME = Runtime()

bound_requests()


class Outermost(bentoml.Service):  # type: ignore[misc]  # it has no types
    """A service whose added middlewares stand outside BentoML's own, which make a task, a timer and a trace a call.

    What they answer themselves never gets there; and BentoML's timeout answers in our form of errors too.
    """

    __slots__ = ()

    def to_asgi(self, is_main: bool = True) -> Any:  # noqa: FBT001, FBT002
        """Return the app that a worker runs."""
        ours = list(self.middlewares)
        self.middlewares[:] = [(BentoErrors, {})]
        app: Any = super().to_asgi(is_main)
        self.middlewares.extend(ours)
        for middleware, options in reversed(ours):
            app = middleware(app, **options)
        return app


class Calls(ListCalls, CatalogueCalls, FeedbackCalls, ListeningCalls, SpotifyCalls, HealthCalls):
    """Music recommendations: the champion of a Crossfade home folder, with the reason for each track.

    A listener is a *history*: track ids with weights. It is sent in the call and not kept; or it is what a session or a
    `user_id` has told the service before. Every answer carries the id of the model that made it and a request id; every
    failure says what is wrong and what to do.
    """

    def __init__(self) -> None:
        super().__init__(RUNTIME)
        settings = ServingSettings.from_environment(os.environ)
        logs.arrange(as_json=settings.json_logs)
        self.runtime.start(settings, ROUTES.values())
        end_with_parent()

    @bentoml.on_shutdown
    def stop(self) -> None:
        """Stop what runs beside the calls."""
        self.runtime.stop()

    def __is_ready__(self) -> bool:
        """Tell BentoML whether there is a model; where there is none, the error is the answer."""
        return bool(self.runtime.holder.load())


def explained(method: Answering) -> Answering:
    """Answer one of our own errors as what it is; BentoML would log a stack trace and say 500."""

    @wraps(method)
    async def answer(*arguments: Any, **named: Any) -> Any:
        try:
            return await method(*arguments, **named)
        except CrossfadeError as error:
            return error_response(error, request_id.get())

    return cast("Answering", answer)


#: Name -> address of every call.
ROUTES = routes_of(Calls)
for _name, _route in ROUTES.items():
    setattr(Calls, _name, bentoml.api(route=_route)(explained(getattr(Calls, _name))))


def api_document() -> dict[str, Any]:
    """Return the OpenAPI document of the service."""
    return document(_listed_calls(), inspect.getdoc(Calls) or "")


#: Only this machine may call, unless the machine is a container (BentoML's image sets the variable): its port is opened
#: by whoever starts it.
HOST = "0.0.0.0" if os.environ.get("BENTOML_CONTAINERIZED") else "127.0.0.1"  # noqa: S104

CrossfadeService = bentoml.service(
    name="crossfade",
    description=inspect.getdoc(Calls),
    http={"host": HOST, "port": 3000},
    # BentoML's metrics, traces and access log are a large part of a call's time; serving.observing has its own.
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": ".*"},
    traffic={"timeout": 30},
)(Calls)
CrossfadeService.__class__ = Outermost  # the decorator makes no other
CrossfadeService.add_asgi_middleware(
    ResponseMiddleware,
    identify=RUNTIME.identify,
    uploads={upload.PATH: upload.UPLOAD},
    observe=RUNTIME.observe,
    check_host=RUNTIME.check_host,
)
if traces.wanted():
    CrossfadeService.add_asgi_middleware(traces.Traced, target=traces.wanted(), routes=ROUTES.values())
CrossfadeService.add_asgi_middleware(upload.UploadsFirst, runtime=RUNTIME)
CrossfadeService.add_asgi_middleware(HotCalls, calls=hot_calls([ListCalls(RUNTIME), CatalogueCalls(RUNTIME)]))
CrossfadeService.mount_asgi_app(build_figures_app(RUNTIME), name="figures")
CrossfadeService.mount_asgi_app(
    build_web_app(
        api_document,
        more=spotify_routes(RUNTIME),
    )
)


def _listed_calls() -> list[Call]:
    """Return the service's calls with our own types; BentoML keeps a subclass of each."""
    return [
        Call(api.name, api.route, api.doc or "", _our_type(api.input_spec), _our_type(api.output_spec))
        for api in CrossfadeService.apis.values()
    ]


def _our_type(spec: type[BaseModel]) -> type[BaseModel] | None:
    """Return the first of a type's bases that stands in our schemas; None for a call without arguments."""
    return next((base for base in spec.__mro__ if base.__module__.startswith(schemas.__name__)), None)
