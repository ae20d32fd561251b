"""What must hold for all feedback, whatever was sent and in whatever order it arrived."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.data.feedback import KINDS, UNDO, reactions, standing
from tests.support.stores import event

IDS = [f"e{number}" for number in range(8)]


@st.composite
def histories(draw):
    """Some events with ids of their own, at most one a second, some of which undo others."""
    ids = draw(st.lists(st.sampled_from(IDS), unique=True))
    return [
        event(
            event_id,
            draw(st.sampled_from(KINDS)),
            draw(st.sampled_from(["t1", "t2", "t3"])),
            second=second,
            artist=draw(st.sampled_from(["x", "y"])),
            undoes=draw(st.sampled_from(IDS)),
        )
        for second, event_id in enumerate(ids)
    ]


@given(histories(), st.data())
def test_an_undone_event_is_as_if_it_had_never_been_sent(events, data):
    place = data.draw(st.integers(0, len(events)))
    rest = [each for each in events if each.undoes != "mine"]
    mine = event("mine", data.draw(st.sampled_from(KINDS[:-1])), second=place, artist="x")
    undo = event("undo", UNDO, None, second=len(events) + 1, undoes="mine")
    assert reactions([*rest, mine, undo]) == reactions(rest)


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(events, random):
    shuffled = random.sample(events, len(events))
    assert reactions(shuffled) == reactions(events)


@given(histories(), st.data())
def test_what_arrives_again_changes_nothing(events, data):
    again = data.draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    assert reactions([*events, *again]) == reactions(events)


@given(histories())
def test_what_stands_stands_by_itself(events):
    kept = standing(events)
    assert standing(kept) == kept
    assert all(each.kind != UNDO for each in kept)


@given(histories())
def test_no_track_is_both_liked_and_disliked(events):
    found = reactions(events)
    assert not set(found.likes) & set(found.dislikes)
