"""Popularity, BM25 and the fading of old plays against arithmetic; BM25 and BPR beside the library they follow."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.bpr import BPR, BPRConfig
from pipelines.recommenders.item_knn import ItemKNNBM25, ItemKNNBM25Config, bm25
from pipelines.recommenders.popularity import Popularity, RecentPopularity, RecentPopularityConfig
from pipelines.recommenders.recency import ages_in_history, halvings
from pipelines.recommenders.recent import RecentConfig, RecentSlim
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.recommenders.weighting import Weighting
from pipelines.sparse import with_data
from pipelines.testing.worlds import two_tastes

# Two listeners; track 0 was played by both long ago, track 1 by one yesterday, track 2 by one at an unknown time.
PLAYS = sp.csr_array(np.array([[4.0, 8.0, 0.0], [2.0, 0.0, 6.0]], dtype=np.float32))
DAYS = with_data(PLAYS, np.array([40.0, 100.0, 40.0, np.nan]))
TIMED = TrainingData(PLAYS, times=DAYS)


def test_a_play_counts_half_after_a_half_life_and_where_nobody_knows_when_it_was():
    assert halvings(np.array([0.0, 10.0, 30.0, np.nan]), half_life=10.0).tolist() == [1.0, 0.5, 0.125, 0.5]


def test_ages_count_back_from_the_listeners_own_latest_day():
    np.testing.assert_array_equal(ages_in_history(DAYS), [60.0, 0.0, 0.0, np.nan])


def test_recent_popularity_counts_listeners_by_the_age_of_their_last_play():
    model = RecentPopularity(RecentPopularityConfig(half_life=30.0)).fit(TIMED)
    # 60 days are two half-lives: (1/4 + 1/4) / 2 listeners; one of today; one of unknown age.
    np.testing.assert_allclose(model.score(PLAYS)[0], [0.25, 0.5, 0.25])


def test_recent_popularity_is_popularity_where_no_time_is_known():
    untimed = TrainingData(PLAYS)
    expected = Popularity().fit(untimed).score(PLAYS)
    assert (RecentPopularity().fit(untimed).score(PLAYS) == expected).all()


def test_a_history_fades_and_keeps_its_tracks():
    model = RecentSlim(RecentConfig(half_life=30.0))
    np.testing.assert_allclose(model.aged(PLAYS, DAYS).toarray(), [[1.0, 8.0, 0.0], [2.0, 0.0, 3.0]])
    ancient = RecentSlim(RecentConfig(half_life=1e-3)).aged(PLAYS, DAYS)
    assert (ancient.data > 0).all()


def test_other_models_score_a_history_as_it_is():
    assert Slim().aged(PLAYS, DAYS) is PLAYS


def test_recent_slim_is_slim_on_faded_histories():
    data = two_tastes()
    days = with_data(data.histories, np.random.default_rng(0).uniform(0, 300, data.histories.nnz))
    model = RecentSlim(RecentConfig(half_life=50.0)).fit(TrainingData(data.histories, times=days))
    plain = Slim(SlimConfig()).fit(TrainingData(model.aged(data.histories, days)))
    assert (model.weights.toarray() == plain.weights.toarray()).all()
    assert (model.weights.toarray() != Slim(SlimConfig()).fit(data).weights.toarray()).any()


def test_recent_slim_is_slim_where_no_time_is_known():
    data = two_tastes()
    assert RecentSlim().aged(data.histories, None) is data.histories
    assert (RecentSlim().fit(data).weights.toarray() == Slim().fit(data).weights.toarray()).all()


def test_bm25_saturates_plays_and_counts_listeners_of_few_tracks_more():
    plays = sp.csr_array(np.array([[1.0, 0, 0, 0], [3.0, 2.0, 0, 0]], dtype=np.float32))
    # Columns are 4, 2, 0 and 0 plays long, 1.5 on average; the listeners have one and two of four tracks.
    found = bm25(plays, k1=1.2, b=0.75).toarray()
    long, short = 1.2 * (0.25 + 0.75 * 4 / 1.5), 1.2 * (0.25 + 0.75 * 2 / 1.5)
    assert found[0, 0] == pytest.approx(1 * 2.2 / (long + 1) * np.log(4 / 2))
    assert found[1, 0] == pytest.approx(3 * 2.2 / (long + 3) * np.log(4 / 3))
    assert found[1, 1] == pytest.approx(2 * 2.2 / (short + 2) * np.log(4 / 3))


# The library passes itself a matrix of another format than it expects.
@pytest.mark.filterwarnings("ignore:Method expects CSR input")
def test_bm25_gives_the_weights_of_the_implicit_library_where_all_tracks_are_neighbours():
    from implicit.nearest_neighbours import BM25Recommender

    data = two_tastes()
    theirs = BM25Recommender(K=data.n_tracks, K1=1.2, B=0.75, num_threads=1)
    theirs.fit(sp.csr_matrix(np.log1p(data.histories.toarray())), show_progress=False)
    config = ItemKNNBM25Config(neighbours=data.n_tracks, weighting=Weighting.LOG, k1=1.2, b=0.75)
    ours = ItemKNNBM25(config).fit(data).weights.toarray()
    expected = theirs.similarity.toarray()
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(ours, expected, rtol=1e-4)


def test_bpr_folds_a_listener_in_by_ridge_regression():
    model = BPR(BPRConfig(fold_in_reg=0.5))
    factors = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], dtype=np.float32)
    bias = np.array([0.1, 0.2, 0.3], dtype=np.float32)
    model.load({"factors": factors, "bias": bias})
    history = sp.csr_array(np.array([[7.0, 2.0, 0.0]], dtype=np.float32))
    # The tracks' squared lengths are 1, 4 and 2; the listener's own are (1, 0) and (0, 2), so the two regressions part.
    ridge = 0.5 * 7 / 3
    listener = np.array([1 / (1 + ridge), 2 / (4 + ridge)])
    np.testing.assert_allclose(model.score(history)[0], 1 / (1 + np.exp(-(factors @ listener + bias))), rtol=1e-6)


def test_bpr_gives_an_empty_history_the_order_of_the_biases():
    data = two_tastes()
    model = BPR().fit(data)
    scores = model.score(sp.csr_array((1, data.n_tracks), dtype=np.float32))[0]
    assert (np.argsort(scores) == np.argsort(model.arrays()["bias"])).all()
