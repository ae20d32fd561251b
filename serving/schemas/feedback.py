"""Sessions, feedback, and the end of both: forgetting."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.schemas.common import MAX_ID_LENGTH, NO_NUL, Answer, Request, TrackId

MAX_MS_PLAYED = 24 * 3600 * 1000

#: So much of what was said is shown; a person who said more sees the latest.
MAX_TOLD = 500

EventId = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
ListenerId = Annotated[str, Field(min_length=1, max_length=MAX_ID_LENGTH, pattern=NO_NUL)]

#: Which field each kind of feedback is about.
_ABOUT = {"block_artist": "artist", "undo": "undoes"}


class Told(BaseModel):
    """One thing the listener said that stands, as it can be shown and undone."""

    event_id: str = Field(description="What an undo names.")
    kind: Literal["like", "dislike", "block_track", "block_artist"]
    track_id: str | None = None
    artist: str | None = Field(default=None, description="The blocked artist, or the first one of the track.")
    title: str | None = Field(default=None, description="The track's title; null where the model does not know it.")


class KnownFeedback(BaseModel):
    """How the listener stands to tracks and artists, as far as it is known."""

    likes: list[str] = Field(description="Liked tracks, the latest last.")
    dislikes: list[str]
    blocked_tracks: list[str]
    blocked_artists: list[str]
    told: list[Told] = Field(
        default_factory=list, max_length=MAX_TOLD, description="What was said and stands, the latest last; at most 500."
    )
    imported: bool = Field(description="Whether they brought a history along.")


class SessionRequest(Request):
    """Nothing: the cookie says who it is, or that nobody is known yet."""

    model_config = ConfigDict(json_schema_extra={"example": {}})


class SessionAnswer(Answer):
    """A session; its cookie comes with the answer."""

    listener_id_hint: str = Field(description="The first characters of the listener's id, to name them by.")
    csrf_token: str = Field(description="To be sent as the header X-CSRF-Token with every call that changes something.")
    known: KnownFeedback
    degraded: list[str] = Field(default_factory=list, description="'store' while what is known cannot be read.")


class FeedbackRequest(Request):
    """One thing a listener did."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"event_id": "9f1c6a52-like", "kind": "like", "track_id": "hetrec-lastfm:89", "list_id": "r-1"}
        }
    )

    event_id: EventId = Field(description="Your own id for it: sent twice, it counts once.")
    kind: Literal["like", "dislike", "skip", "play", "block_track", "block_artist", "undo"]
    track_id: TrackId | None = Field(default=None, pattern=NO_NUL, description="About which track.")
    artist: str | None = Field(
        default=None, min_length=1, max_length=MAX_ID_LENGTH, pattern=NO_NUL, description="Whom to block."
    )
    undoes: EventId | None = Field(default=None, description="The event_id that an undo takes back.")
    list_id: str | None = Field(
        default=None, min_length=1, max_length=64, pattern=NO_NUL, description="The list's request_id."
    )
    ms_played: int | None = Field(default=None, ge=0, le=MAX_MS_PLAYED, description="How long it was played, in ms.")
    user_id: ListenerId | None = Field(default=None, description="Whose feedback; for keys with scope 'listen'.")

    @model_validator(mode="after")
    def _about_something(self) -> FeedbackRequest:
        needed = _ABOUT.get(self.kind, "track_id")
        if getattr(self, needed) is None:
            raise ValueError(f"'{self.kind}' needs '{needed}'")
        return self


class FeedbackAnswer(Answer):
    """What became of it."""

    recorded: bool = Field(description="False where an event with this id was recorded before.")
    stored: Literal["store", "spool"] = Field(description="'spool': on disk, and stored when the store is back.")


class ForgetRequest(Request):
    """The wish to be forgotten."""

    model_config = ConfigDict(json_schema_extra={"example": {"confirm": True}})

    confirm: Literal[True] = Field(description="Nothing brings it back, so say so.")
    user_id: ListenerId | None = Field(default=None, description="Whom; for keys with scope 'listen'.")


class RemovedCounts(BaseModel):
    """How much was deleted."""

    events: int = Field(description="Feedback.")
    history: int = Field(description="Rows of imported histories.")
    imports: int
    tokens: int = Field(description="Log-ins to other services.")


class ForgetAnswer(Answer):
    """The receipt; it names nobody."""

    receipt_id: str
    at: str = Field(description="When (ISO 8601, UTC).")
    removed: RemovedCounts
    sha256: str = Field(description="The hash of receipt_id, at and removed, by which the receipt can be checked.")
