"""What can be said about the Yambda files."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from pipelines.sources.base import SourceOptions

Size = Literal["50m", "500m", "5b"]
Event = Literal["listens", "likes", "dislikes"]


class YambdaOptions(SourceOptions):
    """Options of the source ``yambda``.

    Attributes:
        size: Which of the three sizes is read; need not be said where there is one.
        events: Which files are read; on the command line separated by commas. Of likes and dislikes those that were
            taken back are left out.
        least_played: A listen of a smaller share of the track, in per cent, is a skip. The official evaluation counts
            listens from 50 on.
    """

    size: Size | None = None
    events: tuple[Event, ...] = Field(default=("listens", "likes", "dislikes"), min_length=1)
    least_played: int = Field(default=50, ge=0)

    @field_validator("events", mode="before")
    @classmethod
    def _separated(cls, given: object) -> object:
        return tuple(part.strip() for part in given.split(",")) if isinstance(given, str) else given
