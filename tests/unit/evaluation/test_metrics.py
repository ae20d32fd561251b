"""Every metric against arithmetic on one list of four and two listeners."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.evaluation.metrics import hits, ranking_metrics
from pipelines.recommenders.ranking import PAD

# Listener 0 must find tracks 1, 3 and 5 and is shown 1, 0, 3, 2: hits at ranks 1 and 3.
# Listener 1 has nothing held out. Listener 2 must find track 4 and is shown a list without it, two places long.
LISTS = np.array([[1, 0, 3, 2], [0, 1, 2, 3], [0, 5, PAD, PAD]])
HELD_OUT = sp.csr_array(np.array([[0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0]], dtype=float))


@pytest.fixture
def measured():
    return ranking_metrics(LISTS, HELD_OUT, (2, 4))


def test_hits_are_found_place_by_place():
    assert hits(LISTS, HELD_OUT).tolist() == [[True, False, True, False], [False] * 4, [False] * 4]


@pytest.mark.parametrize(
    ("name", "at_4", "at_2"),
    [
        ("precision", 2 / 4, 1 / 2),
        ("recall", 2 / 3, 1 / 3),
        ("f1", 2 * 2 / (4 + 3), 2 * 1 / (2 + 3)),
        (
            "ndcg",
            (1 / np.log2(2) + 1 / np.log2(4)) / (1 / np.log2(2) + 1 / np.log2(3) + 1 / np.log2(4)),
            (1 / np.log2(2)) / (1 / np.log2(2) + 1 / np.log2(3)),
        ),
        ("map", (1 / 1 + 2 / 3) / 3, (1 / 1) / 2),
        ("mrr", 1 / 1, 1 / 1),
        ("hit_rate", 1, 1),
    ],
)
def test_a_metric_is_its_formula(measured, name, at_4, at_2):
    assert measured[f"{name}@4"][0] == pytest.approx(at_4)
    assert measured[f"{name}@2"][0] == pytest.approx(at_2)


def test_a_listener_with_nothing_to_find_has_no_value(measured):
    assert measured.loc[1].isna().all()


def test_finding_nothing_is_zero(measured):
    assert (measured.loc[2] == 0).all()


def test_the_ideal_is_what_was_to_be_found_and_not_what_was_found():
    # One of two held-out tracks at the top: a hit-based ideal would call that perfect.
    measured = ranking_metrics(np.array([[0, 9]]), sp.csr_array(np.eye(1, 10) + np.eye(1, 10, 5)), (2,))
    assert measured["ndcg@2"][0] == pytest.approx(1 / (1 + 1 / np.log2(3)))
