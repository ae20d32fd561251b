from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.features.items import item_features, soft_bins, tf_idf, unit_rows
from pipelines.testing.worlds import catalogue_of


def test_tf_idf_is_log_count_times_log_of_rarity():
    counts = sp.csr_array(np.array([[3.0, 1.0], [1.0, 0.0]]))
    expected = [[np.log(4) * np.log(2 / 2), np.log(2) * np.log(2 / 1)], [np.log(2) * np.log(2 / 2), 0]]
    np.testing.assert_allclose(tf_idf(counts).toarray(), expected, atol=1e-7)


def test_rows_have_length_one_and_empty_rows_stay_empty():
    np.testing.assert_allclose(
        unit_rows(sp.csr_array(np.array([[3.0, 4.0], [0.0, 0.0]]))).toarray(), [[0.6, 0.8], [0, 0]], rtol=1e-6
    )


def test_a_value_weighs_on_the_two_nearest_bins():
    bins = soft_bins(np.array([1990.0, 1992.0, np.nan, 2100.0]), np.array([1990.0, 1995.0, 2000.0]))
    np.testing.assert_allclose(bins.toarray(), [[1, 0, 0], [0.6, 0.4, 0], [0, 0, 0], [0, 0, 1]], rtol=1e-6)


def test_tracks_of_one_artist_share_the_artist_and_others_do_not():
    block = item_features(catalogue_of(["a", "b", "c"], artists=[["X"], ["X"], ["Y"]]))["artists"]
    np.testing.assert_allclose((block @ block.T).toarray(), [[1, 1, 0], [1, 1, 0], [0, 0, 1]])


def test_tag_weights_count_how_often_a_tag_was_applied():
    tagged = item_features(
        catalogue_of(
            ["a", "b", "c"], tags=[["jazz", "slow"], ["jazz"], ["rock"]], tag_weights=[[9.0, 1.0], [1.0], [1.0]]
        )
    )["tags"]
    jazz, slow = np.log(10) * np.log(3 / 2), np.log(2) * np.log(3)
    similarity = (tagged @ tagged.T).toarray()
    assert similarity[0, 1] == pytest.approx(jazz / np.hypot(jazz, slow), rel=1e-5)
    assert similarity[0, 2] == 0


def test_what_nobody_knows_gives_no_block():
    assert item_features(catalogue_of(["a", "b"])) == {}


def test_a_missing_feature_is_missing_and_not_an_average():
    audio = item_features(catalogue_of(["a", "b"], energy=[0.5, None], valence=[0.1, None]))["audio"]
    assert audio[[1]].nnz == 0
    assert audio[[0]].nnz > 0


def test_release_dates_of_any_precision_place_a_track_in_its_era():
    era = item_features(catalogue_of(["a", "b", "c", "d"], release_date=["1991", "1991-05", "1991-05-17", None]))["era"]
    assert (era.toarray()[0] == era.toarray()[1]).all()
    assert (era.toarray()[0] == era.toarray()[2]).all()
    assert era[[3]].nnz == 0
