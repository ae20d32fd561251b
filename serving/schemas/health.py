"""How the service is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from serving.schemas.common import Answer


class HealthAnswer(Answer):
    """What works and what does not."""

    model: Literal["served", "missing"]
    problem: str | None = Field(default=None, description="Why there is no model, or why a newer one is not served.")
    refused_bundle: str | None = Field(default=None, description="The bundle that could not be loaded.")
    store: Literal["up", "down"]
    spool: int = Field(ge=0, description="Bytes of feedback that wait for the store.")
