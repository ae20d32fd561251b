"""The calls' requests and answers: types, limits and examples, as the OpenAPI page shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_K = 200
MAX_HISTORY = 10_000
MAX_ID_LENGTH = 256
MAX_QUERY_LENGTH = 100

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
        default=None, min_length=1, max_length=MAX_ID_LENGTH, description="A listener the model was trained on."
    )

    @model_validator(mode="after")
    def _one_listener(self) -> ListenerRequest:
        if self.history is not None and self.user_id is not None:
            raise ValueError("give either 'history' or 'user_id', not both")
        return self


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


class SearchRequest(Request):
    """What a person has typed so far."""

    model_config = ConfigDict(json_schema_extra={"example": {"query": "bjork", "k": 8}})

    query: str = Field(max_length=MAX_QUERY_LENGTH, description="Words or beginnings of words of title and artists.")
    k: ListLength = Field(default=8, description="Length of the list.")


class Track(BaseModel):
    """What is shown of a track; a missing value is missing."""

    track_id: str
    title: str = Field(description="The title, or the track id where the title is unknown.")
    artists: list[str] = Field(default_factory=list)
    album: str | None = None
    year: int | None = None
    duration_ms: int | None = None
    genres: list[str] = Field(default_factory=list, description="Genres; the strongest tags where none is known.")


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


class Taste(BaseModel):
    """A few tracks that go together, to start from."""

    name: str
    tracks: list[Track]


class Answer(BaseModel):
    """Base of every answer."""

    model_version: str = Field(description="The id of the bundle that answered.")
    request_id: str = Field(description="The call's id, also in the header X-Request-Id.")


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


class SearchAnswer(Answer):
    """Tracks that match a query, best match first, then the most popular."""

    tracks: list[Track]


class TastesAnswer(Answer):
    """Ready-made tastes to try."""

    tastes: list[Taste]


class ModelAnswer(Answer):
    """The model card."""

    name: str = Field(description="The recommender's name in the configuration.")
    title: str
    tracks: int = Field(description="Size of the catalogue.")
    listeners: int = Field(description="How many listeners it was trained on.")
    config: dict[str, Any] = Field(description="Its hyper-parameters.")
    lineage: dict[str, Any] = Field(description="Where it comes from: snapshot, run, commit, configuration hash.")
    figures: dict[str, Any] = Field(description="What was measured about it.")
    champion_since: str | None = Field(default=None, description="When it became champion (ISO 8601, UTC).")
    champion_reason: str | None = Field(default=None, description="Why it became champion.")


class Problem(BaseModel):
    """What is wrong and what to do about it."""

    what: str
    remedy: str


class ErrorAnswer(BaseModel):
    """The answer of every call that fails."""

    error: Problem
    request_id: str
