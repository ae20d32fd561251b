"""The one door to Spotify: what is asked again, what is not, and when nothing is asked at all."""

from __future__ import annotations

import json

import pytest

from pipelines.errors import AccessError, ConfigError
from pipelines.sources.spotify_api.app import SpotifyApp
from pipelines.sources.spotify_api.client import SpotifyClient
from pipelines.sources.spotify_api.refusals import Reason
from pipelines.sources.spotify_api.session import SpotifySession


@pytest.fixture
def patient(app, time):
    """Return a client on the test's clock; a log-in made by the machine's clock is still good then."""

    def make(**changes):
        return SpotifyClient(app, "me", time.patience(**changes))

    return make


def test_a_short_wait_is_waited_and_the_answer_comes(fake, patient, time):
    fake.faults.add("429", 7, times=1)
    assert patient().saved_tracks(0)["total"] == 130
    assert time.naps == [7.0]


def test_a_wait_above_the_ceiling_stops_at_once_and_says_when_to_come_back(fake, patient, time):
    fake.faults.add("429", 80_000, times=1)
    with pytest.raises(AccessError, match=r"must not be asked again before 2026-09-22 .* UTC\. Run the same") as caught:
        patient().saved_tracks(0)
    assert caught.value.reason == Reason.RATE_LIMIT
    assert time.naps == []
    assert len(fake.journal.of(path="/v1/me/tracks")) == 1


def test_all_waits_of_a_run_have_one_ceiling(fake, patient, time):
    fake.faults.add("429", 25, times=10)
    with pytest.raises(AccessError, match="asked more slowly"):
        patient(total=60.0).saved_tracks(0)
    assert time.naps == [25.0, 25.0]


def test_before_that_time_the_next_run_asks_nothing_and_after_it_goes_on(fake, patient, time):
    fake.faults.add("429-quota", 3_600, times=1)
    with pytest.raises(AccessError, match="quota of the developer account"):
        patient().me()
    asked = len(fake.journal)
    time.now += 3_599
    with pytest.raises(AccessError) as caught:
        patient().me()
    assert (caught.value.reason, len(fake.journal)) == (Reason.QUOTA, asked)
    time.now += 2
    assert patient().me()["type"] == "user"


def test_another_app_is_not_blocked(fake, app, patient, time):
    fake.faults.add("429", 80_000, times=1)
    with pytest.raises(AccessError):
        patient().me()
    asked = len(fake.journal)
    other = SpotifySession(app.model_copy(update={"client_id": "another"}), time.patience())
    with pytest.raises(AccessError, match="Invalid access token"):
        other.get(f"{fake.api_url}/me", headers={"Authorization": "Bearer x"})
    assert len(fake.journal) == asked + 1


@pytest.mark.parametrize(
    "content", ["", "{", '{"until": "x"}', "[]", '{"until": null, "reason": "", "what": "", "client_id": ""}']
)
def test_a_damaged_note_of_a_block_blocks_nothing(app, patient, content):
    app.block_file.write_text(content, encoding="utf-8")
    assert patient().me()["type"] == "user"


@pytest.mark.parametrize("fault", ["502", "truncated-body", "connection-reset"])
def test_a_read_that_met_a_failing_server_is_tried_again_later_each_time(fake, patient, time, fault):
    fake.faults.add(fault, times=3, route="/v1/me/tracks")
    assert patient().saved_tracks(0)["total"] == 130
    assert len(time.naps) == 3
    assert all(0.25 * 2**n <= nap <= 0.5 * 2**n for n, nap in enumerate(time.naps))


def test_it_is_not_tried_for_ever(fake, patient, time):
    fake.faults.add("502", times=0, route="/v1/me/tracks")
    with pytest.raises(AccessError, match=r"problem of its own \(status 502\)") as caught:
        patient().saved_tracks(0)
    assert caught.value.reason == Reason.SERVER
    assert (len(fake.journal.of(path="/v1/me/tracks")), len(time.naps)) == (5, 4)


@pytest.mark.parametrize("fault", ["502", "truncated-body", "connection-reset", "429"])
def test_a_request_that_changes_something_is_sent_once(fake, patient, time, fault):
    fake.faults.add(fault, times=0, method="POST", route="/v1/me/playlists")
    with pytest.raises(AccessError):
        patient().create_playlist("Monday", public=False, description="")
    assert len(fake.journal.of("POST", "/v1/me/playlists")) == 1
    assert time.naps == []


def test_a_token_that_ended_early_is_renewed_once_and_the_call_made_again(fake, patient):
    fake.faults.add("401-expired", times=1)
    assert patient().saved_tracks(0)["total"] == 130
    assert len(fake.journal.of("POST", "/api/token")) == 1


def test_a_token_that_is_never_taken_is_told_and_not_renewed_for_ever(fake, patient):
    fake.faults.add("401-expired", times=0)
    with pytest.raises(AccessError, match="no longer accepts the log-in") as caught:
        patient().saved_tracks(0)
    assert caught.value.reason == Reason.EXPIRED_TOKEN
    assert len(fake.journal.of("POST", "/api/token")) == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("403-premium", Reason.OWNER_NOT_PREMIUM),
        ("403-unregistered", Reason.NOT_ALLOW_LISTED),
        ("403-scope", Reason.MISSING_SCOPE),
        ("404", Reason.NOT_FOUND),
    ],
)
def test_a_refusal_that_does_not_pass_is_told_at_once(fake, patient, time, fault, reason):
    fake.faults.add(fault)
    with pytest.raises(AccessError) as caught:
        patient().saved_tracks(0)
    assert (caught.value.reason, len(fake.journal), time.naps) == (reason, 1, [])


@pytest.mark.parametrize("address", ["https://elsewhere.example/v1/me", "http://127.0.0.1:1/v1/me"])
def test_the_log_in_goes_nowhere_else(app, address):
    with pytest.raises(AccessError, match="the log-in must not go there"):
        SpotifySession(app).get(address, headers={"Authorization": "Bearer x"})


@pytest.mark.parametrize("address", ["http://api.spotify.com/v1", "ftp://127.0.0.1", "api.spotify.com", "https://"])
def test_an_address_that_would_send_tokens_in_clear_is_refused(tmp_path, address):
    with pytest.raises(ConfigError, match="no address to send a log-in to"):
        SpotifySession(SpotifyApp(client_id="x", api_url=address, folder=tmp_path))


def test_what_is_written_down_of_a_block_holds_no_token(app, fake, patient):
    fake.faults.add("429", 80_000, times=1)
    with pytest.raises(AccessError):
        patient().me()
    assert set(json.loads(app.block_file.read_text(encoding="utf-8"))) == {"until", "reason", "what", "client_id"}
