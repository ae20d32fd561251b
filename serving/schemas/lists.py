"""Lists of tracks: recommendations, similar tracks, and a score taken apart."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.common import MAX_HISTORY, Answer, ListenerRequest, ListLength, Request, Track, TrackId


class RecommendationsRequest(ListenerRequest):
    """A history, or the id of a known listener; with neither of them the list is what most listeners play."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"history": {"hetrec-lastfm:89": 12, "hetrec-lastfm:72": 1}, "k": 20}}
    )

    k: ListLength = Field(default=20, description="Length of the list.")
    exclude: list[TrackId] = Field(
        default_factory=list, max_length=MAX_HISTORY, description="Tracks that must not appear."
    )
    reasons: int = Field(default=3, ge=0, le=20, description="How many reasons to give for each track.")


class ExplainRequest(ListenerRequest):
    """A listener and one track."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"history": {"hetrec-lastfm:89": 12}, "track_id": "hetrec-lastfm:72"}}
    )

    track_id: TrackId = Field(description="The track whose score is to be explained.")


class SimilarRequest(Request):
    """One track."""

    model_config = ConfigDict(json_schema_extra={"example": {"track_id": "hetrec-lastfm:89", "k": 10}})

    track_id: TrackId = Field(description="The track to start from.")
    k: ListLength = Field(default=20, description="Length of the list.")


class Because(BaseModel):
    """One track of the listener's own history and its share in a score."""

    track: Track
    share: float = Field(ge=0, le=1, description="Its part of all that speaks for the recommended track.")


class Recommended(BaseModel):
    """One recommended track."""

    rank: int = Field(ge=1)
    score: float = Field(description="0 where the model knows nothing and the track is here because it is popular.")
    track: Track
    because: list[Because] = Field(default_factory=list, description="The strongest reasons, strongest first.")


class Similar(BaseModel):
    """One similar track."""

    rank: int = Field(ge=1)
    score: float
    track: Track


class Contribution(BaseModel):
    """One history track's exact part of a score."""

    track: Track
    amount: float = Field(description="What it adds to the score; all amounts sum to the score.")
    share: float = Field(ge=0, le=1, description="Its part of all that speaks for the track; 0 if it speaks against.")


class RecommendationsAnswer(Answer):
    """A ranked list."""

    basis: Literal["history", "popularity"] = Field(
        description="What the list rests on: popularity where no track of the history is known."
    )
    recommendations: list[Recommended]
    unknown_tracks: list[str] = Field(description="Ids in the request that the model does not know; they are ignored.")


class ExplainAnswer(Answer):
    """A score taken apart."""

    track: Track
    score: float
    contributions: list[Contribution]
    unknown_tracks: list[str]


class SimilarAnswer(Answer):
    """The tracks most like one track."""

    track: Track
    similar: list[Similar]
