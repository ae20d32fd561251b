from __future__ import annotations

import numpy as np

from pipelines.recommenders.ranking import PAD, top_k


def test_best_come_first_and_ties_go_to_the_lower_index():
    indices, values = top_k(np.array([[1.0, 3.0, 3.0, 2.0]]), 3)
    assert indices.tolist() == [[1, 2, 3]]
    assert values.tolist() == [[3.0, 3.0, 2.0]]


def test_a_tie_at_the_cut_keeps_the_lower_index():
    indices, _ = top_k(np.array([[5.0, 1.0, 1.0, 1.0]]), 2)
    assert indices.tolist() == [[0, 1]]


def test_masked_and_unknown_scores_are_never_returned():
    indices, values = top_k(np.array([[-np.inf, np.nan, -1.0]]), 3)
    assert indices.tolist() == [[2, PAD, PAD]]
    assert values.tolist() == [[-1.0, 0.0, 0.0]]


def test_asking_for_more_than_there_are_pads():
    indices, _ = top_k(np.array([[1.0, 2.0]]), 4)
    assert indices.tolist() == [[1, 0, PAD, PAD]]


def test_no_rows_give_no_lists():
    indices, values = top_k(np.empty((0, 5)), 3)
    assert indices.shape == values.shape == (0, 3)
