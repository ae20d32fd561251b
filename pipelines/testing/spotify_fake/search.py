"""Search: words, and the field filters ``track:``, ``artist:``, ``album:``, ``isrc:`` and ``year:``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.testing.spotify_fake.catalogue import Album, Artist, Track
from pipelines.testing.spotify_fake.messages import Json, refuse
from pipelines.testing.spotify_fake.routing import Call, Route

#: How far one can page, whatever the total says.
LAST_OFFSET: Final = 1000
_TYPES: Final = ("album", "artist", "playlist", "track", "show", "episode", "audiobook")
_FIELD: Final = re.compile(r"\b(track|artist|album|isrc|year|genre|upc|tag):", re.IGNORECASE)


@dataclass(frozen=True)
class Question:
    """A query taken apart: the words outside of filters, and the filters by name."""

    words: str
    fields: dict[str, str]


def search(call: Call) -> Json:
    """Return a page of matches for each type that is asked for."""
    text = call.request.query.get("q", "")
    if not text.strip():
        raise refuse(400, "No search query")
    types = [each for each in call.request.query.get("type", "").split(",") if each]
    if not types:
        raise refuse(400, "Missing parameter type")
    for each in types:
        if each not in _TYPES:
            raise refuse(400, f"Bad search type field {each}")
    question = parse(text)
    return {f"{each}s": _page(call, question, each) for each in types}


def parse(text: str) -> Question:
    """Take a query apart; a filter's value reaches to the next filter."""
    words, *rest = _FIELD.split(text)
    fields = {name.lower(): value.strip().strip('"') for name, value in zip(rest[::2], rest[1::2], strict=True)}
    return Question(words.strip().strip('"'), fields)


def _page(call: Call, question: Question, kind: str) -> Json:
    catalogue, shapes = call.world.catalogue, call.shapes
    found: Sequence[Any] = ()
    shape: Callable[[Any], Json] = shapes.track
    if kind == "track":
        found = [track for track in catalogue.tracks.values() if _is_track(question, track)]
    elif kind == "artist":
        found, shape = [each for each in catalogue.artists.values() if _is_artist(question, each)], shapes.artist
    elif kind == "album":
        found, shape = [each for each in catalogue.albums.values() if _is_album(question, each)], shapes.simple_album
    profile = shapes.profile
    return call.page(found, shape, default=profile.search_default, most=profile.search_limit, last_offset=LAST_OFFSET)


def _is_track(question: Question, track: Track) -> bool:
    artists = " ".join(artist.name for artist in track.artists)
    fields = {
        "track": track.name,
        "artist": artists,
        "album": track.album.name,
        "isrc": track.isrc,
        "year": track.album.released[:4],
    }
    return _matches(question, f"{track.name} {artists} {track.album.name}", fields)


def _is_artist(question: Question, artist: Artist) -> bool:
    return _matches(question, artist.name, {"artist": artist.name})


def _is_album(question: Question, album: Album) -> bool:
    artists = " ".join(artist.name for artist in album.artists)
    fields = {"album": album.name, "artist": artists, "year": album.released[:4]}
    return _matches(question, f"{album.name} {artists}", fields)


def _matches(question: Question, text: str, fields: dict[str, str]) -> bool:
    """Say whether something holds all words; a filter it has no field for rules it out."""
    for name, wanted in question.fields.items():
        if name not in fields or not _fits(name, wanted, fields[name]):
            return False
    return _words(question.words) <= _words(text)


def _fits(name: str, wanted: str, value: str) -> bool:
    if name == "isrc":
        return wanted.upper() == value
    if name == "year":
        first, _, last = wanted.partition("-")
        return first <= value <= (last or first)
    return _words(wanted) <= _words(value)


def _words(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return set(re.findall(r"\w+", plain))


ROUTES: Final = (Route("GET", "/v1/search", search),)
