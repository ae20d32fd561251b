"""The calls of a live service, over plain HTTP and through BentoML's own client."""

import bentoml
import httpx
import pytest

from tests.support.tiny_world import PLAYS
from tests.support.visitors import make_key, with_key

pytestmark = pytest.mark.integration

HISTORIES = [{"t1": 1.0}, {"t2": 3.0, "t4": 0.5, "t3": 7.0}, {"t6": 1.0}, {"gone": 1.0, "t5": 2.0}, {}]


@pytest.fixture(scope="module")
def bento_client(service):
    with bentoml.SyncHTTPClient(service.url) as client:
        yield client
        client._temp_dir.cleanup()  # it leaves that to the garbage collector, which warns


def ranking(answer):
    return [(entry["track"]["track_id"], pytest.approx(entry["score"])) for entry in answer["recommendations"]]


@pytest.mark.parametrize("history", HISTORIES)
def test_the_same_history_gives_the_list_of_the_bundle(client, bento_client, champion, history):
    _, bundle = champion
    expected = [(entry.track_id, entry.score) for entry in bundle.recommend([history], 5)[0]]
    body = {"history": history, "k": 5}
    assert ranking(client.post("/v1/recommendations", json=body).json()) == expected
    assert ranking(bento_client.recommendations(body)) == expected


@pytest.fixture(scope="module")
def listen(champion):
    """The header of a key that may act for listeners."""
    return with_key(make_key(champion[0], "listen"))


def test_a_known_listener_gets_the_list_of_the_history_of_training(client, listen):
    plays = {f"t{place}": count for place, count in enumerate(PLAYS["u3"], start=1) if count}
    by_user = client.post("/v1/recommendations", json={"user_id": "u3", "k": 3}, headers=listen).json()
    by_history = client.post("/v1/recommendations", json={"history": plays, "k": 3}).json()
    assert by_user["recommendations"] == by_history["recommendations"]


def test_reasons_come_with_their_tracks_and_shares(client, champion):
    _, bundle = champion
    history = {"t1": 2.0, "t4": 1.0}
    answer = client.post("/v1/recommendations", json={"history": history, "k": 2, "reasons": 2}).json()
    for entry, expected in zip(answer["recommendations"], bundle.recommend([history], 2, reasons=2)[0], strict=True):
        found = [(reason["track"]["track_id"], pytest.approx(reason["share"])) for reason in entry["because"]]
        assert found == [(reason.track_id, reason.share) for reason in expected.reasons]


def test_an_empty_body_asks_for_what_most_listeners_play(client):
    answer = client.post("/v1/recommendations").json()
    assert answer["basis"] == "popularity"
    assert [entry["track"]["track_id"] for entry in answer["recommendations"]] == ["t1", "t2", "t4", "t3", "t5", "t6"]


def test_tracks_are_named_by_their_ids_and_unknown_ones_reported(client, bento_client):
    for answer in (
        client.post("/v1/tracks", json={"track_ids": ["t4", "gone", "t1", "t4"]}).json(),
        bento_client.tracks({"track_ids": ["t4", "gone", "t1", "t4"]}),
    ):
        assert [track["title"] for track in answer["tracks"]] == ["Teardrop", "Jóga"]
        assert answer["unknown_tracks"] == ["gone"]
    assert client.post("/v1/tracks", json={"track_ids": []}).status_code == httpx.codes.BAD_REQUEST


def test_similar_search_explain_and_tastes_answer(client):
    similar = client.post("/v1/similar", json={"track_id": "t1", "k": 2}).json()
    assert similar["track"]["title"] == "Jóga"
    assert len(similar["similar"]) == 2
    assert [track["track_id"] for track in client.post("/v1/search", json={"query": "BJORK"}).json()["tracks"]] == [
        "t1",
        "t2",
        "t3",
    ]
    explained = client.post("/v1/explain", json={"history": {"t1": 1, "t4": 1}, "track_id": "t2"}).json()
    assert sum(part["amount"] for part in explained["contributions"]) == pytest.approx(explained["score"])
    assert [taste["name"] for taste in client.post("/v1/tastes").json()["tastes"]] == ["electronic", "trip hop"]


def test_the_model_card_tells_which_champion_answers_and_why(client, champion):
    _, bundle = champion
    card = client.post("/v1/model").json()
    assert card["model_version"] == bundle.bundle_id
    assert card["champion_reason"] == "it beats everything in this tiny world"
    assert card["figures"]["metrics"]["ndcg@10"]["mean"] == 0.25


def test_every_answer_carries_model_version_and_request_id(client, champion):
    _, bundle = champion
    calls = {"recommendations": {}, "similar": {"track_id": "t1"}, "search": {"query": "x"}, "tastes": {}, "model": {}}
    for name, body in calls.items():
        answer = client.post(f"/v1/{name}", json=body, headers={"X-Request-Id": f"test-{name}"})
        assert answer.json()["request_id"] == answer.headers["X-Request-Id"] == f"test-{name}"
        assert answer.json()["model_version"] == bundle.bundle_id


@pytest.mark.parametrize(
    ("path", "body", "status", "what"),
    [
        ("recommendations", {"k": 201}, 400, "'k': input should be less than or equal to 200"),
        ("recommendations", {"k": 0}, 400, "'k': input should be greater than or equal to 1"),
        ("recommendations", {"history": {"t1": -1}}, 400, "'history.t1': input should be greater than 0"),
        ("recommendations", {"historie": {}}, 400, "'historie': this call has no such field"),
        ("recommendations", {"history": {}, "user_id": "u1"}, 400, "give either 'history' or 'user_id', not both"),
        ("recommendations", {"user_id": "u9"}, 404, "nothing is known of the listener 'u9'"),
        ("recommendations", [], 400, "input should be an object"),
        ("similar", {"track_id": "t9"}, 404, "the model does not know the track 't9'"),
        ("similar", {}, 400, "'track_id': this field is missing"),
        ("search", {"query": "x" * 101}, 400, "'query': string should have at most 100 characters"),
        ("explain", {"track_id": "t9"}, 404, "the model does not know the track 't9'"),
    ],
)
def test_a_request_that_cannot_be_answered_is_told_why(client, listen, path, body, status, what):
    answer = client.post(f"/v1/{path}", json=body, headers=listen)
    assert answer.status_code == status
    assert answer.json()["error"]["what"] == what
    assert answer.json()["error"]["remedy"]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b'{"k": ', {"Content-Type": "application/json"}, 400),
        (b'{"history": {"t1": NaN}}', {"Content-Type": "application/json"}, 400),
        (b"\xff\xfe", {"Content-Type": "application/json"}, 400),
        (b"k=3", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"\x80\x04.", {"Content-Type": "application/vnd.bentoml+pickle"}, 415),
        (b" " * 3_000_000, {"Content-Type": "application/json"}, 413),
    ],
)
def test_a_body_that_is_no_request_is_refused_in_the_one_form(client, content, headers, status):
    answer = client.post("/v1/recommendations", content=content, headers=headers)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "request_id"}


def test_a_large_body_without_a_length_is_refused(client):
    answer = client.post(
        "/v1/recommendations", content=iter([b" " * 1_000_000] * 3), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/v1/search", 405), ("/v1/nothing", 404)])
def test_an_address_that_is_none_is_refused_in_the_one_form(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.json()["error"]["remedy"]


def test_names_that_look_like_code_or_control_characters_do_no_harm(client):
    for odd in ("<script>alert(1)</script>", "a\u0000b", "\u202e", "'; DROP TABLE tracks; --", "%00", "🎵" * 50):
        answer = client.post("/v1/recommendations", json={"history": {odd: 1}, "exclude": [odd]})
        assert answer.json()["unknown_tracks"] == [odd]
        assert client.post("/v1/search", json={"query": odd[:100]}).status_code == httpx.codes.OK


def test_bad_requests_leave_no_stack_trace_in_the_log(client, service):
    assert client.post("/v1/recommendations", json={"k": 0}).status_code == httpx.codes.BAD_REQUEST
    assert "Traceback" not in service.log()


def test_health_is_told(client):
    for path in ("/livez", "/readyz", "/healthz"):
        assert client.get(path).status_code == httpx.codes.OK


def test_the_page_is_served_with_a_strict_policy(client):
    page = client.get("/")
    assert "<title>Crossfade</title>" in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'; ")
    assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_the_document_lists_every_call_with_an_example_that_is_answered(client, bento_client):
    document = client.get("/docs.json").json()
    calls = {path: item["post"] for path, item in document["paths"].items() if "post" in item}
    assert set(calls.pop("/v1/import")["requestBody"]["content"]) == {"application/zip"}  # a file, and no BentoML call
    assert {path.removeprefix("/v1/").replace("/", "_") for path in calls} == set(bento_client.endpoints)
    for path, call in calls.items():
        body = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        example = document["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], {}).get("example", {})
        answer = client.post(path, json=example)
        assert str(answer.status_code) in call["responses"]
        assert answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR


def test_the_page_of_the_api_finds_its_parts_in_this_bentoml(client):
    page = client.get("/docs").text
    for part in ("static_content/swagger-ui.css", "static_content/swagger-ui-bundle.js"):
        assert part in page
        assert client.get(f"/{part}").status_code == httpx.codes.OK
