"""What can be found: tracks by their words, ready-made tastes, the model card."""

from __future__ import annotations

from serving import encoding, schemas
from serving.calls.group import CallGroup, call, signed
from serving.request import request_id


class CatalogueCalls(CallGroup):
    """What there is, whoever asks."""

    @call("/v1/search", hot=True)
    async def search(self, request: schemas.SearchRequest, /) -> schemas.SearchAnswer:
        """Find tracks by title and artist as a person types, whatever the case and the accents."""
        engine = self.runtime.holder.engine()
        found = engine.search(request.query, request.k)
        body = encoding.tracks(engine.display, found, engine.version, request_id.get())
        return encoding.encoded(schemas.SearchAnswer, body)

    @call("/v1/tracks")
    async def tracks(self, request: schemas.TracksRequest, /) -> schemas.TracksAnswer:
        """Say what is known of tracks."""
        engine = self.runtime.holder.engine()
        places = {track_id: engine.bundle.index(track_id) for track_id in request.track_ids}
        return schemas.TracksAnswer(
            **signed(engine),
            tracks=[engine.display.track(place) for place in places.values() if place >= 0],
            unknown_tracks=[track_id for track_id, place in places.items() if place < 0],
        )

    @call("/v1/tastes")
    async def tastes(self) -> schemas.TastesAnswer:
        """Give a few ready-made tastes to try."""
        engine = self.runtime.holder.engine()
        return schemas.TastesAnswer(**signed(engine), tastes=engine.tastes)

    @call("/v1/model")
    async def model(self) -> schemas.ModelAnswer:
        """Show the model card: which model this is, on what it was trained and how well it does."""
        holder = self.runtime.holder
        engine = holder.engine()
        champion = holder.champion
        return schemas.ModelAnswer(
            **signed(engine),
            **engine.card(),
            champion_since=champion.since if champion else None,
            champion_reason=champion.reason if champion else None,
            refused_bundle=holder.refused,
            refused_trials=holder.refused_trials,
            refusals=holder.refusals,
        )
