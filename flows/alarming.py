"""Alarms as Prefect events: what an automation on the server turns into a retrain or a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from prefect.events import emit_event

#: What every event of this project is about, for automations to ask for.
RESOURCE: Final = "crossfade.installation"
#: The gate stopped a delivery.
GATE_REFUSED: Final = "crossfade.gate-refused"
#: The promotion policy refused a model.
MODEL_REFUSED: Final = "crossfade.model-refused"

_about: ContextVar[str] = ContextVar("about", default=RESOURCE)


@contextmanager
def rehearsal() -> Iterator[None]:
    """Let events of this context be about no installation: on a server in use nobody is told and nothing is trained."""
    token = _about.set("crossfade.rehearsal")
    try:
        yield
    finally:
        _about.reset(token)


def send(event: str, headline: str, details: Mapping[str, Any]) -> None:
    """Send an event to the Prefect server.

    Args:
        event: Its name.
        headline: What happened, in a line; what a message shows.
        details: The rest, JSON-ready.
    """
    resource = {"prefect.resource.id": _about.get(), "prefect.resource.name": "Crossfade"}
    emit_event(event, resource, payload={"headline": headline, **details})
