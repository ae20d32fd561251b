"""Lists of tracks: recommendations, similar tracks, and a score taken apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from serving import encoding, schemas
from serving.batching import Batcher
from serving.calls.group import CallGroup, call
from serving.calls.listener_history import hear
from serving.engine import Engine, ListQuestion, RankedList
from serving.identity.callers import caller
from serving.request import request_id
from serving.runtime import Runtime
from serving.trials import whose


class _ListCall(NamedTuple):
    """One call for a list: what makes it, what is asked, the call's id, and what was away."""

    engine: Engine
    question: ListQuestion
    request_id: str
    degraded: Sequence[str]


class ListCalls(CallGroup):
    """What the model makes of a listener or a track."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self._batcher = Batcher(_answer)

    @call("/v1/recommendations", hot=True)
    async def recommendations(self, request: schemas.RecommendationsRequest, /) -> schemas.RecommendationsAnswer:
        """Recommend tracks for a history, or for a listener with their feedback, with the reasons for each."""
        weights = request.weights()
        engine = self._engine(request.user_id, weights)
        folded, degraded = await hear(self.runtime, engine, weights, request.user_id)
        exclude = folded.exclude.union(request.exclude) if folded.exclude or request.exclude else ()
        wishes = request.wishes(folded.exclude_artists)
        question = ListQuestion(folded.history, request.k, exclude, request.reasons, wishes, folded.against)
        ranked, body = await self._batcher.ask(_ListCall(engine, question, request_id.get(), degraded))
        self.runtime.metrics.listed(engine, ranked)
        listener, shadow = request.user_id or caller.get().listener_id, self.runtime.holder.shadow
        note = partial(self.runtime.journal.note, request_id.get(), listener, engine.version) if listener else None
        if note and not shadow:
            note()
        after = shadow.after(engine, ranked, request_id.get(), question, note) if shadow else None
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
        folded, degraded = await hear(self.runtime, engine, request.history, request.user_id)
        explanation = engine.explain(folded.history, request.track_id, folded.against)
        body = encoding.explanation(engine.display, explanation, engine.version, request_id.get(), degraded)
        return encoding.encoded(schemas.ExplainAnswer, body)

    def _engine(self, user_id: str | None, weights: Mapping[str, float] | None) -> Engine:
        """Return the engine that answers this listener; who that is matters only while a canary is tried."""
        holder = self.runtime.holder
        if holder.canary is None:
            return holder.engine()
        return holder.engine_for(whose(user_id or caller.get().listener_id, weights))


def _answer(asked: Sequence[_ListCall]) -> list[tuple[RankedList, bytes]]:
    """Return the lists of some calls, also as JSON."""
    ranked: dict[int, RankedList] = {}
    for engine in {each.engine for each in asked}:
        places = [place for place, each in enumerate(asked) if each.engine is engine]
        ranked |= zip(places, engine.lists([asked[place].question for place in places]), strict=True)
    return [
        (
            ranked[place],
            encoding.recommendations(engine.display, ranked[place], engine.version, request_id, degraded),
        )
        for place, (engine, _, request_id, degraded) in enumerate(asked)
    ]
