"""How content comes out wrong: what is missing, doubled or gone from the body of an answer, or from under a reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from pipelines.testing.spotify_fake.ids import ALPHABET
from pipelines.testing.spotify_fake.messages import Json, Request
from pipelines.testing.spotify_fake.world import World

Unsettle: TypeAlias = Callable[[World, Request, Any], None]

_EACH: Final = 3
#: The members of a list's entry that hold the thing itself.
_THINGS: Final = ("item", "track")


def null_items(body: Any) -> Any:
    """Put null in place of every third entry of each list, or of the track or item it holds."""
    for page in _pages(body):
        for place, entry in enumerate(page["items"]):
            if place % _EACH:
                continue
            names = [name for name in _THINGS if isinstance(entry, dict) and name in entry]
            for name in names:
                entry[name] = None
            if not names:
                page["items"][place] = None
    return body


def missing_isrc(body: Any) -> Any:
    """Take the ISRC from about half of the tracks, always from the same ones."""
    for each in _objects(body):
        if each.get("type") == "track" and each.get("id") and ALPHABET.index(each["id"][0]) % 2:
            each.pop("external_ids", None)
    return body


def local_file(body: Any) -> Any:
    """Make the first item of a page a local file: no id, no link, no ISRC."""
    for page in _pages(body):
        entry = page["items"][0] if page["items"] else None
        if isinstance(entry, dict) and "is_local" in entry:
            entry["is_local"] = True
            for name in [name for name in _THINGS if name in entry]:
                entry[name] = _as_local(entry[name] or {})
    return body


def duplicate_plays(body: Any) -> Any:
    """List every play twice."""
    for page in _pages(body):
        page["items"] = [play for play in page["items"] for _ in range(2)]
    return body


def shrink(world: World, request: Request, body: Any) -> None:
    """Take the first entry of the list that has just been read in part."""
    if not any(page.get("next") for page in _pages(body)):
        return
    if request.path == "/v1/me/tracks":
        world.remove_from_library(world.saved_tracks()[0].uri)
    elif request.path.startswith("/v1/playlists/"):
        playlist = world.playlists[request.path.split("/")[3]]
        del playlist.entries[0]
        playlist.revision += 1
    elif request.path == "/v1/me/playlists":
        del world.mine[0]
    elif request.path.startswith("/v1/me/top/"):
        lists: tuple[dict[str, list[Any]], ...] = (world.top_tracks, world.top_artists)
        for ranges in lists:
            for things in ranges.values():
                del things[:1]


def _pages(body: Any) -> list[Json]:
    """Return all paging objects of an answer."""
    return [each for each in _objects(body) if isinstance(each.get("items"), list)]


def _objects(value: Any) -> list[Json]:
    """Return all objects of an answer, the outer ones first."""
    found: list[Json] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            found.append(each)
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
    return found


def _as_local(thing: Json) -> Json:
    """Return a thing as the file of it on somebody's disk."""
    nothing: Json = {"id": None, "href": None, "uri": None, "external_urls": {}}
    artists = [{**nothing, "name": artist["name"], "type": "artist"} for artist in thing.get("artists", [])]
    album = {**nothing, "name": (thing.get("album") or {}).get("name"), "type": "album", "images": [], "artists": []}
    return {
        **thing,
        **nothing,
        "uri": "spotify:local:Somebody:Somewhere:Something:187",
        "is_local": True,
        "external_ids": {},
        "artists": artists,
        "album": album,
    }
