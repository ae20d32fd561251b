"""What a group of calls is: a class over the running service whose methods are marked with their addresses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from serving.engine import Engine
from serving.envelope import request_id
from serving.runtime import Runtime

Answering = TypeVar("Answering", bound=Callable[..., Awaitable[Any]])

_ROUTE = "__crossfade_route__"


class CallGroup:
    """Base of every group.

    A call is a coroutine although nothing in it waits: BentoML would hand a plain function to a thread, and the way
    there and back costs more than a list. Calls are short, and compute one at a time either way.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime


def call(route: str) -> Callable[[Answering], Answering]:
    """Mark a method of a group as a call; its name is the call's, its types are the schema, its docstring is shown."""

    def mark(method: Answering) -> Answering:
        setattr(method, _ROUTE, route)
        return method

    return mark


def routes_of(group: type[CallGroup]) -> dict[str, str]:
    """Return the calls of a class and its bases, name -> address, sorted by name."""
    found = {name: getattr(getattr(group, name), _ROUTE, None) for name in dir(group)}
    return {name: route for name, route in found.items() if route is not None}


def signed(engine: Engine) -> dict[str, str]:
    """Return what every answer carries."""
    return {"model_version": engine.version, "request_id": request_id.get()}
