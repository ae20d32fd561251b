"""What a client reads from the engine's answers: the JSON the service sends, as values of the schemas."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from serving import encoding
from serving.engine import Engine
from serving.schemas import ExplainAnswer, RecommendationsAnswer, SearchAnswer, SimilarAnswer

Read = TypeVar("Read", bound=BaseModel)
SIGNATURE = ("a-version", "a-request")


def listed(engine: Engine, *arguments, **named) -> RecommendationsAnswer:
    """Ask for recommendations."""
    ranked = engine.recommend(*arguments, **named)
    return _read(RecommendationsAnswer, encoding.recommendations(engine.display, ranked, *SIGNATURE))


def alike(engine: Engine, track_id: str, k: int) -> SimilarAnswer:
    """Ask for similar tracks."""
    return _read(SimilarAnswer, encoding.similar(engine.display, *engine.similar(track_id, k), *SIGNATURE))


def explained(engine: Engine, history: dict[str, float], track_id: str) -> ExplainAnswer:
    """Ask for a score taken apart."""
    return _read(ExplainAnswer, encoding.explanation(engine.display, engine.explain(history, track_id), *SIGNATURE))


def searched(engine: Engine, query: str, k: int) -> SearchAnswer:
    """Search."""
    return _read(SearchAnswer, encoding.tracks(engine.display, engine.search(query, k), *SIGNATURE))


def _read(kind: type[Read], body: bytes) -> Read:
    """Read an answer, and hold the bytes to those that pydantic writes for it."""
    answer = kind.model_validate_json(body)
    assert answer.model_dump_json().encode() == body
    return answer
