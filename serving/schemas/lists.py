"""Lists of tracks: recommendations, similar tracks, and a score taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.recommenders.rerank import NO_WISHES, Dials, Filters, Wishes
from serving.schemas.common import (
    MAX_HISTORY,
    MAX_ID_LENGTH,
    MAX_K,
    Answer,
    ListenerRequest,
    ListLength,
    Request,
    Track,
    TrackId,
    Weight,
)

#: How many reasons a track may be given.
MAX_REASONS = 20

#: How many artists or genres a call may name.
MAX_NAMES = 1_000


_AWAY = "What was away: 'store' where a listener's own data could not be read."

Name = Annotated[str, Field(min_length=1, max_length=MAX_ID_LENGTH)]
Share = Annotated[float, Field(ge=0, le=1)]
Year = Annotated[int, Field(ge=0, le=9999)]


class Seed(Request):
    """One track to start from."""

    track_id: TrackId
    weight: Weight = Field(default=1.0, description="How much it counts beside the others.")


class Era(Request):
    """Years of release; a side that is left out is open."""

    model_config = ConfigDict(populate_by_name=True)

    first: Year | None = Field(default=None, alias="from", description="The first year.")
    last: Year | None = Field(default=None, alias="to", description="The last year.")


class AudioTargets(Request):
    """What the music should sound like; a feature that is left out does not matter."""

    danceability: Share | None = None
    energy: Share | None = None
    valence: Share | None = Field(default=None, description="From sad (0) to cheerful (1).")
    acousticness: Share | None = None
    instrumentalness: Share | None = None
    speechiness: Share | None = None
    liveness: Share | None = None
    tempo: Annotated[float, Field(ge=0, le=400)] | None = Field(default=None, description="Beats a minute.")


class DialSettings(Request):
    """What there should be more or less of; 0 is the model's own order."""

    adventure: float = Field(default=0.0, ge=-1, le=1, description="From familiar (-1) to adventurous (1).")
    popularity: float = Field(default=0.0, ge=-1, le=1, description="From obscure (-1) to popular (1).")
    diversity: float = Field(default=0.0, ge=0, le=1, description="How much the tracks of a list differ.")
    audio: AudioTargets = Field(default_factory=AudioTargets)


class RecommendationsRequest(ListenerRequest):
    """A history, seeds or a listener; with none of them, the session's own, else what most listeners play."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"history": {"hetrec-lastfm:89": 12, "hetrec-lastfm:72": 1}, "k": 20}}
    )

    seeds: list[Seed] | None = Field(
        default=None, max_length=MAX_HISTORY, description="Tracks to start from, instead of a history."
    )
    k: ListLength = Field(default=20, description="Length of the list.")
    exclude: list[TrackId] = Field(
        default_factory=list, max_length=MAX_HISTORY, description="Tracks that must not appear."
    )
    exclude_artists: list[Name] = Field(
        default_factory=list, max_length=MAX_NAMES, description="Artists none of whose tracks may appear."
    )
    explicit: Literal["any", "no"] = Field(default="any", description="'no' leaves out what is known to be explicit.")
    era: Era | None = Field(default=None, description="Only tracks known to be released then.")
    genres: list[Name] = Field(
        default_factory=list, max_length=MAX_NAMES, description="Only tracks known to have one of these."
    )
    max_per_artist: int | None = Field(default=None, ge=1, le=MAX_K, description="At most so many tracks an artist.")
    dials: DialSettings = Field(default_factory=DialSettings)
    reasons: int = Field(default=3, ge=0, le=MAX_REASONS, description="How many reasons to give for each track.")

    @model_validator(mode="after")
    def _seeds_or_history(self) -> RecommendationsRequest:
        if self.seeds is not None and (self.history is not None or self.user_id is not None):
            raise ValueError("give one of 'history', 'user_id' and 'seeds'")
        return self

    def weights(self) -> dict[str, float] | None:
        """Return the history the call brings, or its seeds as one; None where it brings neither."""
        if self.seeds is None:
            return self.history
        weights: dict[str, float] = {}
        for seed in self.seeds:
            weights[seed.track_id] = weights.get(seed.track_id, 0.0) + seed.weight
        return weights

    def wishes(self, blocked_artists: Sequence[str] = ()) -> Wishes:
        """Return the filters and dials, with the artists the listener has blocked at other times."""
        if not blocked_artists and not _WISHES & self.model_fields_set:
            return NO_WISHES
        era = self.era or Era()
        filters = Filters(
            artists=(*self.exclude_artists, *blocked_artists),
            explicit=self.explicit,
            years=(era.first, era.last),
            genres=tuple(self.genres),
            per_artist=self.max_per_artist,
        )
        dials = self.dials
        audio = dials.audio.model_dump(exclude_none=True)
        return Wishes(filters, Dials(dials.adventure, dials.popularity, dials.diversity, audio))


_WISHES = frozenset({"exclude_artists", "explicit", "era", "genres", "max_per_artist", "dials"})


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
    unknown_tracks: list[str] = Field(description="Ids in the history that the model does not know; they are ignored.")
    degraded: list[str] = Field(default_factory=list, description=_AWAY)


class ExplainAnswer(Answer):
    """A score taken apart."""

    track: Track
    score: float
    contributions: list[Contribution]
    unknown_tracks: list[str]
    degraded: list[str] = Field(default_factory=list, description=_AWAY)


class SimilarAnswer(Answer):
    """The tracks most like one track."""

    track: Track
    similar: list[Similar]
