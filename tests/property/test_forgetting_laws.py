"""The law of forgetting: what is left is what a training without the listener gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.errors import ConfigError
from pipelines.recommenders import forgetting
from pipelines.recommenders.base import Forgets, TrainingData
from pipelines.recommenders.forgetting import forget
from pipelines.recommenders.hybrid import HybridConfig, HybridSlim
from pipelines.recommenders.popularity import Popularity
from pipelines.recommenders.recent import RecentConfig, RecentSlim
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.sparse import with_data
from pipelines.testing.long_tail import long_tailed

MODELS = (
    lambda: Slim(SlimConfig(neighbours=3)),
    lambda: Slim(SlimConfig(neighbours=2, track_power=0.5, popularity=0.5, weighting="binary")),
    lambda: HybridSlim(HybridConfig(neighbours=3)),
    lambda: RecentSlim(RecentConfig(neighbours=3, half_life=20.0)),
)


def world(seed: int) -> TrainingData:
    """Return sixty to ninety listeners of forty tracks by twenty artists, on various days; one track nobody plays."""
    rng = np.random.default_rng(seed)
    histories = long_tailed(39, int(rng.integers(60, 90)), 500, seed)
    histories = sp.csr_array((histories.data, histories.indices, histories.indptr), shape=(histories.shape[0], 40))
    artists = sp.csr_array(np.eye(20, dtype=np.float32)[rng.integers(20, size=40)])
    times = with_data(histories, rng.integers(100, size=histories.nnz).astype(np.float64))
    return TrainingData(histories, {"artists": artists}, times)


@pytest.mark.parametrize("cut_off", [None, 4])
@example(seed=25, which=0, listeners={54})  # where a track that was not theirs is pushed over the edge of a row
@example(seed=35, which=0, listeners={6})
@given(
    seed=st.integers(0, 10_000),
    which=st.integers(0, len(MODELS) - 1),
    listeners=st.sets(st.integers(0, 59), max_size=3),
)
def test_forgetting_is_training_without(cut_off, seed, which, listeners):
    with pytest.MonkeyPatch.context() as patch:
        if cut_off is not None:  # as in a large catalogue: few entries of the Gram matrix are held
            patch.setattr("pipelines.recommenders.gram.DENSE_TRACKS", 1)
            patch.setattr("pipelines.recommenders.gram._KEPT", cut_off)
            patch.setattr("pipelines.recommenders.gram._KEPT_PER_NEIGHBOUR", 1)
        data, rows = world(seed), np.array(sorted(listeners), dtype=int)
        model = MODELS[which]().fit(data)
        before = {name: array.copy() for name, array in model.arrays().items()}
        forgotten, retrained = forget(model, data, rows), MODELS[which]().fit(data.without(rows))
    for name, array in model.arrays().items():
        assert array.tolist() == before[name].tolist()
    for name, array in retrained.arrays().items():
        np.testing.assert_allclose(forgotten.arrays()[name], array, rtol=0, atol=1e-6)


def test_only_what_changed_is_solved_again(monkeypatch):
    # A hundred and twenty circles of ten listeners who share nothing with each other.
    circle = long_tailed(20, 10, 60, seed=1).toarray()
    data = TrainingData(sp.csr_array(sp.block_diag([circle] * 120, format="csr", dtype=np.float32)))
    solved = []
    original = forgetting.stale_tracks

    def watched(*arguments: object) -> np.ndarray:
        solved.append(original(*arguments))
        return solved[-1]

    monkeypatch.setattr("pipelines.recommenders.slim.stale_tracks", watched)
    model = Slim(SlimConfig(neighbours=5)).fit(data)
    model.forget(data, np.array([13]))
    assert set(np.flatnonzero(solved[0])) <= set(range(20, 40))
    assert set(data.histories[[13]].indices) <= set(np.flatnonzero(solved[0]))


def test_a_listener_who_moves_the_units_costs_a_training_and_is_forgotten_all_the_same():
    data = world(1)
    loud = replace(
        data, histories=sp.csr_array(sp.vstack([data.histories, data.histories[:1] * 1e6], format="csr")), times=None
    )
    model = Slim(SlimConfig(neighbours=3, listener_power=0)).fit(loud)
    left = model.forget(loud, np.array([data.histories.shape[0]]))
    quiet = Slim(SlimConfig(neighbours=3, listener_power=0)).fit(replace(data, times=None))
    np.testing.assert_allclose(left.weights.toarray(), quiet.weights.toarray(), atol=1e-6)


def test_a_recommender_that_cannot_forget_is_fitted_again():
    data = world(2)
    model = Popularity().fit(data)
    assert not isinstance(model, Forgets)
    left = forget(model, data, np.array([0, 1]))
    expected = Popularity().fit(data.without(np.array([0, 1])))
    for name, array in expected.arrays().items():
        assert left.arrays()[name].tolist() == array.tolist()


def test_data_of_another_catalogue_is_refused():
    data = world(3)
    model = Popularity().fit(data)
    with pytest.raises(ConfigError, match="40 tracks and the data 39"):
        forget(model, TrainingData(sp.csr_array(data.histories[:, :39])), np.array([0]))
