"""Tracks, artists and albums by id, one or (with extended quota) many at a time, and audio features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from pipelines.testing.spotify_fake.ids import checked
from pipelines.testing.spotify_fake.messages import Json, Reply, refuse
from pipelines.testing.spotify_fake.routing import FORBIDDEN, NOT_FOUND, SILENT_403, SILENT_404, Call, Route

T = TypeVar("T")
_ALBUM_KINDS: Final = "album,single,appears_on,compilation"


def track(call: Call) -> Json:
    """Return one track."""
    return call.shapes.track(_one(call.world.catalogue.tracks, call))


def artist(call: Call) -> Json:
    """Return one artist."""
    return call.shapes.artist(_one(call.world.catalogue.artists, call))


def album(call: Call) -> Json:
    """Return one album with the first page of its tracks."""
    found = _one(call.world.catalogue.albums, call)
    tracks = call.world.catalogue.on_album(found.id)
    return {**call.shapes.album(found), "tracks": call.page(tracks, call.shapes.simple_track, default=50)}


def album_tracks(call: Call) -> Json:
    """Return the tracks of an album."""
    found = _one(call.world.catalogue.albums, call)
    return call.page(call.world.catalogue.on_album(found.id), call.shapes.simple_track)


def artist_albums(call: Call) -> Json:
    """Return the albums of an artist, ten at most in development mode."""
    found = _one(call.world.catalogue.artists, call)
    kinds = call.request.query.get("include_groups", _ALBUM_KINDS).split(",")
    albums = [album for album in call.world.catalogue.by_artist(found.id) if album.kind in kinds]
    old = call.shapes.profile.has_old_endpoints
    return call.page(albums, call.shapes.simple_album, default=20 if old else 5, most=50 if old else 10)


def tracks(call: Call) -> Json:
    """Return up to 50 tracks; null for an id that is nobody's."""
    return {"tracks": _many(call, call.world.catalogue.tracks, call.shapes.track, 50)}


def artists(call: Call) -> Json:
    """Return up to 50 artists."""
    return {"artists": _many(call, call.world.catalogue.artists, call.shapes.artist, 50)}


def albums(call: Call) -> Json:
    """Return up to 20 albums."""
    return {"albums": _many(call, call.world.catalogue.albums, call.shapes.album, 20)}


def top_tracks(call: Call) -> Json:
    """Return the ten most popular tracks of an artist."""
    found = _one(call.world.catalogue.artists, call)
    own = [each for each in call.world.catalogue.tracks.values() if found in each.artists]
    best = sorted(own, key=lambda each: each.popularity, reverse=True)[:10]
    return {"tracks": [call.shapes.track(each) for each in best]}


def many_audio_features(call: Call) -> Json:
    """Return the audio features of up to 100 tracks."""
    return {"audio_features": _many(call, call.world.catalogue.tracks, call.shapes.audio_features, 100)}


def audio_features(call: Call) -> Json:
    """Return the audio features of one track."""
    return call.shapes.audio_features(_one(call.world.catalogue.tracks, call))


def gone(_: Call) -> Reply:
    """Refuse what is closed to every app that did not have it in November 2024."""
    return SILENT_404


def _one(things: Mapping[str, T], call: Call) -> T:
    found = things.get(checked(call.ids["id"]))
    if found is None:
        raise refuse(404, NOT_FOUND)
    return found


def _many(call: Call, things: Mapping[str, T], shape: Callable[[T], Json], most: int) -> list[Json | None]:
    found = [things.get(checked(each)) for each in call.listed("ids", most)]
    return [shape(thing) if thing is not None else None for thing in found]


ROUTES: Final = (
    Route("GET", "/v1/tracks/{id}", track),
    Route("GET", "/v1/artists/{id}", artist),
    Route("GET", "/v1/artists/{id}/albums", artist_albums),
    Route("GET", "/v1/albums/{id}", album),
    Route("GET", "/v1/albums/{id}/tracks", album_tracks),
    Route("GET", "/v1/tracks", tracks, taken=FORBIDDEN),
    Route("GET", "/v1/artists", artists, taken=FORBIDDEN),
    Route("GET", "/v1/albums", albums, taken=FORBIDDEN),
    Route("GET", "/v1/artists/{id}/top-tracks", top_tracks, taken=FORBIDDEN),
    Route("GET", "/v1/audio-features", many_audio_features, taken=SILENT_403),
    Route("GET", "/v1/audio-features/{id}", audio_features, taken=SILENT_403),
    Route("GET", "/v1/audio-analysis/{id}", gone, taken=SILENT_403),
    Route("GET", "/v1/artists/{id}/related-artists", gone),
    Route("GET", "/v1/recommendations", gone),
    Route("GET", "/v1/recommendations/available-genre-seeds", gone),
    Route("GET", "/v1/browse/featured-playlists", gone),
    Route("GET", "/v1/browse/categories/{id}/playlists", gone),
    Route("GET", "/v1/browse/categories", gone, taken=FORBIDDEN),
    Route("GET", "/v1/browse/new-releases", gone, taken=FORBIDDEN),
    Route("GET", "/v1/markets", gone, taken=FORBIDDEN),
)
