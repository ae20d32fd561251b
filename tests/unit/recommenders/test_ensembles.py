"""Blend and ranker: the weights that lists teach, exact explanations, trees that walk as LightGBM's do."""

from __future__ import annotations

from dataclasses import replace

import lightgbm
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.recommenders.blend import Blend, BlendConfig
from pipelines.recommenders.ensemble import PartConfig, root_mean_square
from pipelines.recommenders.listwise import Lists, conditional_logit, mean_of_each, ndcg_of_lists
from pipelines.recommenders.ranker import Ranker, RankerConfig, _Lesson
from pipelines.recommenders.ranking_features import TrackFacts, ranking_features
from pipelines.recommenders.stacking import candidates, examples_of
from pipelines.recommenders.trees import Trees
from pipelines.testing.worlds import two_tastes

SLIM = PartConfig(recommender="slim", params={"neighbours": 5})
CONTENT = PartConfig(recommender="content")


def rows(*values):
    return sp.csr_array(np.array(values, dtype=np.float32))


def test_a_list_is_measured_by_its_root_mean_square_and_an_empty_one_by_one():
    # (9 + 16) / 2 = 12.5 for (3, 4); 4 for (2, -2).
    scores = np.array([[3.0, 4.0], [2.0, -2.0], [0.0, 0.0]])
    np.testing.assert_allclose(root_mean_square(scores).ravel(), [np.sqrt(12.5), 2.0, 1.0])


def test_candidates_are_the_best_of_every_part_that_are_known_and_not_given():
    first, second = np.array([[9.0, 5.0, 4.0, 0.0]]), np.array([[9.0, 1.0, 2.0, 0.0]])
    assert candidates([first], rows([1, 0, 0, 0]), 1).indices.tolist() == [1]
    assert candidates([first, second], rows([1, 0, 0, 0]), 1).indices.tolist() == [1, 2]
    # A score of 0 says that nothing is known, so the fourth track never is a candidate.
    assert candidates([first, second], rows([1, 0, 0, 0]), 4).indices.tolist() == [1, 2]


def test_weights_follow_the_odds():
    # One list of two tracks, told apart by one feature, three times: twice the one with the feature was wanted. The
    # likelihood is highest where p = e^w / (e^w + 1) = 2/3, so w = log 2.
    features = np.array([[1.0], [0.0]] * 3)
    relevant = np.array([True, False, True, False, False, True])
    weights = conditional_logit(Lists(features, relevant, np.array([0, 2, 4])), ridge=0.0)
    np.testing.assert_allclose(weights, [np.log(2.0)], atol=1e-4)


def test_no_weight_is_negative_and_lists_without_a_find_say_nothing():
    features = np.array([[1.0, 0.0], [0.0, 1.0], [5.0, 5.0], [0.0, 0.0]])
    relevant = np.array([False, True, False, False])
    weights = conditional_logit(Lists(features, relevant, np.array([0, 2])), ridge=0.1)
    assert weights[0] == 0.0
    assert weights[1] > 0.0
    silent = Lists(features, np.zeros(4, dtype=bool), np.array([0, 2]))
    assert conditional_logit(silent, ridge=0.1).tolist() == [1.0, 1.0]


def test_ndcg_of_lists_by_hand():
    # First list: found at ranks 1 and 3 of two wanted: (1 + 1/2) / (1 + 1/log2(3)). Second: nothing to find.
    found = ndcg_of_lists(np.array([3.0, 2.0, 1.0, 0.5]), np.array([True, False, True, False]), np.array([0, 3]))
    np.testing.assert_allclose(found, [1.5 / (1.0 + 1.0 / np.log2(3.0)), np.nan])
    cut = ndcg_of_lists(np.array([1.0, 2.0]), np.array([True, False]), np.array([0]), k=1)
    assert cut.tolist() == [0.0]


def test_examples_are_of_listeners_their_parts_have_not_seen():
    data = two_tastes()
    config = BlendConfig(parts=(SLIM,), folds=4)
    groups = examples_of(data, config)
    assert [found.given.shape[0] for found in groups] == [10] * 4
    assert [found.training.histories.shape[0] for found in groups] == [30] * 4
    for found in groups:
        # Every listener has four tracks: three are given, one is to be found, and SLIM knows it in this world.
        assert np.diff(found.given.indptr).tolist() == [3] * 10
        assert found.relevant.sum() == 10
        assert not found.entries.multiply(found.given).nnz


def test_a_history_that_is_divided_again_gives_another_list_of_the_same_listener():
    data = two_tastes()
    once, thrice = (examples_of(data, BlendConfig(parts=(SLIM,), folds=4, divisions=n)) for n in (1, 3))
    for found, more in zip(once, thrice, strict=True):
        assert more.given.shape[0] == 30
        assert more.listeners.tolist() == [*range(10)] * 3
        divided = more.given.toarray().reshape(3, 10, -1)
        assert (divided[0] == found.given.toarray()).all()  # the first division is the one there would be alone
        assert (np.count_nonzero(divided, axis=2) == 3).all()
        assert (divided[0] != divided[1]).any()
        assert more.relevant.sum() == 30


def test_a_list_of_which_nothing_is_known_is_no_list_and_the_others_keep_their_owners():
    group = examples_of(two_tastes(), BlendConfig(parts=(SLIM,), folds=4))[0]
    entries = group.entries.toarray()
    entries[0] = False
    kept = sp.csr_array(entries)
    less = replace(group, entries=kept, scores=[np.zeros(kept.nnz)], relevant=np.zeros(kept.nnz, dtype=bool))
    assert less.owners.tolist() == [*range(1, 10)]
    assert len(less.lists.starts) == 9


def test_an_owner_of_several_values_has_their_mean():
    values = np.array([1.0, np.nan, 3.0, 5.0, np.nan])
    np.testing.assert_array_equal(mean_of_each(values, np.array([4, 4, 0, 4, 7])), [3.0, 3.0, np.nan])


def test_a_track_to_be_found_that_no_part_puts_forward_is_not_in_the_list():
    # Content knows the tracks of the same artist only, two each, so it puts forward one at most for each track given.
    part = PartConfig(recommender="content", params={"genres": 0.0})
    for found in examples_of(two_tastes(), BlendConfig(parts=(part,))):
        assert (found.scores[0] > 0).all()
        assert found.relevant.sum() < found.given.shape[0]


def test_a_blend_of_one_part_orders_as_the_part_does():
    data = two_tastes()
    blend = Blend(BlendConfig(parts=(SLIM,))).fit(data)
    alone = SLIM.build().fit(data)
    assert (blend.recommend(data.histories, 5).indices == alone.recommend(data.histories, 5).indices).all()


def test_a_blend_weighs_each_parts_list_in_its_own_unit():
    data = two_tastes()
    blend = Blend(BlendConfig(parts=(SLIM, CONTENT))).fit(data)
    expected = np.zeros(data.histories.shape)
    for weight, part in zip(blend.weights, (SLIM, CONTENT), strict=True):
        scores = part.build().fit(data).score(data.histories)
        expected += weight * scores / np.sqrt((scores.astype(float) ** 2).mean(axis=1, keepdims=True))
    np.testing.assert_allclose(blend.score(data.histories), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("part", "reason"), [("popularity", "does not explain"), ("blend", "made of parts")])
def test_what_cannot_be_a_part_is_refused(part, reason):
    with pytest.raises(ValueError, match=reason):
        BlendConfig(parts=(PartConfig(recommender=part),))


def test_a_parts_hyper_parameters_are_checked():
    with pytest.raises(ValueError, match="extra_forbidden"):
        PartConfig(recommender="slim", params={"colour": "blue"})


@given(
    plays=st.lists(st.integers(0, 5), min_size=12, max_size=12).filter(any),
    track=st.integers(0, 11),
    factor=st.sampled_from([0.5, 3.0]),
)
@settings(max_examples=25, deadline=None)
def test_reasons_of_a_blend_add_up(fitted_blend, plays, track, factor):
    history = rows(plays)
    score = fitted_blend.score(history)[0, track]
    parts = fitted_blend.contributions(history, track)
    assert {part.track for part in parts} <= set(history.indices)
    assert sum(part.amount for part in parts) == pytest.approx(score, rel=1e-3, abs=1e-4)


@pytest.fixture(scope="module")
def fitted_blend():
    return Blend(BlendConfig(parts=(SLIM, CONTENT, PartConfig(recommender="als", params={"factors": 4})))).fit(
        two_tastes()
    )


@pytest.fixture(scope="module")
def boosted():
    """A booster on noise with a rule in it, and the features it was fitted on."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(600, 5))
    relevant = (features[:, 0] + features[:, 1] * features[:, 2] + rng.normal(size=600) > 1).astype(int)
    data = lightgbm.Dataset(features, relevant, group=[20] * 30)
    params = {"objective": "lambdarank", "num_leaves": 12, "min_data_in_leaf": 5, "use_missing": False, "verbosity": -1}
    return lightgbm.train(params | {"num_threads": 1}, data, num_boost_round=25), features


@pytest.mark.parametrize("n_trees", [0, 1, 10, 25])
def test_trees_walk_as_lightgbms_do(boosted, n_trees):
    booster, features = boosted
    expected = booster.predict(features, num_iteration=n_trees) if n_trees else np.zeros(len(features))
    found = Trees.of(booster.dump_model(), n_trees).predict(features)
    np.testing.assert_allclose(found, expected, atol=1e-6, rtol=0)


@given(scale=st.sampled_from([1e-3, 1.0, 50.0]), seed=st.integers(0, 1_000), n=st.integers(0, 40))
@settings(max_examples=25, deadline=None)
def test_trees_walk_as_lightgbms_do_where_nobody_has_been(boosted, scale, seed, n):
    booster, _ = boosted
    features = np.random.default_rng(seed).normal(scale=scale, size=(n, 5))
    expected = booster.predict(features) if n else np.zeros(0)
    np.testing.assert_allclose(Trees.of(booster.dump_model(), 25).predict(features), expected, atol=1e-6, rtol=0)


def test_stored_trees_are_the_same_trees(boosted):
    booster, features = boosted
    trees = Trees.of(booster.dump_model(), 25)
    assert (Trees.load(trees.arrays()).predict(features) == trees.predict(features)).all()


def test_features_by_hand():
    # Two tracks of artist A and one of B; listened to by 3, 1 and 0 people. The history holds the first track only.
    facts = TrackFacts(np.array([3.0, 1.0, 0.0]), {"artists": rows([1, 0], [1, 0], [0, 1])})
    entries, history = sp.csr_array(np.array([[False, True, True]])), rows([2, 0, 0])
    found = ranking_features(entries, history, [np.array([0.5, 2.0])], facts)
    mean = np.log1p(4 / 3)
    expected = [
        # score, log(1 + rank), popularity, the history's, their difference, log(1 + length), two kinds of likeness
        [0.5, np.log(2), np.log(2) - mean, np.log(4) - mean, np.log(2) - np.log(4), np.log(2), 1.0, 1.0],
        [2.0, 0.0, -mean, np.log(4) - mean, -np.log(4), np.log(2), 0.0, 0.0],
    ]
    np.testing.assert_allclose(found, expected)


def test_without_trees_the_ranker_orders_as_the_blend_does():
    data = two_tastes()
    # No leaf can hold so many entries, so no tree can split anything.
    ranker = Ranker(RankerConfig(parts=(SLIM, CONTENT), least=100_000)).fit(data)
    blend = Blend(BlendConfig(parts=(SLIM, CONTENT))).fit(data)
    assert len(ranker.arrays()["trees_feature"]) == 0
    assert (ranker.recommend(data.histories, 4).indices == blend.recommend(data.histories, 4).indices).all()


def test_a_stored_ranker_scores_the_same_and_an_empty_history_0():
    data = two_tastes()
    config = RankerConfig(parts=(SLIM,), least=2, trees=10)
    ranker = Ranker(config).fit(data)
    again = Ranker(config).load(ranker.arrays())
    assert (ranker.score(data.histories) == again.score(data.histories)).all()
    assert not ranker.score(rows([0] * data.n_tracks)).any()


@pytest.mark.parametrize(("told", "grown"), [(True, True), (False, False)])
def test_trees_are_grown_where_they_clearly_help(told, grown):
    """Lists of ten tracks, of which one was wanted: the first feature tells which, or nothing does."""
    rng = np.random.default_rng(0)

    def lesson():
        features = rng.normal(size=(400, 2))
        wanted = features[:, 0].reshape(40, 10).argmax(axis=1) if told else rng.integers(0, 10, 40)
        relevant = (np.arange(10) == wanted[:, None]).ravel()
        return _Lesson(features, relevant, np.arange(0, 400, 10), rng.normal(scale=0.01, size=400), np.arange(40))

    trees = Ranker(RankerConfig(parts=(SLIM,), least=5, trees=20))._grow([lesson(), lesson(), lesson()])
    assert bool(len(trees.feature)) is grown
