"""What an app may do is found out by asking for one of everything."""

from __future__ import annotations

import pytest

from pipelines.sources.spotify_api.client import SpotifyClient
from pipelines.sources.spotify_api.login import READ_SCOPES, SAVE_PRIVATE_SCOPE
from pipelines.sources.spotify_api.probes import NO, NOT_ASKED, YES, probe
from pipelines.sources.spotify_api.searching import search_tracks
from pipelines.testing.spotify_fake import Profile, SpotifyFake
from pipelines.testing.spotify_login import app_of, log_in


def answers(client):
    return {finding.what: finding.answer for finding in probe(client)}


def test_a_development_app_may_read_a_library_and_no_features(client):
    found = answers(client)
    assert {what for what, answer in found.items() if answer == NO} == {
        "many artists at once",
        "audio features",
        "recommendations",
        "saving playlists",
    }
    assert NOT_ASKED not in found.values()


def test_an_app_with_extended_quota_may_do_more(tmp_path):
    with SpotifyFake(Profile.EXTENDED) as fake:
        app = app_of(fake, tmp_path)
        log_in(app, scopes=[*READ_SCOPES, SAVE_PRIVATE_SCOPE])
        found = answers(SpotifyClient(app, "me"))
    assert {found[what] for what in ("many artists at once", "audio features", "saving playlists")} == {YES}


@pytest.mark.parametrize("fault", ["403-premium", "403-unregistered", "429"])
def test_a_refusal_of_everything_ends_the_asking(fake, client, fault):
    fake.faults.add(fault, *([80_000] if fault == "429" else []), times=0)
    first, *others = probe(client)
    assert first.answer == NO
    assert first.words
    assert {finding.answer for finding in others} == {NOT_ASKED}
    assert len(fake.journal) == 1


def test_asking_changes_nothing(fake, client):
    probe(client)
    assert {entry.method for entry in fake.journal} == {"GET"}


def test_a_search_goes_on_over_pages_of_ten(fake, client):
    name = next(iter(fake.world.catalogue.artists.values())).name
    found = search_tracks(client, f"artist:{name}", 15)
    assert 0 < len(found) <= 15
    assert all(name in [artist["name"] for artist in track["artists"]] for track in found)
    assert {int(entry.query["limit"]) for entry in fake.journal} <= {5, 10}
