"""What more listeners would bring."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.evaluation.learning import SHARES, learning_curve
from pipelines.evaluation.run import evaluate
from pipelines.evaluation.splitting import make_splits
from pipelines.recommenders import popularity
from pipelines.testing.worlds import two_tastes_dataset

RULES = EvaluationRules(folds=2, cutoffs=(10,), bootstrap=100, protocols=("unseen-users",))


@pytest.fixture(scope="module")
def dataset():
    return two_tastes_dataset()


@pytest.fixture(scope="module")
def split(dataset):
    return make_splits(dataset, RULES)[0]


def test_the_parts_are_an_eighth_to_all_of_the_training_listeners(dataset, split):
    # Forty listeners in two folds: twenty train, and an eighth of them is 2.5.
    points = learning_curve("popularity", {}, dataset, split, RULES)
    assert [point.listeners for point in points] == [2, 5, 10, 20]
    assert len(points) == len(SHARES)


@pytest.mark.parametrize("name", ["popularity", "item-knn", "slim"])
def test_a_curve_ends_where_the_evaluation_of_the_fold_stands(name, dataset, split):
    measured = evaluate(CandidateConfig(name=name), dataset, split, RULES)
    last = learning_curve(name, {}, dataset, split, RULES)[-1]
    assert last.ndcg == pytest.approx(measured.users["ndcg@10"].mean())


def test_the_parts_are_nested(dataset, split, monkeypatch):
    seen = []

    class Watching(popularity.Popularity):
        def fit(self, data):
            seen.append({tuple(row) for row in data.histories.toarray().tolist()})
            return super().fit(data)

    monkeypatch.setattr(popularity, "Popularity", Watching)
    learning_curve("popularity", {}, dataset, split, RULES)
    assert all(smaller <= larger for smaller, larger in pairwise(seen))
