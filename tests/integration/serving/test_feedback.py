"""Feedback in real time: the next list knows it, a restart does not forget it, an undo is as if nothing had been."""

import httpx
import pytest

from tests.support.served import serve
from tests.support.visitors import make_key, visiting, with_key

pytestmark = pytest.mark.integration

POPULAR = ["t1", "t2", "t4", "t3", "t5", "t6"]


@pytest.fixture
def visitor(service):
    with visiting(service.url) as visitor:
        yield visitor


def test_who_is_new_gets_what_is_popular(visitor):
    assert visitor.session["known"] == {
        "likes": [],
        "dislikes": [],
        "blocked_tracks": [],
        "blocked_artists": [],
        "told": [],
        "imported": False,
    }
    assert visitor.tracks() == POPULAR


def test_a_like_changes_the_next_list_at_once_as_if_it_had_been_in_the_history(visitor, client):
    visitor.tell("like", "t1")
    as_history = client.post("/v1/recommendations", json={"history": {"t1": 5.0}, "k": 6}).json()
    answer = visitor.post("recommendations", {"k": 6}).json()
    assert answer["basis"] == "history"
    assert answer["recommendations"] == as_history["recommendations"]


@pytest.mark.parametrize("kind", ["like", "dislike", "skip", "play", "block_track"])
def test_what_somebody_reacted_to_is_not_recommended_again_until_it_is_undone(visitor, kind):
    before = visitor.tracks()
    event = visitor.tell(kind, "t2")
    assert "t2" not in visitor.tracks()
    visitor.tell("undo", undoes=event)
    assert visitor.tracks() == before


def test_a_blocked_artist_is_gone_whatever_is_asked_until_it_is_undone(visitor):
    event = visitor.tell("block_artist", artist="Björk")
    assert visitor.tracks() == ["t4", "t5", "t6"]
    assert visitor.tracks(seeds=[{"track_id": "t1"}]) == ["t4", "t5", "t6"]
    visitor.tell("undo", undoes=event)
    assert visitor.tracks() == POPULAR


def test_what_was_said_at_an_earlier_visit_can_be_undone(visitor):
    first, second = visitor.tell("block_track", "t2"), visitor.tell("block_artist", artist="Björk")
    gone, skip = visitor.tell("like", "away"), visitor.tell("skip", "t5")
    told = visitor.post("session", {}).json()["known"]["told"]
    assert [(each["event_id"], each["kind"]) for each in told] == [
        (first, "block_track"),
        (second, "block_artist"),
        (gone, "like"),
    ]
    assert [(each["track_id"], each["artist"], each["title"]) for each in told] == [
        ("t2", "Björk", "Hyperballad"),
        (None, "Björk", None),
        ("away", None, None),
    ]
    visitor.tell("undo", undoes=second)
    left = visitor.post("session", {}).json()["known"]["told"]
    assert [each["event_id"] for each in left] == [first, gone]
    assert skip


def test_a_dislike_takes_from_its_like_until_it_is_undone(visitor):
    def scores():
        found = visitor.post("recommendations", {"history": {"t1": 3.0}, "k": 6}).json()["recommendations"]
        return {entry["track"]["track_id"]: entry["score"] for entry in found}

    before = scores()
    event = visitor.tell("dislike", "t4")
    after = scores()
    assert all(after[track] <= before[track] for track in after)
    assert any(after[track] < before[track] for track in after)
    visitor.tell("undo", undoes=event)
    assert scores() == before


def test_feedback_counts_for_a_history_in_the_call_as_well(visitor, client):
    visitor.tell("block_track", "t2")
    visitor.tell("like", "t1")
    expected = client.post(
        "/v1/recommendations", json={"history": {"t4": 2.0, "t2": 1.0, "t1": 5.0}, "exclude": ["t2"], "k": 6}
    ).json()
    assert (
        visitor.post("recommendations", {"history": {"t4": 2.0, "t2": 1.0}, "k": 6}).json()["recommendations"]
        == (expected["recommendations"])
    )


def test_feedback_that_is_sent_twice_counts_once(visitor):
    body = {"event_id": "the-same-1", "kind": "skip", "track_id": "t1"}
    answers = [visitor.post("feedback", body).json() for _ in range(2)]
    assert [(answer["recorded"], answer["stored"]) for answer in answers] == [(True, "store"), (False, "store")]


def test_the_session_knows_what_it_was_told(visitor):
    visitor.tell("like", "t1")
    visitor.tell("dislike", "t2")
    visitor.tell("block_track", "t3")
    visitor.tell("block_artist", artist="Björk")
    known = visitor.post("session").json()["known"]
    assert (known["likes"], known["dislikes"]) == (["t1"], ["t2"])
    assert (known["blocked_tracks"], known["blocked_artists"]) == (["t3"], ["Björk"])


def test_an_explanation_rests_on_the_listeners_own_feedback(visitor):
    visitor.tell("like", "t1")
    answer = visitor.post("explain", {"track_id": "t2"}).json()
    assert [part["track"]["track_id"] for part in answer["contributions"]] == ["t1"]


def test_a_restart_forgets_nothing(champion, tmp_path):
    home, _ = champion
    with serve(tmp_path, {"CROSSFADE_HOME": str(home.root)}) as first, visiting(first.url) as visitor:
        visitor.tell("like", "t4")
        before, cookie = visitor.tracks(), visitor.cookie
    with serve(tmp_path, {"CROSSFADE_HOME": str(home.root)}) as second, visiting(second.url, cookie) as visitor:
        assert visitor.session["known"]["likes"] == ["t4"]
        assert visitor.tracks() == before != POPULAR


def test_a_key_tells_and_asks_for_any_listener(service, champion, client):
    key = with_key(make_key(champion[0], "listen"))
    body = {"event_id": "by-key-01", "kind": "like", "track_id": "t6", "user_id": "u3"}
    before = client.post("/v1/recommendations", json={"user_id": "u3", "k": 6}, headers=key).json()
    assert client.post("/v1/feedback", json=body, headers=key).json()["recorded"]
    after = client.post("/v1/recommendations", json={"user_id": "u3", "k": 6}, headers=key).json()
    assert "t6" in [entry["track"]["track_id"] for entry in before["recommendations"]]
    assert "t6" not in [entry["track"]["track_id"] for entry in after["recommendations"]]
    undo = {"event_id": "by-key-02", "kind": "undo", "undoes": "by-key-01", "user_id": "u3"}
    client.post("/v1/feedback", json=undo, headers=key)
    again = client.post("/v1/recommendations", json={"user_id": "u3", "k": 6}, headers=key).json()
    assert again["recommendations"] == before["recommendations"]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"event_id": "abcdefgh", "kind": "like"}, "'like' needs 'track_id'"),
        ({"event_id": "abcdefgh", "kind": "undo", "track_id": "t1"}, "'undo' needs 'undoes'"),
        ({"event_id": "abcdefgh", "kind": "block_artist"}, "'block_artist' needs 'artist'"),
        ({"event_id": "short", "kind": "like", "track_id": "t1"}, "'event_id': string should have at least 8"),
        ({"event_id": "a b c d e", "kind": "like", "track_id": "t1"}, "'event_id': string should match pattern"),
        ({"event_id": "abcdefgh", "kind": "love", "track_id": "t1"}, "'kind': input should be 'like', 'dislike'"),
    ],
)
def test_feedback_that_says_nothing_is_told_why(visitor, body, what):
    answer = visitor.post("feedback", body)
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.json()["error"]["what"].startswith(what)


def test_forgetting_deletes_all_of_it_and_gives_a_receipt(visitor):
    visitor.tell("like", "t1")
    visitor.tell("skip", "t2")
    receipt = visitor.post("forget", {"confirm": True}).json()
    assert receipt["removed"] == {"events": 2, "history": 0, "imports": 0, "tokens": 0}
    assert len(receipt["sha256"]) == 64
    assert "crossfade_session" not in visitor.http.cookies


def test_who_was_forgotten_is_new_even_with_the_old_cookie(service, visitor):
    visitor.tell("like", "t1")
    cookie = visitor.cookie
    visitor.post("forget", {"confirm": True})
    with visiting(service.url, cookie) as again:
        assert again.session["known"]["likes"] == []
        assert again.tracks() == POPULAR


def test_forgetting_asks_to_be_sure(visitor):
    for body in ({}, {"confirm": False}):
        assert visitor.post("forget", body).status_code == httpx.codes.BAD_REQUEST


def test_the_health_call_tells_of_model_and_store(client, champion):
    answer = client.post("/v1/health").json()
    assert (answer["model"], answer["store"], answer["spool"]) == ("served", "up", 0)
    assert answer["model_version"] == champion[1].bundle_id
