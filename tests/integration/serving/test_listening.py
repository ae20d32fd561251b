"""A person's own listening over HTTP: brought along with consent, shown to them alone, taken away as a playlist."""

import json
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection

import httpx
import pytest

from pipelines.data.consent import ConsentLedger
from pipelines.testing import spotify_exports
from pipelines.testing.spotify_exports import Fault, Plan
from tests.support.exports import PLAYS
from tests.support.uploads import ZIP, bring, left, wait
from tests.support.visitors import make_key, visiting, with_key

pytestmark = pytest.mark.integration


@pytest.fixture
def visitor(service):
    with visiting(service.url) as visitor:
        yield visitor


@pytest.mark.parametrize("user_id", ["", "x" * 257, "a%00b"])
def test_a_file_for_nobody_there_can_be_is_refused(service, champion, export, user_id):
    headers = {**ZIP, **with_key(make_key(champion[0], "listen"))}
    answer = httpx.post(f"{service.url}/v1/import?consent=1&user_id={user_id}", content=export, headers=headers)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert answer.json()["error"]["what"] == "'user_id' is no listener's id"


def fault(folder, which):
    return spotify_exports.write_export(folder / "x.zip", Plan(fault=which)).path.read_bytes()


def test_a_history_is_brought_along_and_everything_follows_from_it(visitor, export, champion):
    home, bundle = champion
    words = visitor.post("import/consent").json()
    assert "Delete my data" in words["text"]
    started = bring(visitor, export, words["version"])
    done = wait(visitor, started)
    assert (done["state"], done["problem"]) == ("done", None)
    summary = done["summary"]
    assert summary["read"] == len(PLAYS) == summary["kept"] + sum(summary["left_out"].values())
    assert (summary["matched"], summary["unmatched"], summary["matched_tracks"]) == (4, 1, 2)
    assert left(home) == []

    listed = visitor.post("recommendations", {"k": 3}).json()
    expected = bundle.recommend([{"t1": 2.0, "t4": 2.0}], 3)[0]
    assert [each["track"]["track_id"] for each in listed["recommendations"]] == [each.track_id for each in expected]
    assert listed["basis"] == "history"
    assert visitor.post("session").json()["known"]["imported"]

    profile = visitor.post("profile").json()
    assert (profile["plays"], profile["tracks"], profile["artists"]) == (5, 3, 3)
    assert profile["top_artists"][0] == {"name": "Björk", "plays": 2, "share": 0.4}
    assert profile["eras"] == [{"decade": "1990s", "plays": 4, "share": 1.0}]
    assert [(year["year"], year["plays"], year["ms"]) for year in profile["years"]] == [
        (2021, 3, 160_000),
        (2020, 2, 400_000),
    ]
    assert profile["radar"]["energy"] == {"mean": None, "coverage": 0.0}

    again = wait(visitor, bring(visitor, export))["summary"]
    assert (again["kept"], again["left_out"]["known from an earlier import"]) == (0, 5)
    assert visitor.post("profile").json()["plays"] == 5

    receipt = visitor.post("forget", {"confirm": True}).json()
    assert receipt["removed"]["imports"] == 2
    (consent,) = [each for each in ConsentLedger(home.consents).consents() if each.withdrawn_at]
    assert (consent.source, consent.active) == ("feedback", False)
    assert consent.granted_at <= datetime.now(UTC).isoformat()


def test_nobody_sees_what_somebody_else_brought_along(visitor, service, export):
    started = bring(visitor, export)
    wait(visitor, started)
    import_id = started.json()["import_id"]
    with visiting(service.url) as other:
        assert other.post("import/status", {"import_id": import_id}).status_code == httpx.codes.NOT_FOUND
        assert other.post("profile").json()["plays"] == 0
        assert other.post("profile", {"user_id": visitor.listener_id}).status_code == httpx.codes.FORBIDDEN
    for path, body in (("import/status", {"import_id": import_id}), ("profile", {})):
        assert httpx.post(f"{service.url}/v1/{path}", json=body).status_code == httpx.codes.UNAUTHORIZED


def test_a_file_without_consent_without_the_page_or_of_nobody_is_not_read(visitor, service, champion, export):
    home, _ = champion
    refused = bring(visitor, export, consent="")
    assert refused.status_code == httpx.codes.FORBIDDEN
    assert "consent=1" in refused.json()["error"]["remedy"]
    assert bring(visitor, export, consent="2").status_code == httpx.codes.FORBIDDEN
    assert bring(visitor, export, headers={**ZIP, "X-CSRF-Token": "forged"}).status_code == httpx.codes.FORBIDDEN
    assert bring(visitor, export, headers={**ZIP, "Origin": "https://elsewhere.example"}).status_code == 403
    nobody = httpx.post(f"{service.url}/v1/import?consent=1", headers=ZIP, content=export)
    assert nobody.status_code == httpx.codes.UNAUTHORIZED
    assert left(home) == []


@pytest.mark.parametrize("which", [Fault.BOMB, Fault.LEADS_OUT, Fault.LINK, Fault.ARCHIVE_INSIDE, Fault.ENCRYPTED])
def test_a_malicious_zip_is_refused_at_once(visitor, champion, tmp_path, which):
    refused = bring(visitor, fault(tmp_path, which))
    assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert refused.json()["error"]["what"]
    assert str(champion[0].root) not in refused.text
    assert left(champion[0]) == []


def test_what_only_reading_shows_fails_the_import(visitor, tmp_path):
    failed = wait(visitor, bring(visitor, fault(tmp_path, Fault.JSON_CUT_SHORT)))
    assert failed["state"] == "failed"
    assert "ends in the middle of row" in failed["problem"]["what"]
    assert failed["summary"] is None


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", ZIP, 422),
        (b"no zip at all", ZIP, 422),
        (b"PK\x03\x04 and nothing else", ZIP, 422),
        (b"{}", {"Content-Type": "application/json"}, 415),
    ],
)
def test_what_is_no_zip_is_refused_in_the_one_form(visitor, content, headers, status):
    answer = bring(visitor, content, headers=headers)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "request_id"}


def test_a_file_that_says_it_is_too_large_is_refused_before_any_of_it_is_sent(visitor):
    connection = HTTPConnection(visitor.http.base_url.host, visitor.http.base_url.port, timeout=30)
    with closing(connection):
        connection.putrequest("POST", "/v1/import?consent=1")
        own = {"Cookie": f"crossfade_session={visitor.cookie}", **dict(visitor.http.headers), "Host": ""}
        for name, value in {**own, **ZIP, "Content-Length": str(1 << 40)}.items():
            if value:
                connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().status == httpx.codes.REQUEST_ENTITY_TOO_LARGE


def test_the_profile_of_a_history_in_the_call_needs_nobody(client):
    profile = client.post("/v1/profile", json={"history": {"t1": 3, "t4": 1, "gone": 9}}).json()
    assert (profile["plays"], profile["tracks"], profile["years"]) == (4, 2, [])
    assert profile["genres"][0]["name"] == "electronic"


def test_plays_of_this_page_are_in_the_profile(visitor):
    event = {"event_id": "play-0001", "kind": "play", "track_id": "t2", "ms_played": 200_000}
    visitor.post("feedback", event)
    visitor.post("feedback", {"event_id": "like-0001", "kind": "like", "track_id": "t1"})
    profile = visitor.post("profile").json()
    assert (profile["plays"], profile["likes"], profile["top_artists"][0]["name"]) == (1, 1, "Björk")
    assert profile["years"][0]["top_tracks"][0]["title"] == "Hyperballad"


def test_a_playlist_is_written_as_a_file(client):
    body = {"name": "Slow / mornings", "track_ids": ["t4", "lastfm:joga", "gone"]}
    jspf = client.post("/v1/playlist", json={**body, "format": "jspf"}).json()
    assert (jspf["filename"], jspf["unknown_tracks"]) == ("Slow-mornings.jspf", ["gone"])
    titles = [track["title"] for track in json.loads(jspf["content"])["playlist"]["track"]]
    assert titles == ["Teardrop", "Jóga"]
    csv = client.post("/v1/playlist", json={**body, "format": "csv"}).json()
    assert csv["media_type"].startswith("text/csv")
    assert csv["content"].splitlines()[1] == ",Teardrop,Massive Attack,Mezzanine,330000"
    assert client.post("/v1/playlist", json={**body, "format": "exe"}).status_code == httpx.codes.BAD_REQUEST


def test_where_no_app_is_set_up_nothing_is_saved_to_spotify(visitor, client):
    body = {"name": "Monday", "track_ids": ["t1"], "confirm": True}
    answer = visitor.post("playlist/spotify", body)
    assert answer.status_code == httpx.codes.CONFLICT
    assert "Download the playlist" in answer.json()["error"]["remedy"]
    with httpx.Client(base_url=client.base_url) as stranger:
        assert stranger.post("/v1/playlist/spotify", json=body).status_code == httpx.codes.UNAUTHORIZED
    assert visitor.http.get("/spotify/login").headers["Location"] == "/?spotify=failed"
