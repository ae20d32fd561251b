"""A person's own listening: how far their file has been read, what it says about them, and playlists to take away."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime

from pipelines.data.feedback import reactions
from pipelines.errors import UnknownIdError
from serving import playlists, schemas
from serving.calls.group import CallGroup, call
from serving.engine import Engine
from serving.identity.callers import caller
from serving.imports.own_listening import OwnListening
from serving.profile import TasteProfile, profile_of_history

_MEDIA_TYPES = {"jspf": "application/jspf+json", "csv": "text/csv; charset=utf-8"}


class ListeningCalls(CallGroup):
    """What a person brings along and takes away."""

    @call("/v1/import/consent")
    async def import_consent(self) -> schemas.ConsentAnswer:
        """Show what a person agrees to before they bring their own data along."""
        text = self.runtime.consents.text
        return schemas.ConsentAnswer(**self.signed(), version=str(text.version), text=text.words)

    @call("/v1/import/status")
    async def import_status(self, request: schemas.ImportStatusRequest, /) -> schemas.ImportStatusAnswer:
        """Tell how far a listener's file has been read, and what came of it."""
        listener, log = caller.get().listener(request.user_id), self.runtime.importer.log
        found = await self.runtime.gateway.ask(lambda: log.find(request.import_id, listener, now=datetime.now(UTC)))
        if found is None:
            raise UnknownIdError("you have no such import", remedy="Use the import_id that /v1/import answered")
        state = {name: value for name, value in asdict(found).items() if name != "import_id"}
        return schemas.ImportStatusAnswer.model_validate({**self.signed(), **state})

    @call("/v1/profile")
    async def profile(self, request: schemas.ProfileRequest, /) -> schemas.ProfileAnswer:
        """Return a taste profile: of a history in the call, or of everything that is kept of a listener."""
        engine = self.runtime.holder.engine()
        if request.history is not None:
            found = await asyncio.to_thread(profile_of_history, request.history, engine.bundle.catalogue)
            return self._profile(found, likes=0, skips=0, blocks=0)
        listener = caller.get().listener(request.user_id)
        kept = await self.runtime.gateway.known(listener)
        own = OwnListening(engine.bundle, self.runtime.importer.log, listener)
        found = await asyncio.to_thread(own.profile, kept.events)
        told = reactions(kept.events)
        blocks = len(told.blocked_tracks) + len(told.blocked_artists)
        return self._profile(found, likes=len(told.likes), skips=sum(told.skips.values()), blocks=blocks)

    @call("/v1/playlist")
    async def playlist(self, request: schemas.PlaylistRequest, /) -> schemas.PlaylistAnswer:
        """Write a playlist as a file: JSPF, or CSV as Exportify writes it."""
        tracks, unknown = playlist_tracks(self.runtime.holder.engine(), request.track_ids)
        as_csv = request.format == "csv"
        return schemas.PlaylistAnswer(
            **self.signed(),
            filename=playlists.file_name(request.name, f".{request.format}"),
            media_type=_MEDIA_TYPES[request.format],
            content=playlists.to_csv(tracks) if as_csv else playlists.to_jspf(request.name, tracks),
            unknown_tracks=unknown,
        )

    def _profile(self, found: TasteProfile, **counts: int) -> schemas.ProfileAnswer:
        profile = asdict(found)
        profile["eras"] = [{"decade": era.pop("name"), **era} for era in profile["eras"]]
        return schemas.ProfileAnswer.model_validate({**self.signed(), **profile, **counts})


def playlist_tracks(engine: Engine, track_ids: list[str]) -> tuple[list[playlists.PlaylistTrack], list[str]]:
    """Return what a playlist says of each track, and the ids the model does not know."""
    places = [engine.bundle.index(track_id) for track_id in track_ids]
    shown = [engine.display.track(place) for place in places if place >= 0]
    tracks = [
        playlists.PlaylistTrack(
            track.track_id, track.title, track.artists, track.album, track.duration_ms, track.spotify_id
        )
        for track in shown
    ]
    return tracks, [track_id for track_id, place in zip(track_ids, places, strict=True) if place < 0]
