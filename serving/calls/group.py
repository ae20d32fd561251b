"""What a group of calls is: a class over the running service whose methods are marked with their addresses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel
from starlette.responses import Response

from serving.engine import Engine
from serving.request import request_id
from serving.runtime import Runtime

Answering = TypeVar("Answering", bound=Callable[..., Awaitable[Any]])

Model = TypeVar("Model", bound=BaseModel)

_ROUTE = "__crossfade_route__"
_HOT = "__crossfade_hot__"


class CallGroup:
    """Base of every group.

    A call is a coroutine although nothing in it waits: BentoML would hand a plain function to a thread, and the way
    there and back costs more than a list. Calls are short, and compute one at a time either way.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def signed(self) -> dict[str, str]:
        """Return what every answer carries, whether or not there is a model."""
        return {"model_version": self.runtime.holder.version, "request_id": request_id.get()}


def call(route: str, *, hot: bool = False) -> Callable[[Answering], Answering]:
    """Mark a method of a group as a call; its name is the call's, its types are the schema, its docstring is shown.

    Args:
        route: Its address.
        hot: It answers with a response that is ready, and is asked so often that ``serving.hot_path`` takes it.
    """

    def mark(method: Answering) -> Answering:
        setattr(method, _ROUTE, route)
        setattr(method, _HOT, hot)
        return method

    return mark


def routes_of(group: type[CallGroup]) -> dict[str, str]:
    """Return the calls of a class and its bases, name -> address, sorted by name."""
    found = {name: getattr(getattr(group, name), _ROUTE, None) for name in dir(group)}
    return {name: route for name, route in found.items() if route is not None}


def is_hot(method: object) -> bool:
    """Tell whether a method is a call that is asked all the time."""
    return bool(getattr(method, _HOT, False))


def signed(engine: Engine) -> dict[str, str]:
    """Return what every answer carries."""
    return {"model_version": engine.version, "request_id": request_id.get()}


def answered(answer: Model, headers: Mapping[str, str]) -> Model:
    """Return an answer with headers of its own: BentoML passes a response on as it is."""
    body = answer.model_dump_json()
    return cast("Model", Response(body, media_type="application/json", headers=dict(headers)))
