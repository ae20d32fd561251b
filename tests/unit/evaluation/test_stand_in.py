"""What the champion would do: learned from its own past, without whom it is tested on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.data.entities import Matches
from pipelines.data.entities.evidence import MATCH_SCHEMA
from pipelines.data.vocabulary import Vocabulary
from pipelines.evaluation.run import evaluate
from pipelines.evaluation.splitting import HOLDOUT, TIME, UNSEEN_USERS, Split, make_splits
from pipelines.evaluation.stand_in import Learned, as_learned, measure_stand_in, stand_in_report
from pipelines.features.timeline import Additions, Timeline
from pipelines.testing.worlds import two_tastes_dataset

KNN = CandidateConfig(name="item-knn", params={"neighbours": 3})
#: Today: three listeners, three tracks. "old" became "t2".
TODAY = np.array([[5, 1, 0], [0, 2, 3], [4, 0, 6]], dtype=np.float32)
#: What the champion had learned: of ann and cem, of zoe, who is gone, and of a track that is gone.
THEN = np.array([[3, 0, 7], [2, 8, 0], [9, 0, 1]], dtype=np.float32)
LEARNED = Learned(
    KNN, np.array(["ann", "cem", "zoe"], object), np.array(["t1", "gone", "old"], object), sp.csr_array(THEN)
)


def today(plays=TODAY, *, days=None):
    matrix = sp.csr_array(plays)
    aliases = Matches(pa.table([["old"], ["t2"], *[["-"]] * 3], schema=MATCH_SCHEMA))
    timeline = None
    if days is not None:
        rows, columns = np.nonzero(plays)
        additions = Additions(rows, columns, plays[rows, columns], days[rows, columns].astype(float))
        timeline = Timeline.of(matrix, additions, np.arange(3), np.arange(3))
    return replace(
        two_tastes_dataset(),
        users=Vocabulary.of(["ann", "ben", "cem"]),
        tracks=Vocabulary.of(["t1", "t2", "t3"]),
        histories=matrix,
        matches=aliases,
        timeline=timeline,
        items={},
    )


def fold(protocol, tested, train, trained):
    tested, trained = np.array(tested), np.array(trained)
    given = sp.csr_array(TODAY[tested])
    return Split(protocol, 0, sp.csr_array(np.array(train, np.float32)), tested, given, given, trained)


def test_what_was_learned_stands_in_todays_places_and_under_todays_names():
    assert LEARNED.among(today()).toarray().tolist() == [[3, 7, 0], [2, 0, 0], [9, 1, 0]]


def test_the_tested_are_left_out_and_those_who_are_gone_are_not():
    learned = as_learned(fold(UNSEEN_USERS, [0], TODAY[1:], [1, 2]), today(), LEARNED)
    assert learned.train.toarray().tolist() == [[2, 0, 0], [9, 1, 0]]
    assert learned.learners.tolist() == [2, -1]


def test_where_the_tested_are_trained_on_nothing_that_is_asked_was_learned():
    # Ann's t2 and Cem's t1 are to be found; Ben was not known then.
    train = [[5, 0, 0], [0, 2, 3], [0, 0, 6]]
    for protocol in (HOLDOUT, TIME):
        learned = as_learned(fold(protocol, [0, 1, 2], train, [0, 1, 2]), today(), LEARNED)
        assert learned.train.toarray().tolist() == [[3, 0, 0]]
        assert learned.learners.tolist() == [0]


def test_times_are_todays_and_unknown_for_those_who_are_gone():
    days = np.array([[10, 20, 0], [0, 30, 40], [50, 0, 60]])
    learned = as_learned(fold(UNSEEN_USERS, [1], TODAY[[0, 2]], [0, 2]), today(days=days), LEARNED)
    assert learned.train.toarray().tolist() == [[3, 7, 0], [2, 0, 0], [9, 1, 0]]
    np.testing.assert_array_equal(learned.train_times.data, [10, 20, 50, np.nan, np.nan])


@pytest.mark.parametrize("protocols", [("unseen-users",), ("unseen-users", "holdout")])
def test_a_champion_that_learned_from_the_same_data_does_what_its_recipe_does(protocols):
    dataset, rules = two_tastes_dataset(), EvaluationRules(folds=2, bootstrap=100, protocols=protocols)
    learned = Learned(KNN, dataset.users.ids, dataset.tracks.ids, dataset.histories)
    for split in make_splits(dataset, rules):
        found = measure_stand_in(learned, dataset, split, rules)
        assert found.users.equals(evaluate(KNN, dataset, split, rules).users)


def test_a_champion_of_another_world_has_nothing_to_say():
    dataset, rules = two_tastes_dataset(), EvaluationRules(folds=2, bootstrap=100, protocols=("unseen-users",))
    results = [measure_stand_in(LEARNED, dataset, split, rules) for split in make_splits(dataset, rules)]
    assert results == [None, None]
    assert stand_in_report(results, rules) is None
