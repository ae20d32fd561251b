import pytest

from pipelines.data.feedback import KINDS, Reactions, reactions, standing
from tests.support.stores import event


def undo(event_id, undoes, second):
    return event(event_id, "undo", None, second=second, undoes=undoes)


def test_nothing_follows_from_nothing():
    assert reactions([]) == Reactions()


def test_of_a_like_and_a_dislike_the_later_one_counts():
    liked, disliked = event("a", "like", second=1), event("b", "dislike", second=2)
    assert reactions([liked, disliked]) == reactions([disliked, liked]) == Reactions(dislikes=("t1",))
    assert reactions([liked, disliked, undo("c", "b", 3)]) == Reactions(likes=("t1",))


def test_plays_and_skips_are_counted_and_short_plays_are_none():
    events = [event(str(ms), "play", ms_played=ms) for ms in (29_999, 30_000)] + [
        event("x", "play"),
        event("s", "skip"),
    ]
    assert reactions(events, min_play_ms=30_000) == Reactions(plays={"t1": 2}, skips={"t1": 1})


def test_blocks_are_kept_apart():
    found = reactions([event("a", "block_track"), event("b", "block_artist", None, artist="Björk")])
    assert found == Reactions(blocked_tracks=("t1",), blocked_artists=("Björk",))


def test_an_undo_can_be_undone_and_takes_back_only_what_came_before():
    like = event("a", second=1)
    assert standing([like, undo("b", "a", 2), undo("c", "b", 3)]) == [like]
    assert standing([undo("b", "a", 0), like]) == [like]
    assert standing([undo("b", "b", 0)]) == []


def test_every_track_somebody_reacted_to_is_told():
    events = [event(kind, kind, f"t-{kind}") for kind in KINDS[:5]]
    assert reactions(events).tracks == {f"t-{kind}" for kind in KINDS[:5]}


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_that_comes_twice_counts_once(kind):
    one = event("a", kind, "t1", artist="x", undoes="z")
    assert reactions([one, one]) == reactions([one])
