"""Saving a playlist: looked at first, made once, and finished by the next run where one was stopped.

Nothing that changes something is sent twice in one run. Whether a request whose answer was lost has been carried out is
found out by looking, by the next run: the playlist bears the plan's token in its description, and its tracks say how
far the adding came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pipelines.atomic import write_text
from pipelines.data.hashing import hash_json
from pipelines.errors import AccessError, ConfigError, SourceError
from pipelines.locking import only_one
from pipelines.sources.spotify_api.client import ADDED_AT_ONCE, PAGE, SpotifyClient
from pipelines.sources.spotify_api.entries import track_entry
from pipelines.sources.spotify_api.kept import Kept
from pipelines.sources.spotify_api.login import SAVE_PRIVATE_SCOPE, SAVE_PUBLIC_SCOPE
from pipelines.sources.spotify_api.refusals import Reason
from pipelines.sources.spotify_api.tokens import private_folder

_ID: Final = re.compile(
    r"(?:spotify:track:|https?://open\.spotify\.com/(?:intl-\w+/)?track/)?([0-9A-Za-z]{22})(?:\?.*)?"
)
#: Spotify takes playlists of up to this many tracks.
MOST_TRACKS: Final = 10_000
_LONGEST_NAME: Final = 100
_WAIT_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Plan:
    """A playlist as it would be saved.

    Attributes:
        name: Its name.
        public: Whether everybody may see it.
        token: What tells this plan from another; the same plan has the same token, and is saved once.
        tracks: Its tracks as they are kept (id, name, artists, ...), in order.
        unknown: Ids that were asked for and are left out: not Spotify's, or Spotify does not know them.
    """

    name: str
    public: bool
    token: str
    tracks: tuple[dict[str, Any], ...]
    unknown: tuple[str, ...]

    @property
    def uris(self) -> list[str]:
        """The tracks as Spotify takes them."""
        return [f"spotify:track:{track['id']}" for track in self.tracks]

    @property
    def mark(self) -> str:
        """What the playlist's description bears."""
        return f"crossfade:{self.token}"

    @property
    def scope(self) -> str:
        """The permission it takes."""
        return SAVE_PUBLIC_SCOPE if self.public else SAVE_PRIVATE_SCOPE


@dataclass(frozen=True)
class SavedPlaylist:
    """A playlist on Spotify.

    Attributes:
        playlist_id: Its id.
        tracks: How many tracks it holds.
        new: Whether this run finished it; else it was there already.
    """

    playlist_id: str
    tracks: int
    new: bool

    @property
    def address(self) -> str:
        """Where to see it."""
        return f"https://open.spotify.com/playlist/{self.playlist_id}"


def plan_playlist(
    client: SpotifyClient, kept: Kept, name: str, ids: Iterable[str], *, public: bool = False, token: str | None = None
) -> Plan:
    """Look up what a playlist would hold; nothing is changed.

    Args:
        client: The person's client.
        kept: Where tracks that were looked up before are kept.
        name: The playlist's name.
        ids: Track ids (``spotify:track:...``, a link, or the bare id), in order; each is taken once.
        public: Whether everybody may see it.
        token: Tells it from a playlist of the same name and tracks that was saved before.

    Raises:
        ConfigError: The name is empty or too long, or there are too many tracks.
        AccessError: Spotify refused; tracks that were looked up are kept.
    """
    title = " ".join(name.split())
    if not 0 < len(title) <= _LONGEST_NAME:
        raise ConfigError(f"it needs 1 to {_LONGEST_NAME} characters", where="the playlist's name")
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST_TRACKS:
        raise ConfigError(f"a playlist holds {MOST_TRACKS:,} tracks at most", where=f"playlist '{title}'")
    found: dict[str, dict[str, Any]] = {}
    unknown = []
    for each in wanted:
        track = _looked_up(client, kept, each)
        if track is None:
            unknown.append(each)
        else:
            found.setdefault(str(track["id"]), track)
    tracks = tuple(found.values())
    key = token or hash_json([title, public, *found])[:16]
    if not re.fullmatch(r"[0-9A-Za-z._-]{1,64}", key):
        raise ConfigError(f"'{key[:64]}' cannot be a token", where="--token", remedy="Use letters, digits and . _ -")
    return Plan(title, public, key, tracks, tuple(unknown))


def save_playlist(client: SpotifyClient, folder: Path, plan: Plan) -> SavedPlaylist:
    """Make the playlist and fill it; what an earlier run of the same plan did is not done again.

    Args:
        client: The person's client.
        folder: Where it is written down how far a plan has come.
        plan: What to save.

    Raises:
        AccessError: Spotify refused, or did not answer; the same call later goes on from there.
        SourceError: Somebody changed the playlist before it was finished, or there is nothing to save.
    """
    if not plan.tracks:
        raise SourceError(
            "Spotify knows none of its tracks", where=f"playlist '{plan.name}'", remedy="Pass tracks with Spotify's ids"
        )
    if plan.scope not in client.login().scopes:
        raise AccessError(
            "the log-in does not include the permission to save playlists",
            where="Spotify",
            remedy="Log in again: crossfade spotify login --allow-saving",
            reason=Reason.MISSING_SCOPE,
        )
    with only_one(private_folder(folder), patience=_WAIT_SECONDS):
        return _carry_on(client, folder / f"{plan.token}.json", plan)


@dataclass(frozen=True)
class _Progress:
    """How far a plan has come; it is written before each step that cannot be taken back."""

    mark: str
    playlist_id: str | None = None
    done: bool = False

    def write(self, path: Path) -> _Progress:
        write_text(path, json.dumps(asdict(self)))
        return self


def _carry_on(client: SpotifyClient, path: Path, plan: Plan) -> SavedPlaylist:
    begun = _read_progress(path)
    if begun and begun.done and begun.playlist_id:
        return SavedPlaylist(begun.playlist_id, len(plan.tracks), new=False)
    playlist = begun.playlist_id or _find(client, plan.mark) if begun else None
    there: list[Any] = []
    if playlist is None:
        _Progress(plan.mark).write(path)
        description = f"Made with Crossfade ({plan.mark})"
        playlist = str(client.create_playlist(plan.name, public=plan.public, description=description)["id"])
    else:
        there = list(_uris_in(client, playlist))
    progress = _Progress(plan.mark, playlist).write(path)
    if there != plan.uris[: len(there)]:
        raise SourceError(
            "somebody changed it before it was finished",
            where=f"playlist '{plan.name}'",
            remedy="Delete it on Spotify and save again with another --token",
        )
    for start in range(len(there), len(plan.uris), ADDED_AT_ONCE):
        client.add_to_playlist(playlist, plan.uris[start : start + ADDED_AT_ONCE], start)
    _Progress(progress.mark, playlist, done=True).write(path)
    return SavedPlaylist(playlist, len(plan.tracks), new=True)


def _looked_up(client: SpotifyClient, kept: Kept, wanted: str) -> dict[str, Any] | None:
    """Return a track, None where Spotify does not know it."""
    match = _ID.fullmatch(wanted.strip())
    if not match:
        return None
    track_id = match.group(1)
    known = kept.objects("tracks", [track_id])
    if track_id not in known:
        try:
            known[track_id] = track_entry(client.track(track_id))
        except AccessError as error:
            if error.reason not in {Reason.NOT_FOUND, Reason.BAD_REQUEST}:
                raise
            known[track_id] = None
        kept.put_objects("tracks", known)
    found: dict[str, Any] | None = known[track_id]
    return found


def _find(client: SpotifyClient, mark: str) -> str | None:
    """Return the playlist that bears a mark: one that was made by a request whose answer was lost."""
    return next(
        (str(each["id"]) for each in _pages(client.playlists) if f"({mark})" in str(each.get("description"))), None
    )


def _uris_in(client: SpotifyClient, playlist: str) -> Iterator[Any]:
    for item in _pages(lambda offset: client.playlist_items(playlist, offset)):
        thing = item.get("item") or item.get("track")
        yield thing.get("uri") if isinstance(thing, dict) else None


def _pages(ask: Any) -> Iterator[dict[str, Any]]:
    offset = 0
    while True:
        answer = ask(offset)
        yield from (each for each in answer["items"] if isinstance(each, dict))
        offset += PAGE
        if not answer.get("next") or not answer["items"]:
            return


def _read_progress(path: Path) -> _Progress | None:
    try:
        return _Progress(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise SourceError(
            "it cannot be read, so it is not known how far the playlist has come",
            where=str(path),
            remedy="Look on Spotify whether the playlist is there, then remove the file or pass another --token",
        ) from error
