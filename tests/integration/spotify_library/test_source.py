"""One person's library as rows: what becomes one, what is left out and why, and what is kept between runs."""

from __future__ import annotations

from collections import Counter
from time import time as wall_time

import pytest

from pipelines.data.cleaning import clean
from pipelines.data.provenance import Use
from pipelines.errors import AccessError, ConfigError, CrossfadeError
from pipelines.locking import only_one
from pipelines.sources.base import SourceOptions
from pipelines.sources.spotify_api import source as source_module
from pipelines.sources.spotify_api.blocks import BlockFile
from pipelines.sources.spotify_api.entries import list_entry
from pipelines.sources.spotify_api.kept import Kept
from pipelines.sources.spotify_api.library import read_library
from pipelines.sources.spotify_api.refusals import Reason
from pipelines.sources.spotify_api.source import KEPT_FILE, SpotifyApi, SpotifyApiOptions
from pipelines.sources.spotify_api.tokens import Login, LoginFile
from pipelines.testing.spotify_fake import Profile, SpotifyFake
from pipelines.testing.spotify_login import app_of, log_in

pytestmark = pytest.mark.integration
DAY = 86_400.0


@pytest.fixture
def read(app, client, time):
    """Return a reading of the library by a run of its own."""

    def run():
        with Kept(app.person_folder("me") / KEPT_FILE, time.now) as kept:
            return read_library(client, kept)

    return run


def source_of(app, **options):
    return SpotifyApi(SpotifyApiOptions(app=app, **options))


def kinds(tables):
    return Counter(tables.interactions.data["kind"].to_pylist())


def paths(fake):
    return [entry.path for entry in fake.journal if entry.path.startswith("/v1/")]


def test_what_the_person_did_becomes_rows_of_their_own(app, fake):
    log_in(app, "ann")
    tables = clean(source_of(app, listener="ann", consent="c1")).tables
    favourites = {track.id for tracks in fake.world.top_tracks.values() for track in tracks}
    # 130 saved; the last 50 of 60 plays; each favourite once; 120 + 26 + 5 tracks in playlists of their own.
    assert kinds(tables) == {"save": 130, "play": 50, "like": len(favourites), "playlist_add": 151}
    assert set(tables.interactions.data["user_id"].to_pylist()) == {"person:ann"}
    assert set(tables.interactions.data["consent"].to_pylist()) == {"c1"}


def test_what_is_no_row_is_counted_with_its_reason(app):
    source = source_of(app)
    counts = clean(source).counts
    assert counts["interactions"].left_out == {"a podcast episode": 1, "a local file": 1, "added by somebody else": 30}
    assert counts["playlists"].left_out == {"a podcast episode": 1, "a local file": 1, "a playlist of somebody else": 2}


def test_tracks_have_their_public_ids_and_what_joins_them_to_other_sources(app):
    tracks = clean(source_of(app)).tables.tracks.data.to_pylist()
    assert all(track["track_id"].startswith("spotify:track:") for track in tracks)
    assert all(track["title"] and track["artists"] and track["isrc"] and track["duration_ms"] for track in tracks)


def test_what_this_app_may_not_read_stays_missing_and_is_said_once(app):
    source = source_of(app)
    tracks = clean(source).tables.tracks.data
    assert tracks["danceability"].null_count == tracks["genres"].null_count == len(tracks)
    assert [note.partition(" were read")[0] for note in source.notes] == ["No audio features", "No genres"]


def test_an_app_with_extended_quota_gives_audio_features_and_genres(tmp_path):
    with SpotifyFake(Profile.EXTENDED) as fake:
        app = app_of(fake, tmp_path)
        log_in(app)
        source = source_of(app)
        tracks = clean(source).tables.tracks.data
    assert tracks["danceability"].null_count < len(tracks)
    assert tracks["genres"].null_count < len(tracks)
    assert source.notes == []


def test_playlists_of_the_person_are_theirs_and_shared_ones_nobodys(app):
    rows = clean(source_of(app)).tables.playlists.data.to_pylist()
    assert Counter((row["name"], row["owner"]) for row in rows) == {
        ("Long drives", "person:me"): 120,
        ("Quiet evenings", "person:me"): 26,
        ("Bits and pieces", "person:me"): 5,
        ("Party, all of us", None): 30,
    }
    assert [row["position"] for row in rows if row["name"] == "Quiet evenings"] == list(range(26))


def test_nothing_about_other_people_is_kept(app, read):
    read()
    content = (app.person_folder("me") / KEPT_FILE).read_bytes()
    assert b"a.friend" not in content
    assert b"A Friend" not in content


def test_its_rows_may_be_shown_and_used_as_seeds_and_not_train():
    assert SpotifyApi().provenance().uses == {Use.DISPLAY, Use.SEED}


def test_whoever_has_not_logged_in_is_told_before_anything_starts(app):
    with pytest.raises(AccessError, match="'ann' has not logged in"):
        source_of(app, listener="ann").check()


def test_a_time_that_has_not_come_is_told_before_anything_starts(app, fake):
    source = source_of(app)
    source.check()
    BlockFile(app.block_file, app.client_id).remember(wall_time() + 60, "rate limit", "Spotify wants to be left alone")
    asked = len(fake.journal)
    with pytest.raises(AccessError, match="wants to be left alone; it must not be asked again before"):
        source.check()
    assert len(fake.journal) == asked


def test_an_archive_is_not_what_it_reads(tmp_path):
    with pytest.raises(ConfigError, match="reads no archive"):
        SpotifyApi(SourceOptions(archive=tmp_path))


def test_a_run_that_was_stopped_is_gone_on_with_and_nothing_is_asked_twice(fake, read, time):
    fake.faults.add("429", 3_600, times=1, route="/v1/me/top/tracks", after=4)
    with pytest.raises(AccessError):
        read()
    first = paths(fake)[:-1]
    time.now += 3_601
    fake.journal.clear()
    library = read()
    again = [entry for entry in fake.journal if entry.path in {"/v1/me/tracks", "/v1/me/top/tracks"}]
    assert first.count("/v1/me/tracks") == 3
    assert [(entry.query["time_range"], entry.query["offset"]) for entry in again] == [
        ("medium_term", "50"),
        ("medium_term", "100"),
        ("long_term", "0"),
        ("long_term", "50"),
        ("long_term", "100"),
    ]
    assert (len(library.saved), len(library.top)) == (130, 360)


def test_a_run_that_was_stopped_long_ago_is_begun_again(fake, read, time):
    fake.faults.add("429", 3_600, times=1, route="/v1/me/top/tracks")
    with pytest.raises(AccessError):
        read()
    time.now += DAY
    fake.journal.clear()
    read()
    assert paths(fake).count("/v1/me/tracks") == 3


def test_a_playlist_that_did_not_change_is_not_read_again(fake, read):
    read()
    fake.journal.clear()
    changed = next(each for each in fake.world.playlists.values() if each.name == "Quiet evenings")
    with fake.changing():
        del changed.entries[0]
        changed.revision += 1
    library = read()
    assert {path for path in paths(fake) if path.startswith("/v1/playlists/")} == {
        f"/v1/playlists/{changed.id}",
        f"/v1/playlists/{changed.id}/items",
    }
    assert [len(each.entries) for each in library.playlists if each.name == "Quiet evenings"] == [25]


def test_a_playlist_that_changes_while_it_is_read_is_read_in_one_version(fake, read):
    fake.faults.add("shrinking-page", times=1, route="/v1/playlists/*/items")
    library = read()
    drives = next(each for each in library.playlists if each.name == "Long drives")
    assert len(drives.entries) == 119
    assert not any("kept changing" in note for note in library.notes)


def test_a_list_that_never_stands_still_is_taken_as_it_is_and_said(fake, read):
    fake.faults.add("shrinking-page", route="/v1/me/tracks")
    library = read()
    assert "The list 'saved tracks' kept changing while it was read." in library.notes
    assert len({entry["track"]["id"] for entry in library.saved}) == len(library.saved)


def test_plays_gather_from_run_to_run_and_none_is_counted_twice(fake, read):
    assert len(read().plays) == 50
    fake.advance(hours=1)
    with fake.changing():
        fake.world.play(20)
    fake.faults.add("duplicate-plays")
    library = read()
    assert len(library.plays) == 70
    assert "after" in fake.journal.of(path="/v1/me/player/recently-played")[-1].query
    assert not any("Plays may be missing" in note for note in library.notes)


def test_a_gap_between_two_looks_at_the_plays_is_said(fake, read):
    read()
    fake.advance(days=3)
    with fake.changing():
        fake.world.play(60)
    assert any("Plays may be missing" in note for note in read().notes)


def test_another_account_under_the_same_name_finds_nothing_of_the_first(fake, read):
    read()
    with fake.changing():
        fake.world.me = type(fake.world.me)("other", "Another", "another-account")
        fake.world.plays.clear()
    assert read().plays == []


@pytest.mark.parametrize("fault", ["null-items", "missing-isrc", "local-file", "502", "truncated-body"])
def test_odd_answers_cost_no_other_rows(app, fake, fault):
    fake.faults.add(fault)
    source = source_of(app)
    counts = clean(source).counts["interactions"]
    # 130 saved, 50 plays, 3 x 120 favourites, 183 in playlists. A playlist that is null is left out with all it holds.
    assert counts.read == 723 - (150 if fault == "null-items" else 0)
    assert counts.read == counts.kept + sum(counts.left_out.values()) + sum(counts.merged.values())


def test_a_track_without_an_id_is_rejected_with_a_reason_and_not_lost(app, fake):
    cleaned = clean(_broken(source_of(app)))
    assert cleaned.counts["interactions"].rejected == {"missing track_id": 1}


def _broken(source):
    library = source._read()
    library.saved[0]["track"]["id"] = None
    return source


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (None, "no longer available"),
        ({"added_at": "2026", "item": None}, "no longer available"),
        ({"added_at": "2026", "item": {"type": "episode", "id": "e"}}, "a podcast episode"),
        ({"added_at": "2026", "item": {"type": "chapter", "id": "c"}}, "neither a track nor an episode"),
        ({"added_at": "2026", "is_local": True, "item": {"type": "track", "id": None}}, "a local file"),
        ({"added_at": "2026", "track": {"type": "track", "id": "t"}}, None),
        ({"added_at": "2026", "track": {"id": None}}, None),
        ({"added_at": "2026", "track": "a text"}, None),
        ("a text", None),
    ],
)
def test_an_item_is_a_track_or_left_out_with_a_reason(item, reason):
    entry = list_entry(item, when="added_at")
    assert entry.get("left_out") == reason
    assert ("track" in entry) == (reason is None)


def test_two_readings_of_one_person_at_once_are_refused(app, monkeypatch):
    monkeypatch.setattr(source_module, "_WAIT_SECONDS", 0.1)
    with (
        only_one(app.person_folder("me") / "reading", patience=0),
        pytest.raises(CrossfadeError, match="another process is at work"),
    ):
        clean(source_of(app))


def test_a_missing_permission_leaves_out_its_part_and_says_what_to_do(app, fake, read):
    log_in(app, scopes=["user-library-read", "playlist-read-private"])
    library = read()
    assert len(library.saved) == 130
    assert library.top == []
    top = next(note for note in library.notes if note.startswith("No top tracks"))
    assert "does not include the permission" in top
    assert "crossfade spotify login" in top


@pytest.mark.parametrize("fault", ["403-premium", "403-unregistered"])
def test_a_refusal_that_concerns_everything_stops_the_reading(fake, read, fault):
    fake.faults.add(fault)
    with pytest.raises(AccessError) as caught:
        read()
    assert caught.value.reason in {Reason.OWNER_NOT_PREMIUM, Reason.NOT_ALLOW_LISTED}
    assert len(fake.journal) == 1


def test_the_end_of_a_log_in_is_told_in_advance(app, read, time):
    login = LoginFile(app, "me").load()
    LoginFile(app, "me").save(Login(**{**login.__dict__, "authorised_at": time.now - 175 * DAY}))
    assert any(note.startswith("The log-in to Spotify ends on ") for note in read().notes)
