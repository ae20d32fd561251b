"""Saving a playlist: previewed, private, made once however often it is tried, and no change sent twice."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from pipelines.errors import AccessError, ConfigError, SourceError
from pipelines.sources.spotify_api.client import SpotifyClient
from pipelines.sources.spotify_api.kept import Kept
from pipelines.sources.spotify_api.login import READ_SCOPES, SAVE_PRIVATE_SCOPE
from pipelines.sources.spotify_api.refusals import Reason
from pipelines.sources.spotify_api.saving import Plan, plan_playlist, save_playlist
from pipelines.sources.spotify_api.source import KEPT_FILE
from pipelines.sources.spotify_api.track_lists import read_track_list
from pipelines.testing.spotify_login import log_in

pytestmark = pytest.mark.integration


@pytest.fixture
def app(app, time):
    log_in(app, scopes=[*READ_SCOPES, SAVE_PRIVATE_SCOPE], now=time.now)
    return app


@pytest.fixture
def ids(fake):
    return [f"spotify:track:{each}" for each in list(fake.world.catalogue.tracks)[:250]]


@pytest.fixture
def plan(app, client, time):
    def make(ids, name="Monday", **options):
        with Kept(app.person_folder("me") / KEPT_FILE, time.now) as kept:
            return plan_playlist(client, kept, name, ids, **options)

    return make


@pytest.fixture
def long_plan(ids):
    """A plan of 250 tracks, made without looking each of them up."""
    return Plan("Monday", public=False, token="long", tracks=tuple({"id": each[-22:]} for each in ids), unknown=())


@pytest.fixture
def save(app, time):
    """Return a saving by a run of its own."""
    return lambda plan: save_playlist(
        SpotifyClient(app, "me", time.patience()), app.person_folder("me") / "saved", plan
    )


def named(fake, name="Monday"):
    return [each for each in fake.world.playlists.values() if each.name == name]


def uris(playlist):
    return [entry.uri for entry in playlist.entries]


def posts(fake):
    return [(entry.path, json.dumps(entry.body)) for entry in fake.journal.of("POST", "/v1/*")]


def test_a_preview_changes_nothing_and_names_what_is_not_on_spotify(fake, plan, ids):
    asked = [ids[0], "mbid:1", ids[1], f"https://open.spotify.com/intl-de/track/{ids[2][-22:]}?si=x", "0" * 22, ids[0]]
    found = plan(asked)
    assert found.uris == ids[:3]
    assert found.unknown == ("mbid:1", "0" * 22)
    assert not found.public
    assert posts(fake) == []


def test_tracks_that_were_looked_up_are_not_asked_for_again(fake, plan, ids):
    plan(ids[:5])
    plan(ids[:6])
    assert Counter(entry.path for entry in fake.journal.of(path="/v1/tracks/*")).most_common(1)[0][1] == 1


def test_a_long_playlist_is_made_in_parts_and_in_order(fake, long_plan, save, ids):
    saved = save(long_plan)
    (playlist,) = named(fake)
    assert (saved.new, saved.tracks, playlist.public) == (True, 250, False)
    assert uris(playlist) == ids
    assert [len(entry.body) for entry in fake.journal.of("POST", "/v1/playlists/*")] == [100, 100, 50]
    assert saved.address == f"https://open.spotify.com/playlist/{playlist.id}"


def test_the_same_playlist_is_saved_once_and_another_token_makes_another(fake, plan, save, ids):
    first, second = save(plan(ids[:3])), save(plan(ids[:3]))
    assert (first.new, second.new, first.playlist_id) == (True, False, second.playlist_id)
    save(plan(ids[:3], token="again"))
    assert len(named(fake)) == 2


@pytest.mark.parametrize("fault", ["connection-reset", "truncated-body", "502", "429"])
@pytest.mark.parametrize("place", range(4))
def test_a_save_that_broke_off_anywhere_is_finished_by_the_next_run(fake, long_plan, save, ids, time, fault, place):
    fake.faults.add(fault, times=1, method="POST", route="/v1/*", after=place)
    with pytest.raises(AccessError):
        save(long_plan)
    time.now += 60
    assert save(long_plan).tracks == 250
    (playlist,) = named(fake)
    assert uris(playlist) == ids


@pytest.mark.parametrize("place", range(4))
def test_what_was_carried_out_is_not_sent_again(fake, long_plan, save, ids, place):
    fake.faults.add("connection-reset", times=1, method="POST", route="/v1/*", after=place)
    with pytest.raises(AccessError):
        save(long_plan)
    save(long_plan)
    assert max(Counter(posts(fake)).values()) == 1


def test_a_run_killed_before_it_could_note_the_playlist_finds_it(fake, app, plan, save, ids):
    wanted = plan(ids[:3])
    made = save(wanted)
    note = app.person_folder("me") / "saved" / f"{wanted.token}.json"
    note.write_text(json.dumps({"mark": wanted.mark, "playlist_id": None, "done": False}), encoding="utf-8")
    assert save(wanted).playlist_id == made.playlist_id
    assert len(named(fake)) == 1


def test_a_playlist_somebody_changed_meanwhile_is_left_alone(fake, long_plan, save, ids):
    fake.faults.add("502", times=1, method="POST", route="/v1/playlists/*", after=1)
    with pytest.raises(AccessError):
        save(long_plan)
    with fake.changing():
        del named(fake)[0].entries[5]
    with pytest.raises(SourceError, match="somebody changed it before it was finished"):
        save(long_plan)
    assert len(named(fake)[0].entries) == 99


def test_without_the_permission_nothing_is_sent(fake, app, client, plan, save, ids, time):
    wanted = plan(ids[:2])
    log_in(app, now=time.now)
    fake.journal.clear()
    with pytest.raises(AccessError, match="--allow-saving") as caught:
        save(wanted)
    assert caught.value.reason == Reason.MISSING_SCOPE
    assert list(fake.journal) == []


def test_a_playlist_without_tracks_is_not_made(fake, plan, save):
    with pytest.raises(SourceError, match="Spotify knows none of its tracks"):
        save(plan(["mbid:1"]))
    assert posts(fake) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_name_spotify_would_not_take_is_refused(plan, ids, name):
    with pytest.raises(ConfigError, match="needs 1 to 100 characters"):
        plan(ids[:1], name)


@pytest.mark.parametrize("token", ["../x", "a/b", "", " "])
def test_a_token_cannot_leave_its_folder(plan, ids, token):
    if token:
        with pytest.raises(ConfigError, match="cannot be a token"):
            plan(ids[:1], token=token)
    else:
        assert len(plan(ids[:1], token=token).token) == 16


def test_a_damaged_note_makes_no_second_playlist(fake, app, plan, save, ids):
    wanted = plan(ids[:1])
    save(wanted)
    (app.person_folder("me") / "saved" / f"{wanted.token}.json").write_text("{", encoding="utf-8")
    with pytest.raises(SourceError, match="not known how far the playlist has come"):
        save(wanted)
    assert len(named(fake)) == 1


def test_a_table_gives_the_tracks_of_one_listener_by_rank(tmp_path):
    table = tmp_path / "lists.csv"
    table.write_text("user_id,track_id,rank\nann,a,2\nbob,c,1\nann,b,1\n", encoding="utf-8")
    assert read_track_list(table, "ann") == ["b", "a"]
    with pytest.raises(ConfigError, match=r"lists of 2 listeners\. Name one with --user"):
        read_track_list(table)
    with pytest.raises(ConfigError, match="no list of 'eve'"):
        read_track_list(table, "eve")
