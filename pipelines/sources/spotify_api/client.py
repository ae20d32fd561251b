"""spotipy behind our own door: the calls Crossfade makes, each with the limits of the API of 2026.

Answers are checked for the shape that is relied on and nothing more. Lists are read by offset: ``next`` is looked at to
see whether there is more, and never followed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pipelines.errors import AccessError
from pipelines.sources.spotify_api.app import SpotifyApp
from pipelines.sources.spotify_api.keeping import TokenKeeper
from pipelines.sources.spotify_api.login import ask_for_token, pkce_manager
from pipelines.sources.spotify_api.refusals import Reason
from pipelines.sources.spotify_api.tokens import Login, LoginFile, LoginPlace

if TYPE_CHECKING:
    from pipelines.sources.spotify_api.session import Patience

#: Answers as they come.
Answer = dict[str, Any]

PAGE: Final = 50
SEARCH_PAGE: Final = 10
FEATURES_AT_ONCE: Final = 100
ARTISTS_AT_ONCE: Final = 50
ADDED_AT_ONCE: Final = 100


class SpotifyClient:
    """The Web API for one person.

    Args:
        app: The app that asks.
        listener: The person, by the name they have here; or where their log-in is, if not in the app's folder.
        patience: How long a run waits; by default a minute in all.

    Raises:
        ConfigError: No app was named, or its addresses are impossible.
    """

    def __init__(self, app: SpotifyApp, listener: str | LoginPlace, patience: Patience | None = None) -> None:
        from spotipy import Spotify

        from pipelines.sources.spotify_api.session import TIMEOUTS, Patience, SpotifySession

        self.patience = patience or Patience()
        self._session = SpotifySession(app, self.patience)
        pkce = pkce_manager(app, self._session)
        renew = partial(ask_for_token, pkce.refresh_access_token)
        place = LoginFile(app, listener) if isinstance(listener, str) else listener
        self._tokens = TokenKeeper(app, place, renew, self.patience.clock)
        self._spotify = Spotify(requests_session=self._session, auth_manager=self._tokens, requests_timeout=TIMEOUTS)
        self._spotify.prefix = f"{app.api_url.rstrip('/')}/"

    def check(self) -> None:
        """Check, without a request, that the person has logged in and Spotify may be asked now.

        Raises:
            AccessError: One of the two is not so.
        """
        self._tokens.login()
        self._session.refuse_while_blocked()

    def login(self) -> Login:
        """Return the person's log-in.

        Raises:
            AccessError: There is none.
        """
        return self._tokens.login()

    def me(self) -> Answer:
        """Return who has logged in."""
        return _object(self._call(self._spotify.me), "me")

    def saved_tracks(self, offset: int, limit: int = PAGE) -> Answer:
        """Return a page of saved tracks, the newest first."""
        return _page(self._call(self._spotify.current_user_saved_tracks, limit=limit, offset=offset), "me/tracks")

    def top_tracks(self, time_range: str, offset: int, limit: int = PAGE) -> Answer:
        """Return a page of the tracks Spotify counts as the person's favourites."""
        call = self._spotify.current_user_top_tracks
        return _page(self._call(call, limit=limit, offset=offset, time_range=time_range), "me/top/tracks")

    def top_artists(self, time_range: str, offset: int, limit: int = PAGE) -> Answer:
        """Return a page of the person's favourite artists."""
        call = self._spotify.current_user_top_artists
        return _page(self._call(call, limit=limit, offset=offset, time_range=time_range), "me/top/artists")

    def recently_played(self, *, after: int | None = None, before: int | None = None, limit: int = PAGE) -> Answer:
        """Return recent plays, after or before a time in milliseconds since 1970."""
        call = self._spotify.current_user_recently_played
        return _page(self._call(call, limit=limit, after=after, before=before), "me/player/recently-played")

    def playlists(self, offset: int, limit: int = PAGE) -> Answer:
        """Return a page of the playlists in the person's library, followed ones included."""
        return _page(self._call(self._spotify.current_user_playlists, limit=limit, offset=offset), "me/playlists")

    def playlist_items(self, playlist: str, offset: int, limit: int = PAGE) -> Answer:
        """Return a page of a playlist."""
        call = self._spotify.playlist_items
        return _page(self._call(call, playlist, limit=limit, offset=offset), f"playlists/{playlist}/items")

    def playlist_version(self, playlist: str) -> str:
        """Return what changes whenever a playlist does."""
        answer = _object(self._call(self._spotify.playlist, playlist, fields="snapshot_id"), f"playlists/{playlist}")
        return str(answer.get("snapshot_id") or "")

    def track(self, track: str) -> Answer:
        """Return one track."""
        return _object(self._call(self._spotify.track, track), f"tracks/{track}")

    def artist(self, artist: str) -> Answer:
        """Return one artist."""
        return _object(self._call(self._spotify.artist, artist), f"artists/{artist}")

    def artists(self, artists: Sequence[str]) -> list[Any]:
        """Return up to 50 artists at once; closed to apps without extended quota."""
        answer = _object(self._call(self._spotify.artists, list(artists)), "artists")
        return _list(answer.get("artists"), "artists")

    def audio_features(self, tracks: Sequence[str]) -> list[Any]:
        """Return the audio features of up to 100 tracks; closed to apps without extended quota."""
        try:
            return _list(self._call(self._spotify.audio_features, list(tracks)), "audio-features")
        except TypeError as error:  # spotipy looks into an answer without a body
            raise _broken("audio-features") from error

    def recommendations(self, track: str) -> Answer:
        """Return Spotify's own recommendations; closed to apps without extended quota."""
        return _object(self._call(self._spotify.recommendations, seed_tracks=[track], limit=1), "recommendations")

    def search(self, query: str, *, kind: str = "track", limit: int = SEARCH_PAGE, offset: int = 0) -> Answer:
        """Return a page of what matches a query; ten at a time, a thousand at most."""
        answer = _object(self._call(self._spotify.search, query, limit=limit, offset=offset, type=kind), "search")
        return _page(answer.get(f"{kind}s"), "search")

    def create_playlist(self, name: str, *, public: bool, description: str) -> Answer:
        """Make an empty playlist. Sent once, whatever happens."""
        call = self._spotify.current_user_playlist_create
        return _object(self._call(call, name, public=public, description=description), "me/playlists")

    def add_to_playlist(self, playlist: str, uris: Sequence[str], position: int) -> None:
        """Put up to 100 tracks into a playlist. Sent once, whatever happens."""
        self._call(self._spotify.playlist_add_items, playlist, list(uris), position=position)

    def _call(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Make a call; where Spotify no longer accepts the token, renew it and make the call once more.

        A request with a token that is not accepted has done nothing, so this is safe for every kind of call.
        """
        login = self._tokens.login()
        try:
            return _quietly(call, *args, **kwargs)
        except AccessError as error:
            if error.reason != Reason.EXPIRED_TOKEN:
                raise
        self._tokens.renew(login)
        return _quietly(call, *args, **kwargs)


def _quietly(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call without spotipy's warnings: that an endpoint is closed to some apps is found out, not assumed."""
    from spotipy.exceptions import SpotifyException

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return call(*args, **kwargs)
        except SpotifyException as error:  # what Spotify refuses never gets here; this is about an id or an address
            raise AccessError(
                f"an id is not one of Spotify's ({error.msg})",
                where="Spotify",
                remedy="Check the ids that were given",
                reason=Reason.BAD_REQUEST,
            ) from error


def _object(answer: Any, endpoint: str) -> Answer:
    if isinstance(answer, dict):
        return answer
    raise _broken(endpoint)


def _list(answer: Any, endpoint: str) -> list[Any]:
    if isinstance(answer, list):
        return answer
    raise _broken(endpoint)


def _page(answer: Any, endpoint: str) -> Answer:
    page = _object(answer, endpoint)
    _list(page.get("items"), endpoint)
    return page


def _broken(endpoint: str) -> AccessError:
    return AccessError(
        "the answer is not what Spotify documents",
        where=f"Spotify ({endpoint})",
        remedy="Run it again in a few minutes; where it stays so, report it",
        reason=Reason.BROKEN_ANSWER,
    )
