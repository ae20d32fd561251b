"""SLIM-ridge against arithmetic, against the dense formula, and in both forms of its Gram matrix."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.gram import DenseGram, coarse, with_side_information
from pipelines.recommenders.hybrid import HybridConfig, HybridSlim
from pipelines.recommenders.ranking import PAD
from pipelines.recommenders.ridge import solve_neighbourhoods
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.recommenders.truncated_gram import TruncatedGram, squared_lengths
from pipelines.recommenders.weighting import Weighting, scale_listeners, weigh
from pipelines.testing.worlds import two_tastes

# Three tracks; 0 and 1 share three listeners, 1 and 2 share one, 0 and 2 none.
LISTENERS = sp.csr_array(
    np.array([[1, 1, 0], [1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 1, 1], [0, 1, 0], [0, 0, 1]], dtype=np.float32)
)
GRAM = np.array([[4.0, 3.0, 0.0], [3.0, 5.0, 1.0], [0.0, 1.0, 2.0]])


@pytest.fixture(params=["dense", "truncated"])
def gram(request):
    return DenseGram(LISTENERS) if request.param == "dense" else TruncatedGram(LISTENERS, kept=2)


def test_both_forms_hold_the_same_matrix(gram):
    assert gram.diagonal.tolist() == [4, 5, 2]
    np.testing.assert_allclose(gram.entries.among(np.array([[0, 1, 2]]))[0], GRAM, atol=1e-6)
    np.testing.assert_allclose(
        gram.entries.among(np.array([[2, PAD, 1]]))[0], [[2, 0, 1], [0, 0, 0], [1, 0, 5]], atol=1e-6
    )


def test_what_is_cut_off_is_missing_in_the_row_of_the_track_that_is_played_less():
    # Track 2 is played least and keeps its one neighbour; tracks 0 and 1 keep each other.
    everyone = np.array([[0, 1, 2]])
    np.testing.assert_allclose(TruncatedGram(LISTENERS, kept=1).entries.among(everyone)[0], GRAM, atol=1e-6)
    # Three tracks of one listener each are all alike; with one kept, at most one of the others is found.
    alike = TruncatedGram(sp.csr_array(np.ones((1, 3), dtype=np.float32)), kept=1)
    assert np.count_nonzero(np.triu(alike.entries.among(everyone)[0], 1)) < 3


def test_nearest_tracks_are_ordered_by_cosine_and_strangers_are_none(gram):
    neighbours, cosines = gram.nearest(2)
    assert neighbours.tolist() == [[1, PAD], [0, 2], [1, PAD]]
    np.testing.assert_allclose(cosines[1], [3 / np.sqrt(4 * 5), 1 / np.sqrt(2 * 5)], rtol=1e-6)


def test_weights_solve_each_tracks_normal_equations(gram):
    neighbours, cosines = gram.nearest(2)
    weights = solve_neighbourhoods(gram.entries, neighbours, cosines, reg=2.0).toarray()
    assert weights[1, 0] == pytest.approx(3 / (5 + 2))
    assert weights[1, 2] == pytest.approx(1 / (5 + 2))
    # Track 1 on tracks 0 and 2, which share nothing: (4 + 2) b0 = 3 and (2 + 2) b2 = 1.
    assert weights[0, 1] == pytest.approx(3 / 6)
    assert weights[2, 1] == pytest.approx(1 / 4)
    assert np.diag(weights).tolist() == [0, 0, 0]


def test_a_track_is_regressed_on_its_own_neighbours_also_where_theirs_are_others():
    # Each keeps one. Track 2 is nearest to track 1 of all, but track 1 keeps track 0: the entry stands with track 2.
    gram = TruncatedGram(LISTENERS, kept=1)
    weights = solve_neighbourhoods(gram.entries, *gram.nearest(1), reg=2.0, tracks=np.array([2])).toarray()
    assert weights[1, 2] == pytest.approx(1 / (5 + 2))
    assert np.count_nonzero(weights) == 1


def test_with_all_tracks_as_neighbours_it_is_the_full_ridge_regression():
    data = two_tastes()
    n = data.n_tracks
    model = Slim(SlimConfig(neighbours=n, reg=2.0, listener_power=0, track_power=0, popularity=0)).fit(data)
    X = np.log1p(data.histories.toarray())
    G = (X.T @ X).astype(float)
    reg = 2.0 * coarse(np.diag(G).mean())
    for track in range(n):
        others = [other for other in range(n) if G[track, other] > 0 and other != track]
        exact = np.linalg.solve(G[np.ix_(others, others)] + reg * np.eye(len(others)), G[others, track])
        np.testing.assert_allclose(model.weights.toarray()[others, track], exact, rtol=1e-4, atol=1e-6)


def test_scaling_tracks_solves_the_scaled_problem_and_scales_back():
    data = two_tastes()
    model = Slim(SlimConfig(neighbours=2, reg=1.0, listener_power=0, track_power=0.5, popularity=0)).fit(data)
    X = np.log1p(data.histories.toarray()).astype(float)
    lengths = np.sqrt((X**2).sum(axis=0))
    scaled = X / np.sqrt(lengths)
    G = scaled.T @ scaled
    reg = coarse(np.diag(G).mean())
    neighbours = np.argsort(-G[0] / np.sqrt(np.diag(G)) * (np.arange(len(G)) != 0), kind="stable")[:2]
    b = np.linalg.solve(G[np.ix_(neighbours, neighbours)] + reg * np.eye(2), G[neighbours, 0])
    expected = b / np.sqrt(lengths[neighbours]) * np.sqrt(lengths[0])
    np.testing.assert_allclose(model.weights.toarray()[neighbours, 0], expected, rtol=1e-4)


def test_popular_tracks_are_put_forward_by_a_power_of_their_listeners():
    data = two_tastes()
    plain, forward = (Slim(SlimConfig(popularity=power)).fit(data).weights.toarray() for power in (0.0, 0.5))
    listeners = 1 + (data.histories.toarray() > 0).sum(axis=0)
    np.testing.assert_allclose(forward, plain * np.sqrt(listeners / coarse(listeners.mean())), rtol=1e-5)


def test_side_information_is_counted_in_the_unit_it_is_given():
    features = sp.csr_array(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]))
    rows = with_side_information(LISTENERS, {"tags": features}, {"tags": 2.0}, unit=4.0)
    mixed = (rows.T @ rows).toarray()
    np.testing.assert_allclose(mixed[1, 2], 1 + 2 * 4, rtol=1e-6)
    np.testing.assert_allclose(mixed[0, 1], 3, rtol=1e-6)
    np.testing.assert_allclose(squared_lengths(rows), np.diag(mixed), rtol=1e-6)


def test_units_are_eighths_of_a_power_of_two():
    assert coarse(1.0) == coarse(1.04) == coarse(0.96) == 1
    assert coarse(1.05) == pytest.approx(2 ** (1 / 8))
    assert coarse(3.9) == 4
    assert coarse(0.0) == 1


@pytest.mark.parametrize("model", [Slim, HybridSlim])
def test_a_large_catalogue_gives_the_same_weights_where_nothing_is_cut_off(model, monkeypatch):
    data = two_tastes()
    exact = model().fit(data).weights.toarray()
    monkeypatch.setattr("pipelines.recommenders.gram.DENSE_TRACKS", 1)
    np.testing.assert_allclose(model().fit(data).weights.toarray(), exact, rtol=1e-4, atol=1e-6)


def test_hybrid_scores_a_track_nobody_plays_through_its_artist():
    plays = sp.csr_array(np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 1, 0]], dtype=np.float32))
    artists = sp.csr_array(np.array([[1, 0], [0, 1], [0, 1], [1, 0]], dtype=np.float32))
    model = HybridSlim(HybridConfig(neighbours=3)).fit(TrainingData(plays, {"artists": artists}))
    scores = model.score(sp.csr_array(np.array([[1, 0, 0, 0]], dtype=np.float32)))[0]
    assert scores[3] > 0
    cold_blind = Slim(SlimConfig(neighbours=3)).fit(TrainingData(plays))
    assert cold_blind.score(sp.csr_array(np.array([[1, 0, 0, 0]], dtype=np.float32)))[0, 3] == 0


def test_weightings_transform_plays():
    plays = sp.csr_array(np.array([[1.0, 3.0]]))
    assert weigh(plays, Weighting.BINARY).data.tolist() == [1, 1]
    np.testing.assert_allclose(weigh(plays, Weighting.LOG).data, np.log([2, 4]), rtol=1e-6)
    np.testing.assert_allclose(weigh(plays, Weighting.SQRT_LOG).data, np.sqrt(np.log([2, 4])), rtol=1e-6)


def test_listeners_are_divided_by_their_length_to_a_power():
    plays = sp.csr_array(np.array([[3.0, 4.0], [0.0, 0.0]]))
    np.testing.assert_allclose(scale_listeners(plays, 1.0).toarray(), [[3 / 5, 4 / 5], [0, 0]], rtol=1e-6)
    np.testing.assert_allclose(scale_listeners(plays, 0.5).toarray()[0], [3 / 5**0.5, 4 / 5**0.5], rtol=1e-6)
    assert scale_listeners(plays, 0.0) is plays


def strengths(model):
    return np.sqrt(np.asarray(model.weights.multiply(model.weights).sum(axis=0)).ravel())


@pytest.mark.parametrize("new", [1.0, 0.5])
def test_tracks_nobody_plays_are_as_strong_as_the_middle_one_of_the_played(new):
    data = two_tastes()
    without = data.histories.toarray()
    without[:, [2, 9]] = 0
    unplayed = TrainingData(sp.csr_array(without), data.items)
    as_they_are = HybridSlim(HybridConfig(new=0.0)).fit(unplayed)
    model = HybridSlim(HybridConfig(new=new)).fit(unplayed)
    played = np.setdiff1d(np.arange(data.n_tracks), [2, 9])
    middle = coarse(float(np.median(strengths(model)[played])))
    np.testing.assert_allclose(strengths(model)[[2, 9]], new * middle, rtol=1e-6)
    # Their weights keep their proportions, and those of played tracks are what they were.
    np.testing.assert_array_equal(strengths(model)[played], strengths(as_they_are)[played])
    ratio = model.weights[:, [2]].toarray() / np.maximum(as_they_are.weights[:, [2]].toarray(), 1e-12)
    assert len(set(np.round(ratio[ratio > 0], 4))) == 1
