"""Lists of tracks: recommendations, similar tracks, and a score taken apart."""

from __future__ import annotations

from collections.abc import Mapping

from serving import encoding, schemas
from serving.calls.group import CallGroup, call
from serving.calls.hearing import hear
from serving.engine import Engine, RankedList
from serving.identity.callers import caller
from serving.request import request_id
from serving.trials import whose


class ListCalls(CallGroup):
    """What the model makes of a listener or a track."""

    @call("/v1/recommendations", hot=True)
    async def recommendations(self, request: schemas.RecommendationsRequest, /) -> schemas.RecommendationsAnswer:
        """Recommend tracks for a history, or for a listener with their feedback, with the reasons for each."""
        weights = request.weights()
        engine = self._engine(request.user_id, weights)
        folded, degraded = await hear(self.runtime, engine, weights, request.user_id)
        exclude = folded.exclude.union(request.exclude)
        wishes = request.wishes(folded.exclude_artists)

        def ask(of: Engine) -> RankedList:
            return of.recommend(folded.history, request.k, exclude=exclude, reasons=request.reasons, wishes=wishes)

        ranked = ask(engine)
        self.runtime.metrics.listed(engine, ranked)
        body = encoding.recommendations(engine.display, ranked, engine.version, request_id.get(), degraded)
        if listener := request.user_id or caller.get().listener_id:
            self.runtime.journal.note(request_id.get(), listener, engine.version)
        shadow = self.runtime.holder.shadow
        after = shadow.after(engine, ranked, request_id.get(), ask) if shadow else None
        return encoding.encoded(schemas.RecommendationsAnswer, body, after)

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
        engine = self._engine(request.user_id, request.history)
        folded, _ = await hear(self.runtime, engine, request.history, request.user_id)
        explanation = engine.explain(folded.history, request.track_id)
        body = encoding.explanation(engine.display, explanation, engine.version, request_id.get())
        return encoding.encoded(schemas.ExplainAnswer, body)

    def _engine(self, user_id: str | None, weights: Mapping[str, float] | None) -> Engine:
        """Return the engine that answers this listener; who that is matters only while a canary is tried."""
        holder = self.runtime.holder
        if holder.canary is None:
            return holder.engine()
        return holder.engine_for(whose(user_id or caller.get().listener_id, weights))
