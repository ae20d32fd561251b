"""Every fault of the fake, as a plain HTTP client sees it."""

from __future__ import annotations

import contextlib
import threading

import pytest
import requests

from pipelines.errors import ConfigError, ServiceError
from pipelines.testing.spotify_fake import CLIENT_ID, KINDS, Fault, SpotifyFake
from tests.support.spotify_clients import logged_in, token_of

pytestmark = pytest.mark.integration

PLAYS = "me/player/recently-played"


class Plain:
    """GETs and POSTs with a good token, each on a connection of its own."""

    def __init__(self, fake: SpotifyFake) -> None:
        client = logged_in(fake)
        self.url = fake.api_url
        self.headers = {"Authorization": f"Bearer {token_of(client)}", "Connection": "close"}
        self.refresh_token = client.auth_manager.cache_handler.get_cached_token()["refresh_token"]

    def get(self, path, **options):
        return requests.get(f"{self.url}/{path}", headers=self.headers, timeout=10, **options)

    def post(self, path, body):
        return requests.post(f"{self.url}/{path}", headers=self.headers, json=body, timeout=10)


@pytest.fixture
def plain(fake) -> Plain:
    """A client that knows nothing of Spotify."""
    return Plain(fake)


def error(status, message, **more):
    return {"error": {"status": status, "message": message} | more}


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("401-expired", 401, error(401, "The access token expired")),
        (
            "403-unregistered",
            403,
            error(403, "Check settings on developer.spotify.com/dashboard, the user may not be registered."),
        ),
        ("403-scope", 403, error(403, "Insufficient client scope")),
        ("403-forbidden", 403, error(403, "Forbidden")),
        ("404", 404, error(404, "Resource not found")),
        ("429", 429, error(429, "API rate limit exceeded")),
        ("429-quota", 429, error(429, "Too many requests", reason="QUOTA_EXCEEDED")),
    ],
)
def test_refusals_are_worded_as_measured(fake, plain, name, status, body):
    fake.faults.add(name)
    answer = plain.get("me")
    assert (answer.status_code, answer.json()) == (status, body)


def test_premium_is_refused_in_plain_text(fake, plain):
    fake.faults.add("403-premium")
    answer = plain.get("me")
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/plain; charset=utf-8")
    assert len(answer.text) == 159
    assert answer.text.startswith("Active premium subscription required for the owner of the app.")


def test_a_bad_gateway_speaks_html_and_then_recovers(fake, plain):
    fake.faults.add("502", times=2)
    answers = [plain.get("me") for _ in range(3)]
    assert [each.status_code for each in answers] == [502, 502, 200]
    assert "<html>" in answers[0].text


@pytest.mark.parametrize("seconds", [2, 80_000])
def test_the_rate_limit_names_its_seconds(fake, plain, seconds):
    fake.faults.add("429", seconds)
    assert plain.get("me").headers["Retry-After"] == str(seconds)
    assert plain.get("me").status_code == 200


def test_an_ended_login_cannot_be_refreshed_while_a_new_one_can_begin(fake, plain):
    fake.faults.add("refresh-expired")
    form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": plain.refresh_token}
    answer = requests.post(f"{fake.accounts_url}/api/token", data=form, timeout=10)
    assert answer.json() == {"error": "invalid_grant", "error_description": "Refresh token revoked"}
    assert logged_in(fake).me()["id"] == "listener"


def test_a_slow_body_is_too_late_for_the_impatient_and_whole_for_the_patient(fake, plain):
    fake.faults.add("slow-body", 0.5, times=2)
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"{fake.api_url}/me", headers=plain.headers, timeout=0.05)
    assert plain.get("me").json()["id"] == "listener"


def test_stopping_waits_for_no_slow_body():
    with SpotifyFake() as fake:
        plain = Plain(fake)
        fake.faults.add("slow-body", 3600)

        def ask():
            # Whether the rest still comes or the connection ends first is all the same.
            with contextlib.suppress(requests.RequestException):
                plain.get("me")

        asking = threading.Thread(target=ask)
        asking.start()
        while not fake.journal.of("GET", "/v1/me"):
            asking.join(0.01)
    asking.join(10)
    assert not asking.is_alive()


@pytest.mark.parametrize("name", ["connection-reset", "truncated-body"])
def test_a_lost_answer_has_been_carried_out(fake, plain, name):
    fake.faults.add(name, route="/v1/me/playlists", method="POST")
    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        plain.post("me/playlists", {"name": "Lost", "public": False})
    assert plain.get("me/playlists").json()["items"][0]["name"] == "Lost"
    assert len(fake.journal.of("POST", "/v1/me/playlists")) == 1


def test_a_bad_gateway_has_done_nothing(fake, plain):
    fake.faults.add("502", route="/v1/me/playlists", method="POST")
    assert plain.post("me/playlists", {"name": "Lost", "public": False}).status_code == 502
    assert "Lost" not in [each["name"] for each in plain.get("me/playlists").json()["items"]]


@pytest.mark.parametrize(
    ("path", "thing"), [("me/tracks", "track"), ("playlists/{id}/items", "item"), ("me/top/tracks", None)]
)
def test_things_vanish_from_lists(fake, plain, path, thing):
    fake.faults.add("null-items")
    items = plain.get(path.format(id=fake.world.mine[0]) + "?limit=5").json()["items"]
    gone = [(each if thing is None else each[thing]) is None for each in items]
    assert gone == [True, False, False, True, False]


def test_things_vanish_from_a_search(fake, plain):
    fake.faults.add("null-items")
    items = plain.get("search?q=the&type=track&limit=2").json()["tracks"]["items"]
    assert [each is None for each in items] == [True, False]


def test_some_tracks_have_no_isrc_and_always_the_same_ones(fake, plain):
    fake.faults.add("missing-isrc")

    def without():
        items = plain.get("me/tracks?limit=50").json()["items"]
        return {each["track"]["id"] for each in items if "isrc" not in each["track"].get("external_ids", {})}

    assert 0 < len(without()) < 50
    assert without() == without()


def test_a_local_file_has_neither_id_nor_isrc(fake, plain):
    fake.faults.add("local-file")
    items = plain.get(f"playlists/{fake.world.mine[0]}/items").json()["items"]
    assert [each["is_local"] for each in items[:2]] == [True, False]
    assert (items[0]["item"]["id"], items[0]["item"]["external_ids"]) == (None, {})
    assert items[0]["item"]["uri"].startswith("spotify:local:")


def test_plays_are_listed_twice(fake, plain):
    once = [each["played_at"] for each in plain.get(f"{PLAYS}?limit=3").json()["items"]]
    fake.faults.add("duplicate-plays")
    twice = [each["played_at"] for each in plain.get(f"{PLAYS}?limit=3").json()["items"]]
    assert twice == [each for each in once for _ in range(2)]


def test_a_list_shrinks_under_its_reader(fake, plain):
    whole = [saved.uri for saved in fake.world.saved_tracks()]
    fake.faults.add("shrinking-page")
    read = []
    for offset in range(0, 130, 50):
        page = plain.get(f"me/tracks?limit=50&offset={offset}").json()
        read += [each["track"]["uri"] for each in page["items"]]
    # After each page that is not the last the rest moves up: the first of the next page is never seen.
    assert read == [thing for place, thing in enumerate(whole) if place not in {50, 101}]
    assert page["total"] == 128


def test_a_playlist_that_shrinks_has_another_state(fake, plain):
    playlist = fake.world.playlists[fake.world.mine[0]]
    before = playlist.snapshot_id
    fake.faults.add("shrinking-page", times=1)
    plain.get(f"playlists/{playlist.id}/items")
    assert (len(playlist.entries), playlist.snapshot_id != before) == (119, True)


def test_a_fault_strikes_where_when_and_as_often_as_it_is_told(fake, plain):
    fake.faults.add("404", route="/v1/me/*", times=2, after=1, method="GET")
    paths = ["me/tracks", "me", "me/tracks", PLAYS, "me/tracks"]
    assert [plain.get(path).status_code for path in paths] == [200, 200, 404, 404, 200]
    assert [entry.fault for entry in fake.journal][-5:] == ["", "", "404", "404", ""]


def test_faults_can_be_switched_off(fake, plain):
    fake.faults.add("403-premium")
    fake.faults.clear()
    assert plain.get("me").status_code == 200


def test_faults_go_on_and_off_while_it_runs(fake, plain):
    address = f"{fake.accounts_url}/_fake/faults"
    shown = requests.post(address, json={"name": "404", "route": "/v1/me"}, timeout=10).json()
    assert shown == [{"name": "404", "value": None, "times": 0, "route": "/v1/me", "method": "*", "after": 0}]
    assert plain.get("me").status_code == 404
    assert requests.get(address, timeout=10).json() == shown
    assert requests.delete(address, timeout=10).json() == []
    assert plain.get("me").status_code == 200


def test_time_plays_and_the_journal_by_control_call(fake, plain):
    def control(method, path, body=None):
        return requests.request(method, f"{fake.accounts_url}/_fake/{path}", json=body, timeout=10)

    assert control("POST", "plays", {"count": 2}).json() == {"played": 2}
    assert len(fake.world.plays) == 62
    control("POST", "clock", {"days": 1})
    assert plain.get("me").status_code == 401
    assert [entry["path"] for entry in control("GET", "journal").json()][-1] == "/v1/me"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "faults", {"name": "no such"}, 400),
        ("POST", "faults", {"nme": "404"}, 400),
        ("POST", "faults", None, 400),
        ("POST", "clock", {"fortnights": 1}, 400),
        ("POST", "plays", {}, 400),
        ("GET", "nothing", None, 404),
    ],
)
def test_control_calls_that_make_no_sense_change_nothing(fake, method, path, body, status):
    answer = requests.request(method, f"{fake.accounts_url}/_fake/{path}", json=body, timeout=10)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert fake.faults.all() == []


def test_faults_are_read_as_written_on_the_command_line():
    fault = Fault.parse("429=80000,route=/v1/me/tracks,times=2,method=GET,after=1")
    assert fault == Fault("429", 80_000, times=2, route="/v1/me/tracks", method="GET", after=1)
    assert Fault.parse("502") == Fault("502", None, times=1, route="/v1/*")


@pytest.mark.parametrize(
    "text", ["", "no such", "404=1", "429=many", "429=-1", "502,times=x", "502,often=2", "502,times=-1"]
)
def test_faults_that_cannot_be_read_are_named(text):
    with pytest.raises(ConfigError):
        Fault.parse(text)


def test_every_fault_says_what_it_does():
    assert all(kind.does.endswith(".") for kind in KINDS.values())


def test_a_port_that_is_taken_is_named(fake):
    port = int(fake.accounts_url.rpartition(":")[2])
    with pytest.raises(ServiceError, match=f"the port {port} cannot be used"):
        SpotifyFake(port=port)


def test_what_is_in_the_journal_of_a_write(fake, plain):
    plain.post("me/playlists", {"name": "Noted", "public": False})
    entry = fake.journal.of("POST", "/v1/me/*")[0]
    assert (entry.path, entry.status, entry.body) == ("/v1/me/playlists", 201, {"name": "Noted", "public": False})


def test_clients_at_once_lose_no_write(fake, plain):
    playlist = fake.world.playlists[fake.world.mine[-1]]
    uris = [track.uri for track in list(fake.world.catalogue.tracks.values())[:40]]

    def add(uri):
        assert plain.post(f"playlists/{playlist.id}/items", [uri]).status_code == 201

    threads = [threading.Thread(target=add, args=(uri,)) for uri in uris]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.uri for entry in playlist.entries) == sorted(uris)
    assert playlist.revision == 41
