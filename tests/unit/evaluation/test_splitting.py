from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.config import EvaluationRules
from pipelines.errors import NotEnoughDataError
from pipelines.evaluation.splitting import divide, holdout, make_splits, unseen_users
from pipelines.testing.worlds import two_tastes_dataset

RULES = EvaluationRules(folds=4)


@pytest.fixture(scope="module")
def dataset():
    return two_tastes_dataset()


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
