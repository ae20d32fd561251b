"""Invented listening, and how each format writes it down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

#: What stands in personal fields; nothing of it may ever be seen again.
SECRETS: Final = (
    "203.0.113.77",
    "secret-user-name",
    "secret-agent/1.0",
    "secret@example.org",
    "secret-friend",
    "SECRETLAND",
)
_IP, _USER, _AGENT, _, _, _COUNTRY = SECRETS

_START: Final = datetime(2012, 3, 1, 18, tzinfo=UTC)
_WHAT: Final = ("track", "podcast", "audiobook", "nothing")
_WHAT_SHARES: Final = (0.93, 0.045, 0.005, 0.02)
_REASONS: Final = ("trackdone", "fwdbtn", "endplay", "backbtn", "logout")
_REASON_SHARES: Final = (0.6, 0.27, 0.08, 0.03, 0.02)
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PRIVATE_SHARE: Final = 0.01
#: However much was listened to, it was within twelve years: nothing lies in the future.
_SPAN_SECONDS: Final = 12 * 365 * 86_400
_LONGEST_GAP_SECONDS: Final = 800
_AT_ONCE: Final = 10_000


@dataclass(frozen=True)
class Song:
    """An invented track.

    Attributes:
        uri: Its Spotify URI.
        title: Its title.
        artist: Its artist.
        album: Its album.
    """

    uri: str
    title: str
    artist: str
    album: str


@dataclass(frozen=True)
class Listen:
    """One thing somebody listened to.

    Attributes:
        ended: When it ended, to the second, in UTC.
        what: ``track``, ``podcast``, ``audiobook`` or ``nothing``: Spotify forgets names of what was withdrawn.
        song: The track, whatever it was.
        milliseconds: How long it was played.
        reason: Why it ended.
        private: Whether it was in a private session.
    """

    ended: datetime
    what: str
    song: Song
    milliseconds: int
    reason: str
    private: bool


def songs(number: int) -> list[Song]:
    """Return invented tracks, some with signs that writers of JSON escape."""
    return [
        Song(
            uri=f"spotify:track:{_base62(place)}",
            title=f'Song "{place}" / N\u00fcmmer' if place % 7 == 0 else f"Song {place}",
            artist=f"Artist {place % max(1, number // 10)}",
            album=f"Album {place % max(1, number // 4)}",
        )
        for place in range(number)
    ]


def listens(number: int, seed: int) -> Iterator[Listen]:
    """Yield invented listening in the order of time: a few favourites, skips within seconds, podcasts in between."""
    rng = np.random.default_rng(seed)
    known = songs(max(20, min(20_000, number // 40)))
    ended = _START
    longest_gap = max(1, min(_LONGEST_GAP_SECONDS, 2 * _SPAN_SECONDS // max(1, number)))
    for start in range(0, number, _AT_ONCE):
        size = min(_AT_ONCE, number - start)
        places = (rng.random(size) ** 2 * len(known)).astype(int).tolist()
        things = rng.choice(_WHAT, size, p=_WHAT_SHARES).tolist()
        reasons = rng.choice(_REASONS, size, p=_REASON_SHARES).tolist()
        gaps, lengths = rng.integers(1, longest_gap + 1, size).tolist(), rng.random(size).tolist()
        private = (rng.random(size) < _PRIVATE_SHARE).tolist()
        for row in range(size):
            done = reasons[row] == "trackdone"
            milliseconds = int((90_000 + 200_000 * lengths[row]) if done else 60_000 * lengths[row] ** 2)
            ended += timedelta(seconds=gaps[row])
            yield Listen(ended, things[row], known[places[row]], milliseconds, reasons[row], private[row])


def extended(listen: Listen) -> dict[str, Any]:
    """Return an entry of ``Streaming_History_Audio_*.json``."""
    song = listen.song if listen.what == "track" else None
    podcast, book = listen.what == "podcast", listen.what == "audiobook"
    return {
        "ts": listen.ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "platform": f"Android OS 13 API 33 ({_AGENT})",
        "ms_played": listen.milliseconds,
        "conn_country": _COUNTRY,
        "ip_addr": _IP,
        "master_metadata_track_name": song.title if song else None,
        "master_metadata_album_artist_name": song.artist if song else None,
        "master_metadata_album_album_name": song.album if song else None,
        "spotify_track_uri": song.uri if song else None,
        "episode_name": "An episode" if podcast else None,
        "episode_show_name": "A show" if podcast else None,
        "spotify_episode_uri": "spotify:episode:" + "4" * 22 if podcast else None,
        "audiobook_title": "A book" if book else None,
        "audiobook_uri": "spotify:show:" + "5" * 22 if book else None,
        "audiobook_chapter_uri": "spotify:episode:" + "6" * 22 if book else None,
        "audiobook_chapter_title": "Chapter 1" if book else None,
        "reason_start": "clickrow",
        "reason_end": listen.reason,
        "shuffle": False,
        "skipped": listen.reason == "fwdbtn",
        "offline": False,
        "offline_timestamp": None,
        "incognito_mode": listen.private,
    }


def endsong(listen: Listen) -> dict[str, Any]:
    """Return an entry of ``endsong_*.json``, as the extended history was called until 2023."""
    entry = {key: value for key, value in extended(listen).items() if not key.startswith("audiobook")}
    entry["ip_addr_decrypted"] = entry.pop("ip_addr")
    return {**entry, "username": _USER, "user_agent_decrypted": _AGENT, "city": _COUNTRY, "skipped": None}


def basic(listen: Listen) -> dict[str, Any]:
    """Return an entry of the last year's history."""
    entry = {"endTime": listen.ended.strftime("%Y-%m-%d %H:%M"), "msPlayed": listen.milliseconds}
    if listen.what == "podcast":
        return {**entry, "podcastName": "A show", "episodeName": "An episode"}
    if listen.what == "audiobook":
        return {**entry, "audiobookName": "A book", "chapterName": "Chapter 1", "authorName": "Somebody"}
    return {**entry, "artistName": listen.song.artist, "trackName": listen.song.title}


def _base62(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits.rjust(22, "0")
