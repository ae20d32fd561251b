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
    canary: str | None = Field(default=None, description="The bundle that answers a share of the listeners.")
    shadow: str | None = Field(default=None, description="The bundle that is only compared.")
    shadow_lists: int = Field(default=0, ge=0, description="How many of its lists this worker has compared.")
    shadow_overlap: float | None = Field(
        default=None, ge=0, le=1, description="The mean share of a shown list that stands in its list too."
    )
    refused_trials: list[str] = Field(default_factory=list, description="Bundles on trial that could not be loaded.")
    store: Literal["up", "down"]
    spool: int = Field(ge=0, description="Bytes of feedback that wait for the store.")
