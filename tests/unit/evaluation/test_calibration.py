from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.evaluation.calibration import rating_errors, standardise


def test_scores_are_standardised_per_listener_and_equal_ones_are_zero():
    np.testing.assert_allclose(standardise(np.array([[1.0, 3.0], [5.0, 5.0]])), [[-1, 1], [0, 0]])


def test_equal_scores_are_zero_though_their_mean_is_rounded():
    # Seven times 0.1 in single precision is not 0.7: the mean is another number than every score.
    np.testing.assert_array_equal(standardise(np.full((1, 7), 0.1, dtype=np.float32)), np.zeros((1, 7)))


def test_scores_that_order_the_ratings_give_no_error():
    ratings = sp.csr_array(np.tile([[1.0, 3.0, 5.0]], (6, 1)))
    rmse, mae = rating_errors(np.tile([-1.0, 0.0, 1.0], 6), ratings, seed=0)
    assert rmse == pytest.approx(0, abs=1e-9)
    assert mae == pytest.approx(0, abs=1e-9)


def test_scores_that_say_nothing_leave_the_spread_of_the_ratings():
    ratings = sp.csr_array(np.tile([[1.0, 5.0]], (6, 1)))
    rmse, mae = rating_errors(np.zeros(12), ratings, seed=0)
    assert (rmse, mae) == (pytest.approx(2), pytest.approx(2))


def test_one_listener_cannot_be_calibrated():
    rmse, mae = rating_errors(np.array([1.0]), sp.csr_array(np.array([[3.0]])), seed=0)
    assert np.isnan(rmse)
    assert np.isnan(mae)
