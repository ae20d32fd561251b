"""The objects of the fake against the listing of the Web API of 2026: which members, of which kind, no others."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.spotify_clients import whole

pytestmark = pytest.mark.integration

ID = re.compile(r"[0-9A-Za-z]{22}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
PLAYED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DATE = re.compile(r"\d{4}(-\d\d){0,2}")
ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")
URL = re.compile(r"https?://\S+")
MILLIS = re.compile(r"\d{13}")


class OneOf(tuple[Any, ...]):
    """A value that fits one of several descriptions."""

    __slots__ = ()


def head(kind):
    return {
        "id": ID,
        "type": re.compile(kind),
        "uri": re.compile(f"spotify:{kind}:[0-9A-Za-z]{{22}}"),
        "href": URL,
        "external_urls": {"spotify": URL},
    }


def paging(of):
    """A paging object with at least one item."""
    url = OneOf((None, URL))
    return {"href": URL, "limit": int, "next": url, "offset": int, "previous": url, "total": int, "items": [of]}


IMAGES = [{"url": URL, "height": int, "width": int}]
USER_HEAD = {
    "id": str,
    "type": re.compile("user"),
    "uri": re.compile("spotify:user:.+"),
    "href": URL,
    "external_urls": {"spotify": URL},
}
USER = {**USER_HEAD, "display_name": str}
ME = {**USER, "account_id": ID, "images": []}
SIMPLE_ARTIST = {**head("artist"), "name": str}
ARTIST = {**SIMPLE_ARTIST, "images": IMAGES}
OLD_ARTIST = {**ARTIST, "genres": [str], "popularity": int, "followers": {"href": None, "total": int}}
SIMPLE_ALBUM = {
    **head("album"),
    "album_type": re.compile("album|single|compilation"),
    "total_tracks": int,
    "images": IMAGES,
    "name": str,
    "release_date": DATE,
    "release_date_precision": re.compile("year|month|day"),
    "artists": [SIMPLE_ARTIST],
}
TRACK = {
    **head("track"),
    "album": SIMPLE_ALBUM,
    "artists": [SIMPLE_ARTIST],
    "disc_number": int,
    "duration_ms": int,
    "explicit": bool,
    "external_ids": {"isrc": ISRC},
    "is_local": bool,
    "is_playable": bool,
    "name": str,
    "preview_url": None,
    "track_number": int,
}
MARKETS = {"available_markets": [re.compile("[A-Z]{2}")]}
OLD_TRACK = {**TRACK, **MARKETS, "popularity": int, "album": {**SIMPLE_ALBUM, **MARKETS}}
CONTEXT = {name: of for name, of in head("(playlist|album)").items() if name != "id"}
PLAY = {"track": TRACK, "played_at": PLAYED, "context": OneOf((None, CONTEXT))}
RECENT = {
    "href": URL,
    "limit": int,
    "next": OneOf((None, URL)),
    "cursors": OneOf((None, {"after": MILLIS, "before": MILLIS})),
    "items": [PLAY],
}
PLAYLIST = {
    **head("playlist"),
    "collaborative": bool,
    "description": str,
    "images": OneOf((None, IMAGES)),
    "name": str,
    "owner": USER,
    "public": OneOf((None, bool)),
    "snapshot_id": str,
    "items": {"href": URL, "total": int},
}
ENTRY = {"added_at": TIME, "added_by": USER_HEAD, "is_local": bool, "item": TRACK}
FEATURES = {
    **dict.fromkeys(
        (
            *("acousticness", "danceability", "energy", "instrumentalness", "liveness", "loudness", "speechiness"),
            *("tempo", "valence"),
        ),
        float,
    ),
    **dict.fromkeys(("duration_ms", "key", "mode", "time_signature"), int),
    "analysis_url": URL,
    "id": ID,
    "track_href": URL,
    "type": re.compile("audio_features"),
    "uri": re.compile("spotify:track:.+"),
}


def misfit(value: Any, wanted: Any, where: str = "") -> str:
    """Return where and how a value differs from its description; nothing where it fits."""
    if isinstance(wanted, OneOf):
        found = [misfit(value, each, where) for each in wanted]
        return "" if "" in found else found[-1]
    if isinstance(wanted, dict):
        return _misfit_of_object(value, wanted, where)
    if isinstance(wanted, list):
        if not isinstance(value, list):
            return f"{where}: {value!r} is no list"
        return next((said for each in value if (said := misfit(each, wanted[0], f"{where}[]"))), "") if wanted else ""
    if isinstance(wanted, re.Pattern):
        return "" if isinstance(value, str) and wanted.fullmatch(value) else f"{where}: {value!r}"
    fits = value is None if wanted is None else type(value) is wanted
    return "" if fits else f"{where}: {value!r} is no {wanted}"


def _misfit_of_object(value: Any, wanted: dict[str, Any], where: str) -> str:
    if not isinstance(value, dict):
        return f"{where}: {value!r} is no object"
    if differing := value.keys() ^ wanted.keys():
        return f"{where}: {sorted(differing)} is missing or too much"
    return next((said for name in wanted if (said := misfit(value[name], wanted[name], f"{where}.{name}"))), "")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("me", ME),
        ("me/top/tracks?limit=50", paging(TRACK)),
        ("me/top/artists?limit=50", paging(ARTIST)),
        ("me/tracks?limit=50", paging({"added_at": TIME, "track": TRACK})),
        ("me/player/recently-played", RECENT),
        ("me/playlists", paging(PLAYLIST)),
        ("playlists/{playlist}/items?limit=50", paging(ENTRY)),
        ("playlists/{playlist}", {**PLAYLIST, "items": paging(ENTRY)}),
        ("tracks/{track}", TRACK),
        ("artists/{artist}", ARTIST),
        ("artists/{artist}/albums", paging(SIMPLE_ALBUM)),
        ("search?q=the&type=track,artist,album", {
            "tracks": paging(TRACK),
            "artists": paging(ARTIST),
            "albums": paging(SIMPLE_ALBUM),
        }),
    ],
)  # fmt: skip
def test_objects_in_development_mode(fake, client, path, wanted):
    assert misfit(client._get(path.format(**ids(fake))), wanted) == ""


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("me/tracks", paging({"added_at": TIME, "track": OLD_TRACK})),
        ("me/top/artists", paging(OLD_ARTIST)),
        ("tracks?ids={track}", {"tracks": [OLD_TRACK]}),
        ("artists?ids={artist}", {"artists": [OLD_ARTIST]}),
        ("audio-features?ids={track}", {"audio_features": [FEATURES]}),
        ("me/playlists", paging({**PLAYLIST, "tracks": {"href": URL, "total": int}})),
    ],
)
def test_objects_with_extended_quota(extended, old_client, path, wanted):
    assert misfit(old_client._get(path.format(**ids(extended))), wanted) == ""


def test_a_description_that_does_not_fit_is_noticed(client):
    me = client.me()
    assert misfit(me, {**ME, "email": str}) == ": ['email'] is missing or too much"
    assert misfit(me, {**ME, "images": None}) == ".images: [] is no None"


def test_dates_come_in_all_three_precisions(client):
    saved = whole(client, client.current_user_saved_tracks(limit=50))
    dates = {
        (each["track"]["album"]["release_date_precision"], len(each["track"]["album"]["release_date"]))
        for each in saved
    }
    assert dates == {("year", 4), ("month", 7), ("day", 10)}


def ids(fake):
    """Return ids of things that exist, to fill in."""
    track = fake.world.catalogue.tracks[fake.world.top_tracks["long_term"][0].id]
    return {"track": track.id, "artist": track.artists[0].id, "playlist": fake.world.mine[0]}
