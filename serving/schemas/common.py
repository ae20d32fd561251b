"""What requests and answers are made of: limits, ids, who is listening, and what is shown of a track."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_K = 200
MAX_HISTORY = 10_000
MAX_ID_LENGTH = 256

#: Postgres keeps every character in a text but this one.
NO_NUL = r"^[^\x00]*$"

TrackId = Annotated[str, Field(min_length=1, max_length=MAX_ID_LENGTH)]
Weight = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
History = Annotated[dict[TrackId, Weight], Field(max_length=MAX_HISTORY)]
ListLength = Annotated[int, Field(ge=1, le=MAX_K)]


class Request(BaseModel):
    """Base of every request: an unknown field is an error, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid")


class ListenerRequest(Request):
    """A request that names a listener, by history or by id."""

    history: History | None = Field(
        default=None, description="Track id -> weight (how often it was played). Needs no account and is not kept."
    )
    user_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_ID_LENGTH,
        pattern=NO_NUL,
        description="A listener's id: for keys with scope 'listen'.",
    )

    @model_validator(mode="after")
    def _one_listener(self) -> ListenerRequest:
        if self.history is not None and self.user_id is not None:
            raise ValueError("give either 'history' or 'user_id', not both")
        return self


class Track(BaseModel):
    """What is shown of a track; a missing value is missing."""

    track_id: str
    title: str = Field(description="The title, or the track id where the title is unknown.")
    artists: list[str] = Field(default_factory=list)
    album: str | None = None
    year: int | None = None
    duration_ms: int | None = None
    genres: list[str] = Field(default_factory=list, description="Genres; the strongest tags where none is known.")
    explicit: bool | None = Field(default=None, description="Whether its words are explicit; null: not known.")
    spotify_id: str | None = Field(default=None, description="The id by which Spotify's player knows it.")


class Answer(BaseModel):
    """Base of every answer."""

    model_version: str = Field(description="The id of the bundle that answered; empty where none is served.")
    request_id: str = Field(description="The call's id, also in the header X-Request-Id.")
