"""The calls that are answered before BentoML's own way, and that way: the same bytes, whatever is asked."""

import gc
import json

import pytest
from starlette.testclient import TestClient

from tests.support.tiny_world import write_tiny_bundle

pytestmark = pytest.mark.integration

GOOD = [
    ("recommendations", {}),
    ("recommendations", {"history": {"t1": 1.5, "gone": 2, "lastfm:teardrop": 1}, "k": 4, "exclude": ["t2"]}),
    ("recommendations", {"history": {"t1": 1e-9, "t4": 1e9}, "k": 200, "reasons": 0}),
    ("recommendations", {"seeds": [{"track_id": "t1"}, {"track_id": "t1", "weight": 2}], "max_per_artist": 1}),
    ("recommendations", {"history": {"t5": 1}, "era": {"from": 1990, "to": 1997}, "genres": ["Electronic"]}),
    ("recommendations", {"history": {"t5": 1}, "exclude_artists": ["björk"], "explicit": "no"}),
    ("recommendations", {"dials": {"popularity": -1, "diversity": 1, "adventure": 0.5, "audio": {"tempo": 120}}}),
    ("recommendations", {"history": {'<script>"\\\u0000\u202e🎵': 1}}),
    ("similar", {"track_id": "t1", "k": 3}),
    ("explain", {"history": {"t1": 1, "t4": 2, "t2": 3}, "track_id": "t3"}),
    ("explain", {"track_id": "t3"}),
    ("search", {"query": "bjrok"}),
    ("search", {"query": "massive", "k": 1}),
    ("search", {"query": "\u0000"}),
]
BAD = [
    ("recommendations", {"k": 0}),
    ("recommendations", {"k": "many"}),
    ("recommendations", {"history": {"t1": -1}}),
    ("recommendations", {"history": {"t1": 1}, "seeds": []}),
    ("recommendations", {"history": {}, "user_id": "u1"}),
    ("recommendations", {"dials": {"diversity": -0.1, "audio": {"taste": 1}}}),
    ("recommendations", {"era": {"from": -1}}),
    ("recommendations", {"historie": {}}),
    ("recommendations", {"user_id": "u1"}),
    ("recommendations", []),
    ("recommendations", None),
    ("recommendations", "{}"),
    ("similar", {"track_id": "t9"}),
    ("similar", {}),
    ("explain", {"track_id": ""}),
    ("search", {"query": "x" * 101}),
]
RAW = [b"", b"{", b'{"k": NaN}', b"\xff", b'{"query": "\\ud800"}', b"[" * 1_000, b'{"k": 1' + b"0" * 5_000 + b"}"]


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory):
    """Clients of the service as it is, and of BentoML's own routes alone."""
    folder = tmp_path_factory.mktemp("hot")
    bundle = write_tiny_bundle(folder)
    before = gc.get_threshold()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSFADE_BUNDLE", str(bundle.path))
        patch.setenv("CROSSFADE_HOME", str(folder / "home"))
        from serving.hot_path import HotCalls
        from serving.service import CrossfadeService

        hot = CrossfadeService.to_asgi()
        patch.setattr(
            CrossfadeService, "middlewares", [each for each in CrossfadeService.middlewares if each[0] is not HotCalls]
        )
        address = "http://127.0.0.1"
        with TestClient(CrossfadeService.to_asgi(), address) as plain:
            yield TestClient(hot, address), plain
    gc.unfreeze()
    gc.set_threshold(*before)


def answers(client, path, body):
    headers = {"X-Request-Id": "the-same", "Content-Type": "application/json"}
    answer = client.post(f"/v1/{path}", content=body, headers=headers)
    kept = {name: value for name, value in answer.headers.items() if name not in {"server", "x-bentoml-request-id"}}
    return answer.status_code, kept, answer.content


@pytest.mark.parametrize(("path", "body"), [*GOOD, *BAD])
def test_both_ways_give_the_same_answer(both_ways, path, body):
    hot, plain = (answers(client, path, json.dumps(body).encode()) for client in both_ways)
    assert hot == plain
    assert (hot[0] == 200) == ((path, body) in GOOD)


@pytest.mark.parametrize("path", ["recommendations", "search"])
@pytest.mark.parametrize("body", RAW)
def test_both_ways_refuse_what_is_no_json_alike(both_ways, path, body):
    hot, plain = (answers(client, path, body) for client in both_ways)
    assert hot == plain


def test_files_are_taken_before_bentoml_and_its_timeout(both_ways):
    for client in both_ways:
        answer = client.post("/v1/import", content=b"x", headers={"Content-Type": "application/zip"})
        assert answer.status_code == 401
        assert "server" not in answer.headers


def test_only_the_plain_way_is_bentomls(both_ways):
    hot, plain = (client.post("/v1/search", json={"query": "x"}).headers for client in both_ways)
    assert "server" not in hot
    assert plain["server"] == "BentoML Service/crossfade"
