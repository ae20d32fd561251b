"""Search, ready-made tastes and the model card."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.common import Answer, ListLength, Request, Track, TrackId

MAX_QUERY_LENGTH = 100


class SearchRequest(Request):
    """What a person has typed so far."""

    model_config = ConfigDict(json_schema_extra={"example": {"query": "bjork", "k": 8}})

    query: str = Field(max_length=MAX_QUERY_LENGTH, description="Words or beginnings of words of title and artists.")
    k: ListLength = Field(default=8, description="Length of the list.")


class SearchAnswer(Answer):
    """Tracks that match a query, best match first, then the most popular."""

    tracks: list[Track]


class Taste(BaseModel):
    """A few tracks that go together, to start from."""

    name: str
    tracks: list[Track]


class TastesAnswer(Answer):
    """Ready-made tastes to try."""

    tastes: list[Taste]


class TracksRequest(Request):
    """Tracks by their ids, as a link to a mix holds them."""

    model_config = ConfigDict(json_schema_extra={"example": {"track_ids": ["hetrec-lastfm:89"]}})

    track_ids: list[TrackId] = Field(min_length=1, max_length=100, description="Their ids.")


class TracksAnswer(Answer):
    """What is known of tracks, in the order of the request."""

    tracks: list[Track]
    unknown_tracks: list[str] = Field(description="Ids the model does not know.")


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
    refused_bundle: str | None = Field(default=None, description="A newer bundle that could not be loaded.")
    refused_trials: list[str] = Field(default_factory=list, description="Bundles on trial that could not be loaded.")
    refusals: dict[str, str] = Field(default_factory=dict, description="Why each of these was refused.")
