"""What is seen from outside: figures that add up, logs that are JSON, traces with the caller's parent, and no names."""

import json
import re

import httpx
import pytest

from pipelines.atomic import write_text
from pipelines.home import Home
from pipelines.release.champion import set_champion
from tests.support.served import serve
from tests.support.tiny_world import write_tiny_bundle
from tests.support.visitors import make_key, visiting, with_key

pytestmark = pytest.mark.integration

TRACE = "0af7651916cd43dd8448eb211c80319c"
SECRETS = {
    "track": "planted:track:1",
    "artist": "Planted Artist",
    "query": "planted query",
    "user": "planted-user",
    "event": "planted-event-1",
}


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A service with JSON logs and traces, after some calls, good and bad: (figures, log, spans, secrets)."""
    folder = tmp_path_factory.mktemp("watched")
    home, spans = Home(folder / "home"), folder / "spans.jsonl"
    set_champion(home, write_tiny_bundle(home.bundles).bundle_id, "the only one")
    key = make_key(home, "listen")
    write_text(home.monitoring_figures, 'crossfade_input_psi{feature="energy"} 0.25\n')
    told = {"CROSSFADE_HOME": str(home.root), "CROSSFADE_JSON_LOGS": "yes", "CROSSFADE_TRACES": str(spans)}
    with serve(folder, told) as service, visiting(service.url) as visitor:
        headers = {"X-Request-Id": "watched-1", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
        visitor.http.post("/v1/recommendations", json={"k": 3, "history": {"t1": 1.0}}, headers=headers)
        visitor.tell("like", SECRETS["track"])
        visitor.tell("block_artist", artist=SECRETS["artist"])
        visitor.tell("skip", "t1")
        visitor.post("search", {"query": SECRETS["query"]})
        visitor.post("search", {"query": SECRETS["query"] * 50})
        visitor.post("recommendations", {"user_id": SECRETS["user"]})
        visitor.post("similar", {"track_id": SECRETS["track"]})
        body = {"event_id": SECRETS["event"], "kind": "like", "track_id": "t1", "user_id": SECRETS["user"]}
        httpx.post(f"{service.url}/v1/feedback", json=body, headers=with_key(key))
        httpx.post(f"{service.url}/v1/feedback?who={SECRETS['user']}", content=b"{", headers=with_key(key))
        damaged = home.events.read_bytes()
        home.events.write_bytes(b"no database" * 1000)
        visitor.post("session")
        home.events.write_bytes(damaged)
        figures = httpx.get(f"{service.url}/metrics")
        secrets = {**SECRETS, "cookie": visitor.cookie, "listener": visitor.listener_id, "key": key}
        secrets["token"] = visitor.session["csrf_token"]
    return figures, service.log(), spans.read_text(encoding="utf-8"), secrets  # the last spans come with the end


def value(figures, name, **labels):
    """The value of a figure; its labels may stand in any order."""
    for line in figures.text.splitlines():
        found = re.fullmatch(rf"{name}(?:{{(.*)}})? ([-+.e\d]+)", line)
        if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1] or "")) == labels:
            return float(found[2])
    return None


def test_what_monitoring_found_stands_beside_the_figures_of_the_service(watched):
    assert value(watched[0], "crossfade_input_psi", feature="energy") == 0.25


def test_calls_are_counted_by_address_and_status(watched):
    figures = watched[0]
    assert figures.headers["Content-Type"].startswith("text/plain")
    count = lambda path, status: value(figures, "crossfade_call_seconds_count", call=path, status=status)  # noqa: E731
    assert count("/v1/recommendations", "200") == 1
    assert count("/v1/recommendations", "403") == 1
    assert count("/v1/search", "200") == 1
    assert count("/v1/search", "400") == 1
    assert "planted" not in figures.text


def test_lists_and_feedback_are_counted_by_model(watched):
    figures = watched[0]
    (version,) = re.findall(r'crossfade_model_served{model_version="(\w+)"} 1', figures.text)
    assert value(figures, "crossfade_lists_total", basis="history", model_version=version) == 1
    assert value(figures, "crossfade_listed_tracks_total", model_version=version) == 3
    assert value(figures, "crossfade_feedback_total", kind="like", model_version=version) == 2
    assert value(figures, "crossfade_feedback_total", kind="skip", model_version=version) == 1
    assert value(figures, "crossfade_list_coverage", model_version=version) == 0.5  # 3 of 6 tracks


def test_the_state_of_store_and_bundle_is_told(watched):
    figures = watched[0]
    for name in ("spool_bytes", "store_lag_seconds", "bundle_refused"):
        assert value(figures, f"crossfade_{name}") == 0
    assert value(figures, "crossfade_store_up") in {0, 1}


def test_every_line_of_the_log_of_a_worker_is_json_with_the_requests_id(watched):
    lines = [json.loads(line) for line in watched[1].splitlines() if line.startswith("{")]
    calls = [line for line in lines if line["logger"] == "serving.access"]
    assert next(line for line in calls if line["request_id"] == "watched-1") | {"ms": 0, "at": ""} == {
        "at": "",
        "level": "info",
        "logger": "serving.access",
        "message": "call",
        "request_id": "watched-1",
        "path": "/v1/recommendations",
        "status": 200,
        "ms": 0,
    }
    assert any("The event store is there" in line["message"] for line in lines)


def test_a_call_is_a_span_under_the_callers_trace(watched):
    spans = [json.loads(line) for line in watched[2].splitlines()]
    (mine,) = [span for span in spans if span["attributes"]["crossfade.request_id"] == "watched-1"]
    assert mine["name"] == "POST /v1/recommendations"
    assert mine["context"]["trace_id"] == f"0x{TRACE}"
    assert mine["attributes"]["http.response.status_code"] == 200


@pytest.mark.parametrize("what", [*SECRETS, "cookie", "listener", "key", "token"])
def test_neither_log_nor_spans_nor_figures_name_anybody_or_anything(watched, what):
    figures, log, spans, secrets = watched
    assert "POST" in spans
    for text in (log, spans, figures.text):
        assert secrets[what] not in text
        assert secrets[what].removeprefix("web:") not in text
