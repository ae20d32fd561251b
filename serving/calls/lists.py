"""Lists of tracks: recommendations, similar tracks, and a score taken apart."""

from __future__ import annotations

from serving import encoding, schemas
from serving.calls.group import CallGroup, call
from serving.calls.hearing import hear
from serving.envelope import request_id


class ListCalls(CallGroup):
    """What the model makes of a listener or a track."""

    @call("/v1/recommendations", hot=True)
    async def recommendations(self, request: schemas.RecommendationsRequest, /) -> schemas.RecommendationsAnswer:
        """Recommend tracks for a history, or for a listener with their feedback, with the reasons for each."""
        engine = self.runtime.holder.engine()
        folded, degraded = await hear(self.runtime, engine, request.weights(), request.user_id)
        ranked = engine.recommend(
            folded.history,
            request.k,
            exclude=folded.exclude.union(request.exclude),
            reasons=request.reasons,
            wishes=request.wishes(folded.exclude_artists),
        )
        body = encoding.recommendations(engine.display, ranked, engine.version, request_id.get(), degraded)
        return encoding.encoded(schemas.RecommendationsAnswer, body)

    @call("/v1/similar", hot=True)
    async def similar(self, request: schemas.SimilarRequest, /) -> schemas.SimilarAnswer:
        """Name the tracks most like a track."""
        engine = self.runtime.holder.engine()
        track, found = engine.similar(request.track_id, request.k)
        body = encoding.similar(engine.display, track, found, engine.version, request_id.get())
        return encoding.encoded(schemas.SimilarAnswer, body)

    @call("/v1/explain", hot=True)
    async def explain(self, request: schemas.ExplainRequest, /) -> schemas.ExplainAnswer:
        """Take the score of one track for one listener apart: what each track of the history adds to it."""
        engine = self.runtime.holder.engine()
        folded, _ = await hear(self.runtime, engine, request.history, request.user_id)
        explanation = engine.explain(folded.history, request.track_id)
        body = encoding.explanation(engine.display, explanation, engine.version, request_id.get())
        return encoding.encoded(schemas.ExplainAnswer, body)
