"""Playlists: listed, read, made and changed, each change with a new snapshot id."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from pipelines.testing.spotify_fake.fields import select
from pipelines.testing.spotify_fake.ids import checked, new_id, parts, uri
from pipelines.testing.spotify_fake.messages import Json, Reply, refuse
from pipelines.testing.spotify_fake.routing import FORBIDDEN, NOT_FOUND, Call, Route
from pipelines.testing.spotify_fake.world import Playlist, PlaylistEntry

#: How many items one call may add, replace or remove.
MOST_ITEMS: Final = 100
_PLATFORM: Final = "spotify"


def mine(call: Call) -> Json:
    """Return the listener's playlists, own and followed; private and shared ones only where the app may see them."""
    own = [call.world.playlists[each] for each in call.world.mine]
    return call.page([each for each in own if _shown(call, each)], call.shapes.playlist)


def read(call: Call) -> Json:
    """Return a playlist, and the first of its items where the listener may see these."""
    playlist = _found(call)
    shown = call.shapes.playlist(playlist)
    if _may_read_items(call, playlist):
        below = dataclasses.replace(call.request, path=f"/v1/playlists/{playlist.id}/items", query={})
        items = _items(dataclasses.replace(call, request=below), playlist, default=50)
        shown |= {name: items for name in ("items", "tracks") if name in shown}
    else:
        del shown["items"]
    return _selected(call, shown)


def read_items(call: Call) -> Json:
    """Return the items of a playlist that is the listener's or shared with the listener."""
    playlist = _found(call)
    if not _may_read_items(call, playlist):
        raise refuse(403, "Forbidden")
    return _selected(call, _items(call, playlist))


def create(call: Call) -> Reply:
    """Make a playlist; one with a name that is taken is another playlist all the same."""
    body = _object(call)
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise refuse(400, "Missing required field: name")
    public, shared = bool(body.get("public", True)), bool(body.get("collaborative", False))
    if public and shared:
        raise refuse(400, "Collaborative playlists can only be private.")
    call.needs("playlist-modify-public" if public else "playlist-modify-private")
    text = str(body.get("description") or "")
    playlist = Playlist(new_id(call.world.rng), name, call.world.me, public, shared, text)
    call.world.playlists[playlist.id] = playlist
    call.world.mine.insert(0, playlist.id)
    return Reply(201, call.shapes.playlist(playlist))


def change(call: Call) -> Reply:
    """Change name, description or visibility."""
    playlist = _own(call)
    for name in ("name", "public", "collaborative", "description"):
        if name in (body := _object(call)):
            setattr(playlist, name, body[name])
    return Reply()


def add(call: Call) -> Reply:
    """Add items at a position, by default at the end."""
    playlist = _changeable(call)
    body = call.request.json()
    things = _named(call, body)
    place = body.get("position") if isinstance(body, dict) else call.request.query.get("position")
    at = len(playlist.entries) if place is None else _position(place, len(playlist.entries))
    playlist.entries[at:at] = _entries(call, things)
    return _changed(playlist, 201)


def replace(call: Call) -> Reply:
    """Replace all items, or move a range of them."""
    playlist = _changeable(call)
    body = call.request.json()
    if isinstance(body, dict) and "range_start" in body:
        _move(playlist, body)
    else:
        playlist.entries = _entries(call, _named(call, body, may_be_empty=True))
    return _changed(playlist)


def remove(call: Call) -> Reply:
    """Remove every place of some items, or those at given positions."""
    playlist = _changeable(call)
    body = _object(call)
    wanted = body.get("items", body.get("tracks"))
    if not isinstance(wanted, list) or not 0 < len(wanted) <= MOST_ITEMS or not all(map(_names_item, wanted)):
        raise refuse(400, "Invalid items")
    if "snapshot_id" in body and body["snapshot_id"] != playlist.snapshot_id:
        raise refuse(400, "Invalid snapshot id")
    everywhere = range(len(playlist.entries))
    gone = {each["uri"]: each.get("positions", everywhere) for each in wanted}
    playlist.entries = [entry for place, entry in enumerate(playlist.entries) if place not in gone.get(entry.uri, ())]
    return _changed(playlist)


def unfollow(call: Call) -> Reply:
    """Take a playlist off the listener's list: for one's own, what deleting means."""
    playlist = _found(call)
    call.world.remove_from_library(uri("playlist", playlist.id))
    return Reply()


def _shown(call: Call, playlist: Playlist) -> bool:
    if playlist.collaborative:
        return "playlist-read-collaborative" in call.grant.scopes
    return playlist.public is not False or "playlist-read-private" in call.grant.scopes


def _found(call: Call) -> Playlist:
    playlist = call.world.playlists.get(checked(call.ids["id"]))
    # The platform's own playlists cannot be seen since November 2024, though lists still name them.
    if playlist is None or playlist.owner.id == _PLATFORM:
        raise refuse(404, NOT_FOUND)
    if not _shown(call, playlist):
        call.needs("playlist-read-collaborative" if playlist.collaborative else "playlist-read-private")
    return playlist


def _is_own(call: Call, playlist: Playlist) -> bool:
    return playlist.owner == call.world.me


def _may_read_items(call: Call, playlist: Playlist) -> bool:
    return _is_own(call, playlist) or playlist.collaborative or call.shapes.profile.has_old_endpoints


def _own(call: Call) -> Playlist:
    playlist = call.world.playlists.get(checked(call.ids["id"]))
    if playlist is None:
        raise refuse(404, NOT_FOUND)
    if not _is_own(call, playlist):
        raise refuse(403, "Forbidden")
    call.needs("playlist-modify-public" if playlist.public else "playlist-modify-private")
    return playlist


def _changeable(call: Call) -> Playlist:
    """Return a playlist whose items the listener may change."""
    playlist = call.world.playlists.get(checked(call.ids["id"]))
    if playlist is not None and playlist.collaborative:
        call.needs("playlist-modify-private")
        return playlist
    return _own(call)


def _items(call: Call, playlist: Playlist, *, default: int = 20) -> Json:
    return call.page(playlist.entries, call.shapes.playlist_entry, default=default)


def _selected(call: Call, shown: Json) -> Json:
    fields = call.request.query.get("fields")
    return select(shown, fields) if fields else shown


def _object(call: Call) -> Json:
    body = call.request.json()
    if not isinstance(body, dict):
        raise refuse(400, "Error parsing JSON.")
    return body


def _named(call: Call, body: Any, *, may_be_empty: bool = False) -> list[str]:
    """Return the URIs of a call: a bare array, the member ``uris``, or the parameter of that name."""
    uris = body.get("uris") if isinstance(body, dict) else body
    if uris is None and "uris" in call.request.query:
        uris = [each for each in call.request.query["uris"].split(",") if each]
    if not isinstance(uris, list) or not (uris or may_be_empty):
        raise refuse(400, "No uris provided")
    if len(uris) > MOST_ITEMS:
        raise refuse(400, f"You can add a maximum of {MOST_ITEMS} tracks per request.")
    return [_playable(call, str(each)) for each in uris]


def _playable(call: Call, thing: str) -> str:
    kind, identifier = parts(thing)
    if kind not in {"track", "episode"}:
        raise refuse(400, f"Unsupported URL / URI: {thing}")
    if identifier not in call.world.catalogue.tracks and identifier not in call.world.catalogue.episodes:
        raise refuse(400, "Payload contains a non-existing ID")
    return thing


def _names_item(each: Any) -> bool:
    """Say whether an entry of what is to be removed has a URI and, where it names places, a list of them."""
    return isinstance(each, dict) and "uri" in each and isinstance(each.get("positions", []), list)


def _position(place: Any, highest: int) -> int:
    try:
        position = int(place)
    except (TypeError, ValueError):
        position = -1
    if not 0 <= position <= highest:
        raise refuse(400, "Index out of bounds.")
    return position


def _entries(call: Call, things: Sequence[str]) -> list[PlaylistEntry]:
    now = call.world.clock.now()
    return [PlaylistEntry(thing, now, call.world.me) for thing in things]


def _move(playlist: Playlist, body: Json) -> None:
    """Move a range of items in front of another place."""
    n = len(playlist.entries)
    start, before = _position(body["range_start"], n), _position(body.get("insert_before"), n)
    end = min(start + _position(body.get("range_length", 1), n), n)
    moved, rest = playlist.entries[start:end], playlist.entries[:start] + playlist.entries[end:]
    at = before if before <= start else max(before - len(moved), start)
    playlist.entries = rest[:at] + moved + rest[at:]


def _changed(playlist: Playlist, status: int = 200) -> Reply:
    playlist.revision += 1
    return Reply(status, {"snapshot_id": playlist.snapshot_id})


def followed_by_me(call: Call) -> list[bool]:
    """Say whether the listener follows a playlist."""
    playlist = _found(call)
    return [call.world.has(uri("playlist", playlist.id))]


ROUTES: Final = (
    Route("GET", "/v1/me/playlists", mine, personal=True),
    Route("POST", "/v1/me/playlists", create, personal=True),
    Route("GET", "/v1/playlists/{id}", read),
    Route("PUT", "/v1/playlists/{id}", change, personal=True),
    Route("GET", "/v1/playlists/{id}/items", read_items),
    Route("POST", "/v1/playlists/{id}/items", add, personal=True),
    Route("PUT", "/v1/playlists/{id}/items", replace, personal=True),
    Route("DELETE", "/v1/playlists/{id}/items", remove, personal=True),
    Route("GET", "/v1/playlists/{id}/tracks", read_items, taken=FORBIDDEN),
    Route("POST", "/v1/playlists/{id}/tracks", add, personal=True, taken=FORBIDDEN),
    Route("PUT", "/v1/playlists/{id}/tracks", replace, personal=True, taken=FORBIDDEN),
    Route("DELETE", "/v1/playlists/{id}/tracks", remove, personal=True, taken=FORBIDDEN),
    Route("DELETE", "/v1/playlists/{id}/followers", unfollow, personal=True, taken=FORBIDDEN),
    Route("GET", "/v1/playlists/{id}/followers/contains", followed_by_me, personal=True, taken=FORBIDDEN),
    Route("GET", "/v1/users/{user}/playlists", mine, personal=True, taken=FORBIDDEN),
    Route("POST", "/v1/users/{user}/playlists", create, personal=True, taken=FORBIDDEN),
)
