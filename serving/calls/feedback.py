"""What the service knows of a listener: sessions, feedback, and forgetting both."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime

from pipelines.data.feedback import Event, reactions
from pipelines.store.times import moment
from serving import schemas
from serving.calls.group import CallGroup, answered, call
from serving.calls.hearing import STORE_AWAY
from serving.identity.callers import caller
from serving.identity.sessions import cookie_header
from serving.request import secure

_HINT = 8


class FeedbackCalls(CallGroup):
    """What a listener tells."""

    @call("/v1/session")
    async def session(self, request: schemas.SessionRequest, /) -> schemas.SessionAnswer:
        """Begin or go on with a session of the page: the cookie that comes with the answer says who it is."""
        del request
        sessions = self.runtime.sessions
        listener = caller.get().listener_id or sessions.new_listener()
        kept = await self.runtime.keeper.known(listener)
        known = reactions(kept.events)
        answer = schemas.SessionAnswer(
            **self.signed(),
            listener_id_hint=listener.partition(":")[2][:_HINT],
            csrf_token=sessions.csrf_token(listener),
            known=schemas.KnownFeedback(
                likes=list(known.likes),
                dislikes=list(known.dislikes),
                blocked_tracks=list(known.blocked_tracks),
                blocked_artists=list(known.blocked_artists),
                imported=bool(kept.imported),
            ),
            degraded=[] if kept.whole else STORE_AWAY,
        )
        return answered(answer, {"Set-Cookie": cookie_header(sessions.sign(listener), secure=secure.get())})

    @call("/v1/feedback")
    async def feedback(self, request: schemas.FeedbackRequest, /) -> schemas.FeedbackAnswer:
        """Record what a listener did with a track; their next list knows it."""
        listener = caller.get().writer(request.user_id)
        event = Event(
            listener_id=listener,
            at=moment(datetime.now(UTC)),
            model_version=self.runtime.holder.version_for(listener),
            **request.model_dump(exclude={"user_id"}),
        )
        recorded, stored = await self.runtime.keeper.record(event)
        if recorded:
            self.runtime.metrics.told(event.kind, event.model_version or "")
        return schemas.FeedbackAnswer(**self.signed(), recorded=recorded, stored=stored)

    @call("/v1/forget")
    async def forget(self, request: schemas.ForgetRequest, /) -> schemas.ForgetAnswer:
        """Delete everything the service keeps of a listener, at once, and give a receipt that names nobody."""
        who = caller.get()
        listener = who.writer(request.user_id)
        receipt = await self.runtime.keeper.forget(listener)
        await asyncio.to_thread(self.runtime.let_go, listener)
        answer = schemas.ForgetAnswer(**self.signed(), **asdict(receipt))
        ended = {"Set-Cookie": cookie_header("", secure=secure.get(), lasting=0)} if who.listener_id else {}
        return answered(answer, ended)
