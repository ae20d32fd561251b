"""Every recommender that can be found by name keeps the shared contract."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.errors import ConfigError, NotFittedError
from pipelines.recommenders import recommender_names, recommender_type
from pipelines.testing.recommenders import PROMISES, stored_arrays_bring_it_back
from pipelines.testing.worlds import two_tastes

pytestmark = pytest.mark.parametrize("name", recommender_names())


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_keeps_its_promise(name, promise):
    promise(recommender_type(name))


def test_stored_arrays_bring_it_back(name, tmp_path):
    stored_arrays_bring_it_back(recommender_type(name), tmp_path)


def test_is_documented_and_named(name):
    model = recommender_type(name)
    assert model.name == name
    assert model.title
    assert model.__doc__


def test_refuses_to_be_used_before_it_is_fitted(name):
    with pytest.raises(NotFittedError, match="Call fit first"):
        recommender_type(name)().arrays()


def test_refuses_an_unknown_hyper_parameter(name):
    with pytest.raises(ValueError, match="extra_forbidden"):
        recommender_type(name).config_type(colour="blue")


def test_refuses_a_seed_below_zero(name):
    config = recommender_type(name).config_type
    if "seed" in config.model_fields:
        with pytest.raises(ValueError, match="greater_than_equal"):
            config(seed=-1)


def test_finds_the_planted_taste(name):
    if name.startswith("popularity"):
        pytest.skip("popularity has no taste, by definition")
    data = two_tastes()
    half = data.n_tracks // 2
    lists = recommender_type(name)().fit(data).recommend(data.histories, 1).indices[:, 0]
    own_half = np.arange(len(lists)) % 2
    assert (lists // half == own_half).all()


def test_a_history_counts_whoever_owns_it(name):
    data = two_tastes()
    model = recommender_type(name)().fit(data)
    swapped = sp.csr_array(data.histories[::-1])
    assert (model.recommend(swapped, 3).indices[::-1] == model.recommend(data.histories, 3).indices).all()


def test_an_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(ConfigError, match=name):
        recommender_type(f"no-such-{name}")
