"""What this app may do: found out by asking, one small request for each thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pipelines.errors import AccessError, CrossfadeError
from pipelines.sources.spotify_api.client import SpotifyClient
from pipelines.sources.spotify_api.login import SAVE_PRIVATE_SCOPE
from pipelines.sources.spotify_api.refusals import PARTIAL, Reason

YES: Final = "yes"
NO: Final = "no"
NOT_ASKED: Final = "not asked"


@dataclass(frozen=True)
class Finding:
    """Whether the app may do something.

    Attributes:
        what: What was asked for.
        answer: ``yes``, ``no`` or ``not asked``.
        reason: The kind of refusal; empty where there was none.
        words: Why not, and what to do about it.
    """

    what: str
    answer: str
    reason: str = ""
    words: str = ""

    def to_json(self) -> dict[str, str]:
        """Return a JSON-ready form."""
        return {"what": self.what, "answer": self.answer, "reason": self.reason, "words": self.words}


def probe(client: SpotifyClient) -> list[Finding]:
    """Ask for one of everything; a refusal that concerns every request ends the asking."""
    return list(_Probing(client).findings())


@dataclass
class _Probing:
    client: SpotifyClient
    #: A track and an artist to ask about, taken from what was read.
    track: str | None = None
    artist: str | None = None
    stopped: CrossfadeError | None = field(default=None)

    def findings(self) -> Iterator[Finding]:
        ask = self.client
        yield self._finding("who is logged in", ask.me)
        yield self._finding("saved tracks", lambda: self._look_at(ask.saved_tracks(0, limit=1)))
        yield self._finding("top tracks", lambda: self._look_at(ask.top_tracks("medium_term", 0, limit=1)))
        yield self._finding("top artists", lambda: ask.top_artists("medium_term", 0, limit=1))
        yield self._finding("recent plays", lambda: ask.recently_played(limit=1))
        yield self._finding("playlists", lambda: ask.playlists(0, limit=1))
        yield self._finding("search", lambda: self._look_at(ask.search("love", limit=1)))
        yield self._about("one track", self.track, ask.track)
        yield self._about("one artist", self.artist, ask.artist)
        yield self._about("many artists at once", self.artist, lambda each: ask.artists([each]))
        yield self._about("audio features", self.track, lambda each: ask.audio_features([each]))
        yield self._about("recommendations", self.track, ask.recommendations)
        yield self._finding("saving playlists", self._may_save)

    def _finding(self, what: str, ask: Callable[[], Any]) -> Finding:
        if self.stopped:
            return Finding(what, NOT_ASKED)
        try:
            ask()
        except AccessError as error:
            if error.reason not in PARTIAL:
                self.stopped = error
            return Finding(what, NO, error.reason, str(CrossfadeError(error.what, remedy=error.remedy)))
        return Finding(what, YES)

    def _about(self, what: str, thing: str | None, ask: Callable[[str], Any]) -> Finding:
        if thing is None:
            return Finding(what, NOT_ASKED)
        return self._finding(what, lambda: ask(thing))

    def _look_at(self, page: dict[str, Any]) -> None:
        """Remember a track and an artist of a page."""
        for item in page["items"]:
            track = item.get("track", item) if isinstance(item, dict) else None
            if isinstance(track, dict) and isinstance(track.get("id"), str):
                self.track = self.track or track["id"]
                for artist in track.get("artists") or ():
                    self.artist = self.artist or artist.get("id")

    def _may_save(self) -> None:
        if SAVE_PRIVATE_SCOPE not in self.client.login().scopes:
            raise AccessError(
                "this permission has not been requested yet",
                remedy="It is requested when you first save a playlist, or by: crossfade spotify login --allow-saving",
                reason=Reason.MISSING_SCOPE,
            )
