import pytest

from pipelines.config import FeedbackRules, PreferenceRules
from pipelines.data.feedback import Reactions
from serving.fold_in import fold_in

RULES = FeedbackRules(like=5, play=1, skip=1, dislike=5, min_play_ms=0)


def folded(history, learned=None, **told):
    return fold_in(history, Reactions(**told), RULES, learned or Reactions())


def test_without_feedback_a_history_stays_as_it_is():
    assert folded({"a": 2.0}) == ({"a": 2.0}, {}, frozenset(), ())


def test_likes_and_plays_add_and_skips_take():
    found = folded({"a": 2.0, "b": 2.0, "c": 2.0}, likes=("a",), plays={"b": 3}, skips={"c": 1})
    assert found.history == {"a": 7.0, "b": 5.0, "c": 1.0}
    assert found.exclude == {"a", "b", "c"}


def test_what_is_skipped_more_than_played_speaks_against_and_never_more_than_a_dislike():
    assert folded({"a": 2.0}, skips={"a": 2}) == ({}, {}, {"a"}, ())
    assert folded({"a": 2.0}, skips={"a": 3}).against == {"a": 1.0}
    assert folded({}, skips={"a": 100}).against == {"a": 5.0}


def test_a_dislike_takes_the_track_out_whatever_was_played():
    assert folded({"a": 100.0, "b": 1.0}, dislikes=("a",), plays={"a": 9}) == ({"b": 1.0}, {"a": 5.0}, {"a"}, ())


def test_a_block_filters_and_weighs_nothing():
    assert folded({"a": 1.0}, blocked_tracks=("a",), blocked_artists=("x",)) == ({"a": 1.0}, {}, {"a"}, ("x",))


def test_what_the_model_has_learned_is_not_counted_twice():
    # trained on 3 plays and a like: 8
    like = Reactions(likes=("a",))
    assert folded({"a": 8.0}, like, likes=("a",)).history == {"a": 8.0}
    assert folded({"a": 8.0}, like).history == {"a": 3.0}  # undone since
    assert folded({"a": 8.0}, like, likes=("a",), skips={"a": 1}).history == {"a": 7.0}


def test_a_list_does_not_jump_when_the_model_learns_what_it_was_told():
    assert (FeedbackRules().like, FeedbackRules().min_play_ms) == (
        PreferenceRules().like,
        PreferenceRules().min_play_ms,
    )


@pytest.mark.parametrize("told", [{"likes": ("a",)}, {"dislikes": ("a",)}, {"skips": {"a": 1}}])
def test_the_history_that_is_given_is_not_changed(told):
    history = {"a": 2.0}
    folded(history, **told)
    assert history == {"a": 2.0}
