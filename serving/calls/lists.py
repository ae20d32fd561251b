"""Lists of tracks: recommendations, similar tracks, and a score taken apart."""

from __future__ import annotations

from serving import encoding, schemas
from serving.calls.group import CallGroup, call
from serving.engine import Engine
from serving.envelope import request_id


class ListCalls(CallGroup):
    """What the model makes of a listener or a track."""

    @call("/v1/recommendations")
    async def recommendations(self, request: schemas.RecommendationsRequest, /) -> schemas.RecommendationsAnswer:
        """Recommend tracks for a history sent in the call, or for a known listener, with the reasons for each."""
        engine = self.runtime.holder.engine()
        history = request.weights() if request.seeds is not None else _history(engine, request)
        ranked = engine.recommend(
            history or {}, request.k, exclude=request.exclude, reasons=request.reasons, wishes=request.wishes()
        )
        body = encoding.recommendations(engine.display, ranked, engine.version, request_id.get())
        return encoding.encoded(schemas.RecommendationsAnswer, body)

    @call("/v1/similar")
    async def similar(self, request: schemas.SimilarRequest, /) -> schemas.SimilarAnswer:
        """Name the tracks most like a track."""
        engine = self.runtime.holder.engine()
        track, found = engine.similar(request.track_id, request.k)
        body = encoding.similar(engine.display, track, found, engine.version, request_id.get())
        return encoding.encoded(schemas.SimilarAnswer, body)

    @call("/v1/explain")
    async def explain(self, request: schemas.ExplainRequest, /) -> schemas.ExplainAnswer:
        """Take the score of one track for one listener apart: what each track of the history adds to it."""
        engine = self.runtime.holder.engine()
        explanation = engine.explain(_history(engine, request), request.track_id)
        body = encoding.explanation(engine.display, explanation, engine.version, request_id.get())
        return encoding.encoded(schemas.ExplainAnswer, body)


def _history(engine: Engine, request: schemas.ListenerRequest) -> dict[str, float]:
    """Return the history a request names; with neither history nor listener, the empty one."""
    if request.user_id is not None:
        return engine.history_of(request.user_id)
    return request.history or {}
