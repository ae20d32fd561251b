"""A playlist saved to the listener's own Spotify account: shown first, saved when they say so, privately and once."""

from __future__ import annotations

import asyncio

from pipelines.errors import NotSupportedError
from serving import schemas
from serving.calls.group import CallGroup, call
from serving.calls.listening import playlist_tracks
from serving.identity.callers import caller
from serving.spotify.pages import LOGIN


class SpotifyCalls(CallGroup):
    """What goes to somebody's account on Spotify."""

    @call("/v1/playlist/spotify")
    async def playlist_spotify(self, request: schemas.SpotifyPlaylistRequest, /) -> schemas.SpotifyPlaylistAnswer:
        """Show what a playlist would be on Spotify; with 'confirm', save it to the listener's own account."""
        who = caller.get()
        if who.key_id is not None:
            raise NotSupportedError("a key has no account on Spotify", remedy="Save playlists from the page")
        listener, accounts = who.writer(), self.runtime.spotify
        accounts.require()
        tracks, unknown = playlist_tracks(self.runtime.holder.engine(), request.track_ids)
        on_spotify = {track.spotify_id: track.track_id for track in tracks if track.spotify_id}
        saved = None
        may_save = await self.runtime.gateway.ask(lambda: accounts.may_save(listener))
        if request.confirm and may_save and on_spotify:
            saved = await asyncio.to_thread(accounts.save, listener, request.name, list(on_spotify))
            may_save = saved is not None
        return schemas.SpotifyPlaylistAnswer(
            **self.signed(),
            logged_in=may_save,
            login=None if may_save else LOGIN,
            name=" ".join(request.name.split()),
            tracks=list(on_spotify.values()),
            left_out=[track.track_id for track in tracks if not track.spotify_id] + unknown,
            saved=None
            if saved is None
            else schemas.SavedPlaylist(address=saved.address, tracks=saved.tracks, new=saved.new),
        )
