"""Every endpoint of the fake, called by the real spotipy."""

from __future__ import annotations

import pytest

from pipelines.testing.spotify_fake.ids import uri
from pipelines.testing.spotify_fake.world import TIME_RANGES
from tests.support.spotify_clients import NO_MESSAGE, UNKNOWN, client_of, logged_in, named, refused, uris, whole

pytestmark = pytest.mark.integration

# --- the listener


def test_the_listener_has_a_stable_id_and_no_personal_fields(fake, client):
    me = client.me()
    assert (me["id"], me["account_id"]) == ("listener", fake.world.me.account_id)
    assert not {"country", "email", "product", "followers"} & me.keys()


@pytest.mark.parametrize("time_range", TIME_RANGES)
def test_top_lists_differ_by_range(fake, client, time_range):
    tracks = whole(client, client.current_user_top_tracks(limit=50, time_range=time_range))
    artists = whole(client, client.current_user_top_artists(limit=50, time_range=time_range))
    assert [each["id"] for each in tracks] == [each.id for each in fake.world.top_tracks[time_range]]
    assert [each["id"] for each in artists] == [each.id for each in fake.world.top_artists[time_range]]


def test_an_unknown_range_is_refused(client):
    assert refused(client.current_user_top_tracks, time_range="ever") == (400, "Invalid time range")


def test_saved_tracks_come_newest_first_with_the_time_they_were_saved(client):
    saved = whole(client, client.current_user_saved_tracks(limit=50))
    times = [each["added_at"] for each in saved]
    assert len(saved) == 130
    assert times == sorted(times, reverse=True)


def test_saved_albums_are_there(client):
    assert len(client.current_user_saved_albums()["items"]) == 3


def test_recent_plays_are_the_last_fifty_by_cursor(fake, client):
    first = client.current_user_recently_played(limit=20)
    plays = whole(client, first)
    assert [each["track"]["id"] for each in plays] == [play.track.id for play in fake.world.plays[:50]]
    assert {each["context"] and each["context"]["type"] for each in plays} == {None, "playlist"}


def test_plays_after_a_cursor_are_only_the_new_ones(fake, client):
    cursor = client.current_user_recently_played()["cursors"]["after"]
    assert client.current_user_recently_played(after=cursor)["items"] == []
    assert client.current_user_recently_played(after=cursor)["cursors"] is None
    new = fake.world.play(5)
    page = client.current_user_recently_played(limit=3, after=cursor)
    following = client.next(page)
    heard = [each["track"]["id"] for each in [*following["items"], *page["items"]]]
    assert heard == [play.track.id for play in new]


def test_both_cursors_at_once_are_refused(client):
    assert refused(client.current_user_recently_played, after=1, before=2)[0] == 400


# --- library


def test_the_library_takes_gives_and_knows_what_is_in_it(fake, client):
    new = next(each.uri for each in fake.world.catalogue.tracks.values() if not fake.world.has(each.uri))
    assert client.current_user_saved_tracks_contains([new]) == [False]
    assert client.current_user_saved_tracks_add([new]) is None
    assert client.current_user_saved_tracks()["items"][0]["track"]["uri"] == new
    assert client.current_user_saved_tracks_contains([new]) == [True]
    assert client.current_user_saved_tracks_delete([new]) is None
    assert client.current_user_saved_tracks_contains([new]) == [False]
    assert client.current_user_saved_tracks()["total"] == 130


def test_saving_twice_saves_once(fake, client):
    client.current_user_saved_tracks_add(uris(fake, 1) * 2)
    client.current_user_saved_tracks_add(uris(fake, 1))
    saved = [each["track"]["uri"] for each in whole(client, client.current_user_saved_tracks(limit=50))]
    assert saved.count(uris(fake, 1)[0]) == 1


def test_a_playlist_can_be_followed_and_left(fake, client):
    followed = uri("playlist", named(fake, "What a friend hears").id)
    assert client.current_user_saved_items([followed]) == [True]
    client._delete("me/library", uris=followed)
    assert followed not in [each["uri"] for each in client.current_user_playlists()["items"]]
    assert client.current_user_saved_items([followed]) == [False]
    client.current_user_follow_playlist(followed)
    assert client.current_user_playlists()["items"][0]["uri"] == followed


def test_forty_things_at_once_and_no_more(fake, client):
    assert client.current_user_saved_tracks_contains(uris(fake, 40)).count(True) < 40
    assert refused(client.current_user_saved_tracks_contains, uris(fake, 41)) == (400, "Too many uris requested")


def test_what_does_not_exist_cannot_be_saved(client):
    assert refused(client.current_user_saved_tracks_add, [UNKNOWN])[0] == 404


# --- music


def test_tracks_artists_and_albums_by_id(fake, client):
    track = next(iter(fake.world.catalogue.tracks.values()))
    assert client.track(track.id)["external_ids"] == {"isrc": track.isrc}
    assert client.artist(track.artists[0].id)["name"] == track.artists[0].name
    album = client.album(track.album.id)
    assert album["total_tracks"] == album["tracks"]["total"] == len(fake.world.catalogue.on_album(track.album.id))
    listed = whole(client, client.album_tracks(track.album.id, limit=2))
    assert [each["track_number"] for each in listed] == list(range(1, album["total_tracks"] + 1))
    assert {each["id"] for each in whole(client, client.artist_albums(track.artists[0].id, limit=1))} == {
        each.id for each in fake.world.catalogue.by_artist(track.artists[0].id)
    }


def test_ids_that_cannot_be_and_ids_of_nothing_are_refused_differently(client):
    assert refused(client.track, "abc") == (400, "Invalid base62 id")
    assert refused(client.track, UNKNOWN) == (404, "Resource not found")


def test_a_single_and_its_album_share_a_recording(fake):
    by_isrc: dict[str, set[str]] = {}
    for track in fake.world.catalogue.tracks.values():
        by_isrc.setdefault(track.isrc, set()).add(track.album.kind)
    assert {"album", "single"} in by_isrc.values()


def test_popularity_genres_and_markets_are_gone_in_development_mode(fake, client, extended, old_client):
    track = next(iter(fake.world.catalogue.tracks.values()))
    gone = {"popularity", "available_markets", "genres", "followers", "linked_from"}
    assert not gone & {*client.track(track.id), *client.artist(track.artists[0].id)}
    assert gone & {*old_client.track(track.id), *old_client.artist(track.artists[0].id)} == gone - {"linked_from"}


def test_search_by_words_and_by_fields(fake, client):
    track = next(iter(fake.world.catalogue.tracks.values()))
    by_isrc = client.search(f"isrc:{track.isrc}")["tracks"]["items"]
    assert track.id in [each["id"] for each in by_isrc]
    by_name = client.search(f'track:"{track.name}" artist:{track.artists[0].name}')["tracks"]["items"]
    assert track.id in [each["id"] for each in by_name]
    by_word = client.search(track.artists[0].name.upper(), type="artist")["artists"]["items"]
    assert track.artists[0].id in [each["id"] for each in by_word]
    year = track.album.released[:4]
    albums = client.search(f"album:{track.album.name} year:{year}-{year}", type="album,track")
    assert track.album.id in [each["id"] for each in albums["albums"]["items"]]
    assert client.search("no such words anywhere")["tracks"]["total"] == 0


def test_search_pages_ten_at_a_time_up_to_a_thousand(client):
    first = client.search("the", limit=10)["tracks"]
    second = client.next(first)["tracks"]
    assert (first["offset"], second["offset"]) == (0, 10)
    assert not {each["id"] for each in first["items"]} & {each["id"] for each in second["items"]}
    assert refused(client.search, "the", limit=11) == (400, "Invalid limit")
    assert refused(client.search, "the", offset=1001) == (400, "Invalid offset")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"q": "", "type": "track"}, "No search query"),
        ({"q": "x"}, "Missing parameter type"),
        ({"q": "x", "type": "song"}, "Bad search type field song"),
    ],
)
def test_searches_that_ask_nothing_are_refused(client, query, message):
    assert refused(client._get, "search", query) == (400, message)


# --- what an app may do


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("tracks/?ids={track}", 403, "Forbidden"),
        ("artists/?ids={artist}", 403, "Forbidden"),
        ("albums/?ids={album}", 403, "Forbidden"),
        ("artists/{artist}/top-tracks", 403, "Forbidden"),
        ("playlists/{playlist}/tracks", 403, "Forbidden"),
        ("users/a.friend", 403, "Forbidden"),
        ("markets", 403, "Forbidden"),
        ("audio-features/?ids={track}", 403, NO_MESSAGE),
        ("audio-features/{track}", 403, NO_MESSAGE),
        ("audio-analysis/{track}", 403, NO_MESSAGE),
        ("recommendations", 404, NO_MESSAGE),
        ("recommendations/available-genre-seeds", 404, NO_MESSAGE),
        ("artists/{artist}/related-artists", 404, NO_MESSAGE),
        ("browse/featured-playlists", 404, NO_MESSAGE),
        ("nonsense", 404, "Service not found"),
    ],
)
def test_endpoints_closed_in_development_mode_answer_as_measured(fake, client, path, status, message):
    track = next(iter(fake.world.catalogue.tracks.values()))
    playlist = named(fake, "Long drives")
    ids = {"track": track.id, "artist": track.artists[0].id, "album": track.album.id, "playlist": playlist.id}
    assert refused(client._get, path.format(**ids)) == (status, message)


def test_extended_quota_keeps_the_old_endpoints(extended, old_client):
    tracks = list(extended.world.catalogue.tracks.values())[:2]
    ids = [track.id for track in tracks]
    assert [each and each["id"] for each in old_client.tracks([*ids, UNKNOWN])["tracks"]] == [*ids, None]
    assert old_client.artists([tracks[0].artists[0].id])["artists"][0]["popularity"] == tracks[0].artists[0].popularity
    assert old_client.albums([tracks[0].album.id])["albums"][0]["label"]
    # spotipy warns of these and sends them all the same.
    with pytest.warns(DeprecationWarning, match="deprecated by Spotify"):
        features = old_client.audio_features([*ids, UNKNOWN])
    assert [each and each["energy"] for each in features] == [*(each.features["energy"] for each in tracks), None]
    with pytest.warns(DeprecationWarning, match="deprecated by Spotify"):
        assert len(old_client.artist_top_tracks(tracks[0].artists[0].id)["tracks"]) > 0
    assert old_client._get("users/a.friend")["display_name"] == "A Friend"
    assert len(old_client.search("the", limit=50)["tracks"]["items"]) == 50


def test_extended_quota_keeps_the_old_names_of_playlist_items(extended, old_client):
    playlist = named(extended, "What a friend hears")
    old = old_client._get(f"playlists/{playlist.id}/tracks")
    assert old["items"][0]["track"] == old["items"][0]["item"]
    assert old_client.playlist(playlist.id)["tracks"]["total"] == 30


def test_extended_quota_still_saves_tracks_by_id(extended, old_client):
    new = next(each for each in extended.world.catalogue.tracks.values() if not extended.world.has(each.uri))
    old_client._put("me/tracks", ids=new.id)
    assert old_client._get("me/tracks/contains", ids=new.id) == [True]
    old_client._delete("me/tracks", payload={"ids": [new.id]})
    assert old_client._get("me/tracks/contains", ids=new.id) == [False]


# --- tokens and permissions


@pytest.mark.parametrize(
    ("call", "scope"),
    [
        ("current_user_top_tracks", "user-top-read"),
        ("current_user_saved_tracks", "user-library-read"),
        ("current_user_saved_albums", "user-library-read"),
        ("current_user_recently_played", "user-read-recently-played"),
    ],
)
def test_a_call_needs_its_permission(fake, call, scope):
    assert refused(getattr(logged_in(fake, []), call)) == (403, "Insufficient client scope")
    assert "items" in getattr(logged_in(fake, [scope]), call)()


def test_a_request_needs_a_token_that_lives(fake, client):
    assert refused(client_of(fake).me) == (401, "No token provided")
    assert refused(client_of(fake, auth=None, language=None)._get, "me") == (401, "No token provided")
    stranger = client_of(fake)
    stranger.set_auth("somebody-elses")
    assert refused(stranger.me) == (401, "Invalid access token")
    fake.advance(seconds=3601)
    assert refused(client.me) == (401, "The access token expired")


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (51, 0), (-1, 0), (10, -1)])
def test_limits_and_offsets_out_of_range_are_refused(client, limit, offset):
    status, message = refused(client.current_user_saved_tracks, limit=limit, offset=offset)
    assert (status, message) == (400, "Invalid limit" if offset == 0 else "Invalid offset")


def test_the_same_seed_gives_the_same_world(fake):
    from pipelines.testing.spotify_fake import SpotifyFake

    with SpotifyFake() as same, SpotifyFake(seed=1) as other:
        assert same.world.catalogue == fake.world.catalogue
        assert same.world.saved == fake.world.saved
        assert [*same.world.playlists] == [*fake.world.playlists]
        assert not other.world.catalogue.tracks.keys() & fake.world.catalogue.tracks.keys()
