"""Who may do what: nobody reads another's data through any call, and no other site writes in a visitor's name."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from pipelines.store.database import Database
from pipelines.store.keys import KeyRing
from pipelines.store.secret import Secret
from serving.identity.authentication import KEY_SECONDS
from serving.identity.sessions import Sessions
from tests.support.visitors import make_key, visiting, with_key

pytestmark = pytest.mark.integration

#: A body for every call there is. A new call has to be added, and is then held to everything below.
BODIES: dict[str, dict[str, Any]] = {
    "/v1/explain": {"track_id": "t2"},
    "/v1/feedback": {"event_id": "not-my-event", "kind": "skip", "track_id": "t5"},
    "/v1/forget": {"confirm": True},
    "/v1/health": {},
    "/v1/import/consent": {},
    "/v1/import/status": {"import_id": "somebody-elses"},
    "/v1/model": {},
    "/v1/playlist": {"name": "Monday", "track_ids": ["t1"]},
    "/v1/playlist/spotify": {"name": "Monday", "track_ids": ["t1"], "confirm": True},
    "/v1/profile": {},
    "/v1/recommendations": {"k": 6},
    "/v1/search": {"query": "secret"},
    "/v1/session": {},
    "/v1/similar": {"track_id": "t1"},
    "/v1/tastes": {},
    "/v1/tracks": {"track_ids": ["t1"]},
}
#: Of these, the calls that take a listener's id, those that are about a listener's own data, and those that change it.
BY_ID = (
    "/v1/explain", "/v1/feedback", "/v1/forget", "/v1/import/status", "/v1/profile", "/v1/recommendations"
)  # fmt: skip
OWN = ("/v1/feedback", "/v1/forget", "/v1/import/status", "/v1/playlist/spotify", "/v1/profile")
WRITES = ("/v1/feedback", "/v1/forget", "/v1/playlist/spotify")

TRACK, ARTIST = "secret:track:1", "ZZ-secret-artist-ZZ"


@pytest.fixture(scope="module")
def victim(service):
    """A visitor whose feedback nobody else may see."""
    with visiting(service.url) as visitor:
        visitor.tell("like", TRACK)
        visitor.tell("like", "t1")
        visitor.tell("block_artist", artist=ARTIST)
        yield visitor


@pytest.fixture
def stranger(service):
    with visiting(service.url) as visitor:
        yield visitor


@pytest.fixture(scope="module")
def keys(champion):
    """Scope -> the header that shows a key with it."""
    return {scope: with_key(make_key(champion[0], scope)) for scope in ("recommend", "listen", "admin")}


def shows_the_victim(answer, victim):
    return any(text in answer.text for text in (TRACK, ARTIST, victim.listener_id, victim.session["csrf_token"]))


def test_every_call_of_the_document_is_held_to_this(client):
    paths = client.get("/docs.json").json()["paths"]
    # What takes a file instead of a body has the same tests in test_listening.
    assert {path for path, item in paths.items() if "post" in item} - {"/v1/import"} == set(BODIES)


def test_the_victim_sees_their_own_data(victim):
    assert TRACK in victim.post("recommendations").json()["unknown_tracks"]
    assert shows_the_victim(victim.post("session"), victim)


@pytest.mark.parametrize("path", BODIES)
def test_nobody_else_sees_it_without_naming_the_victim(client, service, victim, stranger, keys, path):
    forged = Sessions(Secret(b"x" * 32)).sign(victim.listener_id)
    stretched = victim.cookie[:-1] + ("0" if victim.cookie[-1] != "0" else "1")
    others = [{"Cookie": f"crossfade_session={cookie}"} for cookie in (forged, stretched, victim.listener_id)]
    for headers in ({}, *others, *keys.values()):
        answer = httpx.post(f"{service.url}{path}", json=BODIES[path], headers=headers)
        assert not shows_the_victim(answer, victim)
        assert not (path in OWN and answer.is_success)
    assert not shows_the_victim(stranger.post(path.removeprefix("/v1/"), BODIES[path]), victim)


@pytest.mark.parametrize("path", BY_ID)
def test_naming_the_victim_needs_a_key_that_may(service, victim, stranger, keys, path):
    body = BODIES[path] | {"user_id": victim.listener_id}
    answer = httpx.post(f"{service.url}{path}", json=body)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="crossfade"')
    assert stranger.post(path.removeprefix("/v1/"), body).status_code == httpx.codes.FORBIDDEN
    recommend = httpx.post(f"{service.url}{path}", json=body, headers=keys["recommend"])
    assert recommend.status_code == httpx.codes.FORBIDDEN
    assert "listen" in recommend.json()["error"]["remedy"]
    assert not shows_the_victim(recommend, victim)


def test_a_key_with_the_scope_may_act_for_listeners(client, victim, keys):
    for scope in ("listen", "admin"):
        answer = client.post("/v1/recommendations", json={"user_id": victim.listener_id}, headers=keys[scope])
        assert TRACK in answer.json()["unknown_tracks"]


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(
    "change",
    [
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "", "Sec-Fetch-Site": "same-site"},
    ],
    ids=["no token", "wrong token", "other origin", "no origin", "other site", "sister site"],
)
def test_no_other_site_writes_in_a_visitors_name(victim, path, change):
    url = str(victim.http.base_url)
    of_the_page = {"X-CSRF-Token": victim.session["csrf_token"], "Origin": url.rstrip("/")}
    headers = {name: value for name, value in {**of_the_page, **change}.items() if value}
    headers["Cookie"] = f"crossfade_session={victim.cookie}"
    answer = httpx.post(f"{url.rstrip('/')}{path}", json=BODIES[path], headers=headers)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert victim.post("session").json()["known"]["likes"] == [TRACK, "t1"]


def test_another_visitors_token_is_none(victim, stranger):
    answer = victim.http.post(
        "/v1/feedback", json=BODIES["/v1/feedback"], headers={"X-CSRF-Token": stranger.session["csrf_token"]}
    )
    assert answer.status_code == httpx.codes.FORBIDDEN


@pytest.mark.parametrize(
    "shown",
    ["Bearer", "Bearer cf_00000000_nothing", "Bearer x", "Basic YTpi", "Bearer " + "é" * 10, "Bearer " + "x" * 5000],
)
def test_what_is_no_key_is_refused_everywhere(service, shown):
    for path in ("/v1/search", "/v1/model"):
        answer = httpx.post(f"{service.url}{path}", json=BODIES[path], headers={"Authorization": shown.encode()})
        assert answer.status_code == httpx.codes.UNAUTHORIZED


def test_a_key_that_is_past_its_end_or_revoked_stops_working(client, champion):
    database = Database.of(champion[0])
    ring, now = KeyRing(database), datetime.now(UTC)
    old, _ = ring.create("old", ["recommend"], per_minute=60, now=now, expires=now - timedelta(seconds=1))
    key, made = ring.create("short", ["recommend"], per_minute=10_000, now=now)
    assert client.post("/v1/tastes", headers=with_key(old)).status_code == httpx.codes.UNAUTHORIZED
    assert client.post("/v1/tastes", headers=with_key(key)).status_code == httpx.codes.OK
    ring.revoke(made.key_id, now=now)
    database.close()
    end = time.monotonic() + KEY_SECONDS + 5
    while client.post("/v1/tastes", headers=with_key(key)).status_code != httpx.codes.UNAUTHORIZED:
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_key_that_asks_too_often_is_told_when_to_come_back(client, champion):
    key = with_key(make_key(champion[0], "recommend", per_minute=3))
    answers = [client.post("/v1/tastes", headers=key) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 20
    assert answers[-1].json()["error"]["what"] == "more than 3 calls a minute"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client):
    plain = client.post("/v1/session", json={}).headers["Set-Cookie"]
    assert "HttpOnly; SameSite=Lax" in plain
    assert "Secure" not in plain
    client.cookies.clear()
    assert (
        "; Secure" in client.post("/v1/session", json={}, headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    )
    client.cookies.clear()


def test_no_answer_lets_another_site_read_it(client):
    answer = client.post("/v1/recommendations", json={}, headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
