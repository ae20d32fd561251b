"""One person's library as Spotify has it: read in parts, each kept as it comes.

A reading that was stopped (a rate limit, a kill) is taken up by the next run within ``RESUME_SECONDS``: finished lists
are not asked for again, unfinished ones go on at the next page. Playlists carry Spotify's own version and are asked for
again only when that changes. Plays gather from run to run, because Spotify shows only the last fifty.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, TypeVar

from pipelines.errors import AccessError, CrossfadeError
from pipelines.sources.spotify_api import entries as e
from pipelines.sources.spotify_api.client import Answer, SpotifyClient
from pipelines.sources.spotify_api.extras import read_features, read_genres
from pipelines.sources.spotify_api.kept import Kept, Page
from pipelines.sources.spotify_api.lists import PASSES, read_list
from pipelines.sources.spotify_api.plays import gather_plays
from pipelines.sources.spotify_api.refusals import PARTIAL
from pipelines.sources.spotify_api.tokens import WARNING_DAYS

RANGES: Final = ("short_term", "medium_term", "long_term")
RESUME_SECONDS: Final = 86_400.0
_READING: Final = "reading"
_ACCOUNT: Final = "account"

Entry = dict[str, Any]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Playlist:
    """A playlist the person owns or works on.

    Attributes:
        playlist_id: Its id.
        name: Its name.
        own: Whether it is theirs; else they share it.
        entries: What it holds, in order.
    """

    playlist_id: str
    name: str | None
    own: bool
    entries: list[Entry]


@dataclass(frozen=True)
class Library:
    """What was read.

    Attributes:
        plays: Plays, the oldest first.
        saved: Saved tracks.
        top: Favourites by Spotify's count, for each time range after the other.
        playlists: The person's playlists.
        left_out: How many playlists cannot be read, by reason.
        features: Audio features by track id, where the app may read them.
        genres: Genres by artist id, where Spotify says them.
        notes: What could not be read and why, as sentences.
    """

    plays: list[Entry]
    saved: list[Entry]
    top: list[Entry]
    playlists: list[Playlist]
    left_out: dict[str, int]
    features: dict[str, Any] = field(default_factory=dict)
    genres: dict[str, list[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def tracks(self) -> Iterator[Entry]:
        """Yield every track of the library, each id once; what has no id is in the lists only."""
        seen: set[str] = set()
        lists = (self.saved, self.plays, self.top, *(playlist.entries for playlist in self.playlists))
        for track in (entry["track"] for entries in lists for entry in entries if "track" in entry):
            if isinstance(track["id"], str) and track["id"] not in seen:
                seen.add(track["id"])
                yield track


def read_library(client: SpotifyClient, kept: Kept) -> Library:
    """Read everything a person's log-in gives.

    Raises:
        AccessError: Spotify refused; what came before is kept for the next run.
    """
    me = client.me()
    now = client.patience.clock()
    account = str(me.get("account_id") or me.get("id") or "")
    if kept.fact(_ACCOUNT) not in {None, account}:
        kept.forget()
    kept.state(_ACCOUNT, account)
    reading = _Reading(client, kept, mark=_take_up(kept, now), own_id=str(me.get("id") or ""))
    library = reading.read()
    kept.state(_READING, None)
    days = client.login().days_left(now)
    if days > WARNING_DAYS:
        return library
    ends = f"The log-in to Spotify ends on {client.login().ends_at:%Y-%m-%d}: log in again before that."
    return replace(library, notes=(*library.notes, ends))


def _take_up(kept: Kept, now: float) -> str:
    """Return the mark of the reading that was stopped not long ago, or of a new one."""
    stopped = kept.fact(_READING)
    if stopped is not None and 0 <= now - float(stopped.partition(" ")[0]) < RESUME_SECONDS:
        return stopped
    mark = f"{now!r} {secrets.token_hex(4)}"
    kept.state(_READING, mark)
    return mark


@dataclass
class _Reading:
    client: SpotifyClient
    kept: Kept
    mark: str
    own_id: str
    notes: list[str] = field(default_factory=list)

    def read(self) -> Library:
        """Read the parts, the one that passes away first."""
        plays = self._part("recent plays", self._plays) or self.kept.plays()
        saved = self._part("saved tracks", self._saved) or []
        top = self._part("top tracks", self._top_tracks) or []
        listed = self._part("playlists", self._playlists) or []
        library = Library(
            plays=plays,
            saved=saved,
            top=top,
            playlists=list(self._contents(entry for entry in listed if "left_out" not in entry)),
            left_out=dict(Counter(entry["left_out"] for entry in listed if "left_out" in entry)),
        )
        tracks = list(library.tracks())
        ids = [track["id"] for track in tracks]
        features = self._part("audio features", partial(read_features, self.client, self.kept, ids)) or {}
        genres = self._part("genres", partial(self._genres, tracks)) or {}
        return replace(library, features=features, genres=genres, notes=tuple(self.notes))

    def _part(self, name: str, read: Callable[[], _T]) -> _T | None:
        """Read one part; where Spotify refuses just this one, note why and go on."""
        try:
            return read()
        except AccessError as error:
            if error.reason not in PARTIAL:
                raise
            self.notes.append(f"No {name} were read: {CrossfadeError(error.what, remedy=error.remedy)}")
            return None

    def _plays(self) -> list[Entry]:
        if gather_plays(self.client, self.kept).may_have_a_gap:
            self.notes.append(
                "Plays may be missing before the recent ones: Spotify shows the last fifty, so run this more often."
            )
        return self.kept.plays()

    def _saved(self) -> list[Entry]:
        return self._list("saved tracks", self.client.saved_tracks, lambda item: e.list_entry(item, when="added_at"))

    def _top_tracks(self) -> list[Entry]:
        entries: list[Entry] = []
        for time_range in RANGES:
            entries += self._list(
                f"top tracks, {time_range}", partial(self.client.top_tracks, time_range), e.bare_entry
            )
        return entries

    def _playlists(self) -> list[Entry]:
        return self._list("playlists", self.client.playlists, lambda item: e.playlist_entry(item, self.own_id))

    def _contents(self, playlists: Iterable[Entry]) -> Iterator[Playlist]:
        for each in playlists:
            entries = self._part(f"tracks of the playlist '{each['name']}'", partial(self._playlist, each))
            if entries is not None:
                yield Playlist(str(each["id"]), each["name"], each["own"], entries)

    def _playlist(self, playlist: Entry) -> list[Entry]:
        """Read a playlist in one version of it, a few times over where it changes meanwhile."""
        name, version = f"playlist {playlist['id']}", playlist["version"] or self.mark
        entries: list[Entry] = []
        for _ in range(PASSES):
            known = self.kept.is_whole(name, version)
            entries, _ = read_list(self.kept, name, version, self._fetcher_of(str(playlist["id"])))
            current = version if known else self.client.playlist_version(str(playlist["id"])) or version
            if current == version:
                return entries
            version = current
        self.notes.append(f"The playlist '{playlist['name']}' kept changing while it was read.")
        return entries

    def _fetcher_of(self, playlist: str) -> Callable[[int], Page]:
        return fetcher(
            partial(self.client.playlist_items, playlist),
            lambda item: e.list_entry(item, when="added_at", own_id=self.own_id),
        )

    def _list(self, name: str, ask: Callable[[int], Answer], shape: Callable[[Any], Entry]) -> list[Entry]:
        entries, steady = read_list(self.kept, name, self.mark, fetcher(ask, shape))
        if not steady:
            self.notes.append(f"The list '{name}' kept changing while it was read.")
        return entries

    def _genres(self, tracks: Sequence[Entry]) -> dict[str, list[str]]:
        """Return the genres of the artists of tracks; those in the lists of favourites come with them, if at all."""
        known: dict[str, list[str]] = {}
        for time_range in RANGES:
            artists = self._list(
                f"top artists, {time_range}", partial(self.client.top_artists, time_range), e.genre_entry
            )
            known |= {artist["id"]: artist["genres"] for artist in artists if artist["genres"] is not None}
        ids = {str(artist["id"]) for track in tracks for artist in track["artists"] if artist["id"]}
        return known | read_genres(self.client, self.kept, ids - known.keys())


def fetcher(ask: Callable[[int], Answer], shape: Callable[[Any], Entry]) -> Callable[[int], Page]:
    """Return a function that asks for the page at an offset and gives it in the form it is kept in."""

    def fetch(offset: int) -> Page:
        answer = ask(offset)
        entries = [shape(item) for item in answer["items"]]
        total = answer.get("total")
        return Page(
            start=offset,
            total=total if isinstance(total, int) else -1,
            # A page without entries is the end, whatever it says: asking again would not end.
            more=bool(answer.get("next")) and bool(entries),
            keys=[e.entry_key(entry) if "at" in entry else None for entry in entries],
            entries=entries,
        )

    return fetch
