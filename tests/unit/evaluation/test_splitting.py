from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.config import EvaluationRules, GlobalTimeRules
from pipelines.errors import NotEnoughDataError
from pipelines.evaluation.splitting import by_time, holdout, last_window, make_splits, unseen_users
from pipelines.features.timeline import Timeline
from pipelines.recommenders.history_split import divide
from pipelines.sparse import row_of_each, with_data
from pipelines.testing.worlds import two_tastes_dataset

RULES = EvaluationRules(folds=4)


@pytest.fixture(scope="module")
def dataset():
    return two_tastes_dataset()


@pytest.mark.parametrize("seed", [-1, 0.5, "one"])
def test_a_seed_is_a_whole_number_from_zero(seed):
    with pytest.raises(ValueError, match="seed"):
        EvaluationRules(seed=seed)


@pytest.mark.parametrize("cutoffs", [(), (5, 20), (0, 10)])
def test_lists_are_cut_somewhere_and_where_candidates_are_compared(cutoffs):
    with pytest.raises(ValueError, match="cutoffs"):
        EvaluationRules(cutoffs=cutoffs)


def test_every_listener_is_unseen_in_exactly_one_fold(dataset):
    tested = np.concatenate([split.listeners for split in unseen_users(dataset.histories, RULES)])
    assert sorted(tested) == list(range(len(dataset.users)))


def test_unseen_listeners_are_not_trained_on(dataset):
    for split in unseen_users(dataset.histories, RULES):
        others = np.setdiff1d(np.arange(len(dataset.users)), split.listeners)
        assert (split.train.toarray() == dataset.histories.toarray()[others]).all()


def test_every_preference_is_held_out_in_exactly_one_fold(dataset):
    held_out = sum(split.held_out.toarray() for split in holdout(dataset.histories, RULES))
    assert (held_out == dataset.histories.toarray()).all()


def test_four_fifths_are_given_and_at_least_one_track_is_held_out():
    histories = sp.csr_array(np.array([[1] * 10, [1, 1] + [0] * 8, [1] + [0] * 9], dtype=float))
    given, held_out = divide(histories, 0.8, np.arange(3), seed=0)
    assert np.diff(given.indptr).tolist() == [8, 1, 1]
    assert np.diff(held_out.indptr).tolist() == [2, 1, 0]


def test_a_listeners_draw_does_not_depend_on_who_else_is_tested(dataset):
    both, _ = divide(sp.csr_array(dataset.histories[[3, 5]]), 0.5, np.array([3, 5]), seed=9)
    alone, _ = divide(sp.csr_array(dataset.histories[[5]]), 0.5, np.array([5]), seed=9)
    assert (both.toarray()[1] == alone.toarray()[0]).all()


def test_the_same_seed_gives_the_same_splits_and_another_gives_others(dataset):
    def drawn(seed):
        return [split.held_out.toarray() for split in make_splits(dataset, EvaluationRules(seed=seed))]

    assert all((one == other).all() for one, other in zip(drawn(1), drawn(1), strict=True))
    assert any(
        (one.shape != other.shape) or (one != other).any() for one, other in zip(drawn(1), drawn(2), strict=True)
    )


def test_more_folds_than_listeners_are_refused(dataset):
    with pytest.raises(NotEnoughDataError, match="40 listeners cannot be split into 41 folds"):
        make_splits(dataset, EvaluationRules(folds=41))


# Eight interactions, one a day; the cuts of two folds are at half and three quarters: days 3.5 and 5.25. Listener 0
# plays track 0 on days 0 and 4, track 1 on day 1, track 2 on day 6; listener 1 track 1 on day 2, track 2 on day 3,
# track 0 on day 5; listener 2 comes on day 7 with track 0.
TIMELINE = Timeline(
    histories=sp.csr_array(np.array([[2, 1, 1], [1, 1, 1], [1, 0, 0]], dtype=np.float32)),
    entries=np.array([0, 1, 4, 5, 0, 3, 2, 6]),
    amounts=np.ones(8),
    days=np.arange(8.0),
)


def test_windows_in_time_follow_each_other_and_ask_for_new_tracks_only():
    first, second = by_time(TIMELINE, EvaluationRules(folds=2))
    assert first.train.toarray().tolist() == [[1, 1, 0], [0, 1, 1]]
    assert first.train_times.toarray().tolist() == [[0, 1, 0], [0, 2, 3]]
    assert first.listeners.tolist() == [1]
    assert first.held_out.toarray().tolist() == [[1, 0, 0]]
    # A play in the first window adds to what is known in the second; who only comes then is not tested.
    assert second.train.toarray().tolist() == [[2, 1, 0], [1, 1, 1]]
    assert second.listeners.tolist() == [0]
    assert second.given.toarray().tolist() == [[2, 1, 0]]
    assert second.given_times.toarray().tolist() == [[4, 1, 0]]
    assert second.held_out.toarray().tolist() == [[0, 0, 1]]


def test_the_protocols_that_know_no_time_hand_on_the_days_of_what_they_show(dataset):
    days = with_data(dataset.histories, np.arange(dataset.histories.nnz, dtype=float))
    whole = days.toarray()
    for split in (*unseen_users(dataset.histories, RULES, days), *holdout(dataset.histories, RULES, days)):
        assert (split.given_times.data == whole[split.listeners[row_of_each(split.given)], split.given.indices]).all()
        assert split.train_times.shape == split.train.shape
        assert (split.train_times.indices == split.train.indices).all()


def test_the_time_protocol_is_left_out_where_the_data_has_no_times(dataset):
    rules = EvaluationRules(folds=4, protocols=("unseen-users", "time"))
    assert {split.protocol for split in make_splits(dataset, rules)} == {"unseen-users"}
    timed = dataclasses.replace(dataset, histories=TIMELINE.histories, timeline=TIMELINE)
    found = make_splits(timed, EvaluationRules(folds=2, protocols=("unseen-users", "time")))
    assert [split.protocol for split in found] == ["unseen-users"] * 2 + ["time"] * 2


def test_a_primary_protocol_with_nothing_to_test_is_refused(dataset):
    with pytest.raises(NotEnoughDataError, match="the primary protocol 'time' has nothing to test"):
        make_splits(dataset, EvaluationRules(protocols=("unseen-users", "time"), primary="time"))


# Everything before day 3 is learned, days 3.5 to 5.5 are asked for: listener 0 plays the known track 0 on day 4,
# listener 1 the new track 0 on day 5.
IN_THE_MIDDLE = GlobalTimeRules(
    train_days=None, gap_minutes=720, test_days=2, ends_at=datetime(1970, 1, 6, 12, tzinfo=UTC)
)


def test_the_last_window_asks_for_what_is_played_again_too():
    (split,) = last_window(TIMELINE, IN_THE_MIDDLE)
    assert (split.protocol, split.fold, split.repeats) == ("global-time", 0, True)
    assert split.train.toarray().tolist() == [[1, 1, 0], [0, 1, 0]]
    assert split.given_times.toarray().tolist() == [[0, 1, 0], [0, 2, 0]]
    assert split.listeners.tolist() == [0, 1]
    assert split.held_out.toarray().tolist() == [[1, 0, 0], [1, 0, 0]]


def test_only_so_many_days_before_the_gap_are_learned():
    (split,) = last_window(TIMELINE, IN_THE_MIDDLE.model_copy(update={"train_days": 2}))
    assert split.train.toarray().tolist() == [[0, 1, 0], [0, 1, 0]]


def test_the_window_ends_with_the_last_interaction_where_nobody_says_when():
    (split,) = last_window(TIMELINE, GlobalTimeRules(train_days=None, gap_minutes=1_440, test_days=2))
    assert split.train.toarray().tolist() == [[2, 1, 0], [0, 1, 1]]
    assert split.listeners.tolist() == [0], "listener 2 has no history before the gap"
    assert split.held_out.toarray().tolist() == [[0, 0, 1]]


def test_a_window_in_which_nobody_plays_is_left_out(dataset):
    rules = EvaluationRules(
        folds=2,
        protocols=("unseen-users", "global-time"),
        global_time=GlobalTimeRules(ends_at=datetime(2020, 1, 1, tzinfo=UTC)),
    )
    timed = dataclasses.replace(dataset, histories=TIMELINE.histories, timeline=TIMELINE)
    assert {split.protocol for split in make_splits(timed, rules)} == {"unseen-users"}
    assert {split.protocol for split in make_splits(dataset, rules)} == {"unseen-users"}, "there are no times"
    with pytest.raises(NotEnoughDataError, match="'global-time' listeners who play something in the last day"):
        make_splits(timed, rules.model_copy(update={"primary": "global-time"}))
