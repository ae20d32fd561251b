"""What the service knows of a listener: sessions, feedback, and forgetting both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime

from pipelines.data.feedback import BLOCK_ARTIST, BLOCK_TRACK, DISLIKE, LIKE, Event, reactions, standing
from pipelines.errors import CrossfadeError
from pipelines.store.times import moment
from serving import schemas
from serving.calls.group import CallGroup, answered, call
from serving.calls.listener_history import STORE_AWAY
from serving.identity.callers import caller
from serving.identity.sessions import cookie_header
from serving.request import secure

_HINT = 8

#: What can be undone from the list of what was said: what stands until it is taken back.
_LASTING = frozenset({LIKE, DISLIKE, BLOCK_TRACK, BLOCK_ARTIST})

#: Tells what is shown of a track by its id; None where it is not known.
Shown = Callable[[str], schemas.Track | None]


def told_by(events: Iterable[Event], shown: Shown | None) -> list[schemas.Told]:
    """Return what a listener said that stands, the latest last; of a track said twice, each has its own undo."""
    lasting = [event for event in standing(events) if event.kind in _LASTING][-schemas.MAX_TOLD :]
    return [_told(event, shown(event.track_id) if shown and event.track_id else None) for event in lasting]


def _told(event: Event, track: schemas.Track | None) -> schemas.Told:
    artist = event.artist or next(iter(track.artists if track else ()), None)
    return schemas.Told(
        event_id=event.event_id,
        kind=event.kind,
        track_id=event.track_id,
        artist=artist,
        title=track.title if track else None,
    )


class FeedbackCalls(CallGroup):
    """What a listener tells."""

    @call("/v1/session")
    async def session(self, request: schemas.SessionRequest, /) -> schemas.SessionAnswer:
        """Begin or go on with a session of the page: the cookie that comes with the answer says who it is."""
        del request
        sessions = self.runtime.sessions
        listener = caller.get().listener_id or sessions.new_listener()
        kept = await self.runtime.gateway.known(listener)
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
                told=told_by(kept.events, self._display()),
                imported=bool(kept.imported),
            ),
            degraded=[] if kept.whole else STORE_AWAY,
        )
        return answered(answer, {"Set-Cookie": cookie_header(sessions.sign(listener), secure=secure.get())})

    def _display(self) -> Shown | None:
        """Return what knows the names of tracks; None while there is no model."""
        try:
            engine = self.runtime.holder.engine()
        except CrossfadeError:
            return None
        return engine.shown

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
        recorded, stored = await self.runtime.gateway.record(event)
        if recorded:
            self.runtime.metrics.told(event.kind, event.model_version or "")
        return schemas.FeedbackAnswer(**self.signed(), recorded=recorded, stored=stored)

    @call("/v1/forget")
    async def forget(self, request: schemas.ForgetRequest, /) -> schemas.ForgetAnswer:
        """Delete everything the service keeps of a listener, at once, and give a receipt that names nobody."""
        who = caller.get()
        listener = who.writer(request.user_id)
        receipt = await self.runtime.gateway.forget(listener)
        await asyncio.to_thread(self.runtime.let_go, listener)
        answer = schemas.ForgetAnswer(**self.signed(), **asdict(receipt))
        ended = {"Set-Cookie": cookie_header("", secure=secure.get(), lasting=0)} if who.listener_id else {}
        return answered(answer, ended)
