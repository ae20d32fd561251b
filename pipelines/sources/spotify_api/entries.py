"""From Spotify's answers to what is kept of them: the fields that are used, and nothing about other people.

An entry of a list is a dict with ``at`` (when it was saved, added or played, as Spotify wrote it), ``mine`` (whether
the person put it there) and either ``track`` or ``left_out``, the reason why it is no track. A track without an id that
is no local file is kept as it is: cleaning rejects it and shows it.
"""

from __future__ import annotations

from typing import Any, Final

GONE: Final = "no longer available"
EPISODE: Final = "a podcast episode"
OTHER_THING: Final = "neither a track nor an episode"
LOCAL_FILE: Final = "a local file"
OF_OTHERS: Final = "a playlist of somebody else"


def list_entry(item: Any, *, when: str, own_id: str = "") -> dict[str, Any]:
    """Return what is kept of one item of a list.

    Args:
        item: The item as it came.
        when: The name of its time ("added_at", "played_at").
        own_id: The person's id on Spotify, to tell what they added themselves.
    """
    given = item if isinstance(item, dict) else {"track": item}
    # Playlists call it 'item' since 2026, and 'track' before; saved tracks and plays say 'track'.
    thing = given.get("item") or given.get("track")
    adder = given.get("added_by")
    adder_id = adder.get("id") if isinstance(adder, dict) else None
    entry = {"at": _text(given.get(when)), "mine": not adder_id or adder_id == own_id}
    reason = _why_no_track(thing, given)
    return entry | ({"left_out": reason} if reason else {"track": track_entry(thing)})


def bare_entry(thing: Any) -> dict[str, Any]:
    """Return what is kept of an item that is the track itself, as in the list of favourites."""
    return list_entry({"track": thing}, when="added_at")


def entry_key(entry: dict[str, Any]) -> str | None:
    """Return what tells an entry from another one of its list; None where it has nothing of its own."""
    track = entry.get("track", {}).get("id")
    return f"{track} {entry['at']}" if track else None


def track_entry(thing: Any) -> dict[str, Any]:
    """Return the used fields of a track."""
    track = thing if isinstance(thing, dict) else {}
    album = track.get("album")
    album = album if isinstance(album, dict) else {}
    ids = track.get("external_ids")
    return {
        "id": track.get("id"),
        "name": track.get("name"),
        "artists": [_artist_entry(each) for each in track.get("artists") or () if isinstance(each, dict)],
        "album": album.get("name"),
        "isrc": ids.get("isrc") if isinstance(ids, dict) else None,
        "duration_ms": track.get("duration_ms"),
        "explicit": track.get("explicit"),
        "release_date": album.get("release_date"),
        "release_date_precision": album.get("release_date_precision"),
    }


def playlist_entry(thing: Any, own_id: str) -> dict[str, Any]:
    """Return the used fields of a playlist; whose it is only as far as it is the person's own.

    What is in a playlist Spotify shows to those alone who own it or work on it.
    """
    if not isinstance(thing, dict) or not thing.get("id"):
        return {"left_out": GONE}
    owner = thing.get("owner")
    own = isinstance(owner, dict) and bool(own_id) and owner.get("id") == own_id
    if not own and thing.get("collaborative") is not True:
        return {"left_out": OF_OTHERS}
    return {"id": thing["id"], "name": thing.get("name"), "version": thing.get("snapshot_id"), "own": own}


def genres_of(thing: Any) -> list[str] | None:
    """Return an artist's genres, None where Spotify does not say (which is not "none")."""
    genres = thing.get("genres") if isinstance(thing, dict) else None
    return [each for each in genres if isinstance(each, str)] if isinstance(genres, list) else None


def genre_entry(thing: Any) -> dict[str, Any]:
    """Return the used fields of an artist."""
    return {"id": thing.get("id") if isinstance(thing, dict) else None, "genres": genres_of(thing)}


def _artist_entry(artist: dict[str, Any]) -> dict[str, Any]:
    return {"id": artist.get("id"), "name": artist.get("name")}


def _why_no_track(thing: Any, item: dict[str, Any]) -> str | None:
    if thing is None:
        return GONE
    if not isinstance(thing, dict):
        return None
    kind = thing.get("type") or "track"
    if kind != "track":
        return EPISODE if kind == "episode" else OTHER_THING
    local = thing.get("is_local") is True or item.get("is_local") is True
    return LOCAL_FILE if local and not thing.get("id") else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
