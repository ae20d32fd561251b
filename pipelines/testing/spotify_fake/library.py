"""The listener: profile, top lists, what is saved, what was played."""

from __future__ import annotations

from typing import Final

from pipelines.testing.spotify_fake.clock import iso_seconds, millis
from pipelines.testing.spotify_fake.ids import checked, parts, uri
from pipelines.testing.spotify_fake.messages import Json, Reply, refuse
from pipelines.testing.spotify_fake.routing import FORBIDDEN, NOT_FOUND, Call, Route
from pipelines.testing.spotify_fake.world import TIME_RANGES, Play, Saved

#: How many plays can be seen at all, however one pages.
RECENT_PLAYS: Final = 50
_MOST_URIS: Final = 40
#: The year 2286, in milliseconds.
_LAST_CURSOR: Final = 10**13


def me(call: Call) -> Json:
    """Return the profile."""
    return call.shapes.me(call.world.me)


def user(call: Call) -> Json:
    """Return somebody's public profile."""
    known = {each.owner.id: each.owner for each in call.world.playlists.values()} | {call.world.me.id: call.world.me}
    found = known.get(call.ids["user"])
    if found is None:
        raise refuse(404, NOT_FOUND)
    return call.shapes.user(found)


def top_tracks(call: Call) -> Json:
    """Return the most played tracks of a time range."""
    return call.page(call.world.top_tracks[_time_range(call)], call.shapes.track)


def top_artists(call: Call) -> Json:
    """Return the most played artists of a time range."""
    return call.page(call.world.top_artists[_time_range(call)], call.shapes.artist)


def saved_tracks(call: Call) -> Json:
    """Return the saved tracks, the newest first."""

    def shape(saved: Saved) -> Json:
        track = call.world.catalogue.tracks[parts(saved.uri)[1]]
        return {"added_at": iso_seconds(saved.at), "track": call.shapes.track(track)}

    return call.page(call.world.saved_tracks(), shape)


def saved_albums(call: Call) -> Json:
    """Return the saved albums, the newest first."""

    def shape(saved: Saved) -> Json:
        album = call.world.catalogue.albums[parts(saved.uri)[1]]
        return {"added_at": iso_seconds(saved.at), "album": call.shapes.album(album)}

    return call.page(call.world.saved_albums(), shape)


def recently_played(call: Call) -> Json:
    """Return plays, the newest first: those before a cursor, or those that follow one."""
    query = call.request.query
    if "after" in query and "before" in query:
        raise refuse(400, "Only one of after and before can be given")
    limit = call.number("limit", 20, 1, RECENT_PLAYS)
    seen = call.world.plays[:RECENT_PLAYS]
    if "after" in query:
        after = call.number("after", 0, 0, _LAST_CURSOR)
        left = [play for play in seen if millis(play.at) > after]
        # The ones next to the cursor, so that following it misses none.
        items = left[-limit:]
        following = "after"
    else:
        before = call.number("before", _LAST_CURSOR, 0, _LAST_CURSOR)
        left = [play for play in seen if millis(play.at) < before]
        items = left[:limit]
        following = "before"
    return _cursor_page(call, items, limit, following, more=len(left) > limit)


def put(call: Call) -> Reply:
    """Save or follow up to 40 things by URI."""
    for thing in _uris(call, "modify"):
        call.world.add_to_library(thing)
    return Reply()


def delete(call: Call) -> Reply:
    """Remove or unfollow up to 40 things by URI."""
    for thing in _uris(call, "modify"):
        call.world.remove_from_library(thing)
    return Reply()


def contains(call: Call) -> list[bool]:
    """Say of up to 40 things whether they are saved or followed."""
    return [call.world.has(thing) for thing in _uris(call, "read")]


def put_old_tracks(call: Call) -> Reply:
    """Save tracks by id, as apps with extended quota still may."""
    for each in _ids(call):
        call.world.add_to_library(uri("track", each))
    return Reply()


def delete_old_tracks(call: Call) -> Reply:
    """Remove saved tracks by id."""
    for each in _ids(call):
        call.world.remove_from_library(uri("track", each))
    return Reply()


def contains_old_tracks(call: Call) -> list[bool]:
    """Say of tracks by id whether they are saved."""
    return [call.world.has(uri("track", each)) for each in _ids(call)]


def _time_range(call: Call) -> str:
    name = call.request.query.get("time_range", "medium_term")
    if name not in TIME_RANGES:
        raise refuse(400, "Invalid time range")
    return name


def _cursor_page(call: Call, items: list[Play], limit: int, following: str, *, more: bool) -> Json:
    """Return a page that knows its neighbours by cursors, which are times in milliseconds."""
    page: Json = {"href": call.address(limit=limit), "limit": limit, "next": None, "cursors": None}
    if items:
        page["cursors"] = {"after": str(millis(items[0].at)), "before": str(millis(items[-1].at))}
    if more:
        page["next"] = call.address(limit=limit, **{following: page["cursors"][following]})
    return {**page, "items": [call.shapes.play(play) for play in items]}


def _uris(call: Call, what: str) -> list[str]:
    """Return the things a call names, after looking at what they need and whether they are there."""
    catalogue = call.world.catalogue
    there = {
        "track": catalogue.tracks,
        "album": catalogue.albums,
        "artist": catalogue.artists,
        "episode": catalogue.episodes,
        "playlist": call.world.playlists,
    }
    things = call.listed("uris", _MOST_URIS)
    for thing in things:
        kind, identifier = parts(thing)
        if kind == "playlist" and what == "modify":
            call.needs("playlist-modify-public", "playlist-modify-private")
        else:
            call.needs(f"user-{'follow' if kind == 'artist' else 'library'}-{what}")
        if identifier not in there.get(kind, ()):
            raise refuse(404, NOT_FOUND)
    return things


def _ids(call: Call) -> list[str]:
    if "ids" in call.request.query:
        return [checked(each) for each in call.listed("ids", 50)]
    body = call.request.json()
    named = body.get("ids") if isinstance(body, dict) else body
    if not isinstance(named, list) or not named:
        raise refuse(400, "Missing required field: ids")
    return [checked(str(each)) for each in named]


ROUTES: Final = (
    Route("GET", "/v1/me", me, personal=True),
    Route("GET", "/v1/me/top/tracks", top_tracks, "user-top-read"),
    Route("GET", "/v1/me/top/artists", top_artists, "user-top-read"),
    Route("GET", "/v1/me/tracks", saved_tracks, "user-library-read"),
    Route("GET", "/v1/me/albums", saved_albums, "user-library-read"),
    Route("GET", "/v1/me/player/recently-played", recently_played, "user-read-recently-played"),
    Route("PUT", "/v1/me/library", put, personal=True),
    Route("DELETE", "/v1/me/library", delete, personal=True),
    Route("GET", "/v1/me/library/contains", contains, personal=True),
    Route("GET", "/v1/users/{user}", user, taken=FORBIDDEN),
    Route("PUT", "/v1/me/tracks", put_old_tracks, "user-library-modify", taken=FORBIDDEN),
    Route("DELETE", "/v1/me/tracks", delete_old_tracks, "user-library-modify", taken=FORBIDDEN),
    Route("GET", "/v1/me/tracks/contains", contains_old_tracks, "user-library-read", taken=FORBIDDEN),
)
