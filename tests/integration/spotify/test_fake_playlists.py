"""Playlists of the fake, read and written by the real spotipy."""

from __future__ import annotations

import pytest

from tests.support.spotify_clients import UNKNOWN, logged_in, named, refused, uris, whole

pytestmark = pytest.mark.integration


# --- playlists, read


def test_the_list_names_own_shared_followed_and_the_platforms_playlists(fake, client):
    listed = whole(client, client.current_user_playlists(limit=3))
    assert [each["name"] for each in listed] == [fake.world.playlists[each].name for each in fake.world.mine]
    assert {each["owner"]["id"] for each in listed} == {"listener", "a.friend", "spotify"}
    assert next(each for each in listed if each["name"] == "Nothing yet")["images"] is None


def test_items_of_an_own_playlist_are_the_whole_of_it(fake, client):
    playlist = named(fake, "Long drives")
    items = whole(client, client.playlist_items(playlist.id))
    assert [each["item"]["uri"] for each in items] == [entry.uri for entry in playlist.entries]


def test_a_playlist_holds_episodes_and_local_files_too(fake, client):
    items = client.playlist_items(named(fake, "Bits and pieces").id)["items"]
    assert [each["item"]["type"] for each in items] == ["track"] * 5 + ["episode", "track"]
    local = items[-1]
    assert (local["is_local"], local["item"]["id"], local["item"]["name"]) == (True, None, "Rehearsal")


def test_a_playlist_comes_with_the_first_of_its_items_and_the_way_to_the_rest(fake, client):
    playlist = named(fake, "Long drives")
    items = whole(client, client.playlist(playlist.id)["items"])
    assert [each["item"]["uri"] for each in items] == [entry.uri for entry in playlist.entries]


def test_items_of_a_shared_playlist_can_be_read(fake, client):
    assert client.playlist_items(named(fake, "Party, all of us").id)["total"] == 30


def test_items_of_somebody_elses_playlist_cannot(fake, client):
    followed = named(fake, "What a friend hears").id
    assert refused(client.playlist_items, followed) == (403, "Forbidden")
    assert "items" not in client.playlist(followed)


def test_playlists_of_the_platform_are_not_there(fake, client):
    assert refused(client.playlist, named(fake, "Mixed for you").id) == (404, "Resource not found")


def test_fields_choose_what_comes(fake, client):
    playlist = named(fake, "Nothing yet")
    assert client.playlist(playlist.id, fields="name,owner(id),items.total") == {
        "name": "Nothing yet",
        "owner": {"id": "listener"},
        "items": {"total": 0},
    }
    assert refused(client.playlist, playlist.id, fields="name,items(")[0] == 400


def test_private_and_shared_playlists_stay_hidden_without_their_permission(fake):
    listed = logged_in(fake, ["playlist-read-private"]).current_user_playlists()["items"]
    assert "Party, all of us" not in [each["name"] for each in listed]
    public = logged_in(fake, []).current_user_playlists()["items"]
    assert [each["name"] for each in public] == ["Quiet evenings", "What a friend hears", "Mixed for you"]


# --- playlists, written


def test_a_playlist_is_made_filled_changed_and_emptied(fake, client):
    made = client.current_user_playlist_create("For the test", public=False, description="d")
    assert (made["public"], made["items"]["total"], made["description"]) == (False, 0, "d")
    a, b, c = uris(fake, 3)

    def content():
        return [each["item"]["uri"] for each in client.playlist_items(made["id"])["items"]]

    states = [client.playlist_add_items(made["id"], [a, b, a])["snapshot_id"]]
    assert content() == [a, b, a]
    states.append(client.playlist_add_items(made["id"], [c], position=0)["snapshot_id"])
    assert content() == [c, a, b, a]
    states.append(client.playlist_reorder_items(made["id"], 0, 4)["snapshot_id"])
    assert content() == [a, b, a, c]
    specific = [{"uri": a, "positions": [2]}]
    states.append(client.playlist_remove_specific_occurrences_of_items(made["id"], specific)["snapshot_id"])
    assert content() == [a, b, c]
    states.append(client.playlist_remove_all_occurrences_of_items(made["id"], [a])["snapshot_id"])
    assert content() == [b, c]
    states.append(client.playlist_replace_items(made["id"], [a])["snapshot_id"])
    assert content() == [a]
    assert len(set(states)) == len(states)
    assert client.playlist(made["id"])["snapshot_id"] == states[-1]


def test_two_playlists_may_have_one_name(client):
    ids = {client.current_user_playlist_create("Same", public=False)["id"] for _ in range(2)}
    assert len(ids) == 2


def test_name_and_description_can_be_changed(fake, client):
    playlist = named(fake, "Nothing yet")
    client.playlist_change_details(playlist.id, name="Something", description="at last")
    assert (playlist.name, playlist.description) == ("Something", "at last")


def test_items_are_taken_as_an_array_as_an_object_and_as_a_parameter(fake, client):
    playlist = named(fake, "Nothing yet")
    a, b, c = uris(fake, 3)
    client._post(f"playlists/{playlist.id}/items", payload=[a])
    client._post(f"playlists/{playlist.id}/items", payload={"uris": [b], "position": 0})
    client._post(f"playlists/{playlist.id}/items", uris=c)
    assert [entry.uri for entry in playlist.entries] == [b, a, c]


def test_a_hundred_items_at_once_and_no_more(fake, client):
    playlist = named(fake, "Nothing yet")
    client.playlist_add_items(playlist.id, uris(fake, 100))
    assert refused(client.playlist_add_items, playlist.id, uris(fake, 101))[0] == 400
    assert len(playlist.entries) == 100


@pytest.mark.parametrize("playlist", ["What a friend hears", "Mixed for you"])
def test_somebody_elses_playlist_cannot_be_changed(fake, client, playlist):
    assert refused(client.playlist_add_items, named(fake, playlist).id, uris(fake, 1)) == (403, "Forbidden")


def test_an_item_that_does_not_exist_changes_nothing(fake, client):
    playlist = named(fake, "Nothing yet")
    assert refused(client.playlist_add_items, playlist.id, [*uris(fake, 1), UNKNOWN])[0] == 400
    assert playlist.entries == []


def test_a_state_that_is_gone_cannot_be_changed(fake, client):
    playlist = named(fake, "Long drives")
    before = playlist.snapshot_id
    client.playlist_add_items(playlist.id, uris(fake, 1))
    assert refused(client.playlist_remove_all_occurrences_of_items, playlist.id, uris(fake, 1), before)[0] == 400


def test_making_a_public_playlist_needs_another_permission_than_a_private_one(fake):
    private = logged_in(fake, ["playlist-modify-private"])
    assert private.current_user_playlist_create("p", public=False)["public"] is False
    assert refused(private.current_user_playlist_create, "p", public=True) == (403, "Insufficient client scope")
