"""Every metric against arithmetic on two lists and four tracks."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.evaluation.beyond_accuracy import (
    catalogue_coverage,
    gini,
    intra_list_diversity,
    looks_of,
    miscalibration,
    novelty,
    popularity_lift,
    styles_of,
)
from pipelines.recommenders.ranking import PAD

NOBODY = np.full((2, 3), PAD)
# Shares of 4 listeners: track 0 all, track 1 half, track 2 a quarter, track 3 nobody.
LISTENERS = np.array([4, 2, 1, 0])


def sparse(rows) -> sp.csr_array:
    return sp.csr_array(np.array(rows, dtype=np.float32))


def test_coverage_counts_tracks_shown_to_anybody():
    assert catalogue_coverage(np.array([[1, 0, 3, 2], [0, 5, PAD, PAD]]), 6) == 5 / 6


def test_novelty_is_the_mean_surprise_in_bits():
    # Nobody counts as one listener.
    assert novelty(np.array([[0, 1], [2, 3]]), LISTENERS, 4) == pytest.approx((0 + 1 + 2 + 2) / 4)


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ([[0, 1], [2, 3]], 0),
        # All places to one of four tracks: (n - 1) / n.
        ([[0], [0]], 3 / 4),
        # Places 0, 0, 1, 3: (-3 x 0 - 1 x 0 + 1 x 1 + 3 x 3) / (4 x 4).
        ([[0, 1], [0, PAD], [0, PAD]], 10 / 16),
    ],
)
def test_the_gini_index_is_its_formula(lists, expected):
    assert gini(np.array(lists), 4) == pytest.approx(expected)


def test_popularity_lift_is_a_ratio_of_means_over_listeners():
    # Lists: (4 + 2) / 2 = 3 and 1. Histories: 2 and (4 + 0) / 2 = 2. The third has no list, the fourth no history.
    lists = np.array([[0, 1], [2, PAD], [PAD, PAD], [0, 1]])
    given = sparse([[0, 9, 0, 0], [1, 0, 0, 5], [1, 0, 0, 0], [0, 0, 0, 0]])
    assert popularity_lift(lists, given, LISTENERS) == pytest.approx((3 + 1) / (2 + 2))


def test_diversity_is_one_minus_the_mean_cosine_of_all_pairs():
    looks = sparse([[1, 0], [0, 1], [0.6, 0.8], [0, 0]])
    # Cosines 0, .6 and .8; then two of which one is unknown; then the same direction twice.
    found = intra_list_diversity(np.array([[0, 1, 2], [0, 3, PAD], [1, 1, PAD]]), looks)
    np.testing.assert_allclose(found, [1 - (0 + 0.6 + 0.8) / 3, np.nan, 0], atol=1e-6)


def test_miscalibration_is_the_smoothed_divergence_of_two_mixes():
    styles = sparse([[2, 0], [0, 3], [1, 1], [0, 0]])
    given = sparse([[9, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    lists = np.array([[0, 2], [1, PAD], [2, PAD], [0, 1]])
    # Listener 0: p = (1/2, 1/2), q = (3/4, 1/4). Listener 1: nothing in common. Listener 2: the same mix.
    # Listener 3: no style in the history.
    first = 0.5 * np.log2(0.5 / (0.99 * 0.75 + 0.005)) + 0.5 * np.log2(0.5 / (0.99 * 0.25 + 0.005))
    np.testing.assert_allclose(miscalibration(lists, given, styles), [first, np.log2(100), 0, np.nan], atol=1e-9)


def test_where_nothing_is_shown_or_known_nothing_is_claimed():
    given = sparse([[1, 0], [0, 1]])
    assert np.isnan(gini(NOBODY, 2))
    assert np.isnan(popularity_lift(NOBODY, given, np.array([1, 1])))
    assert np.isnan(intra_list_diversity(np.array([[0, 1]] * 2), looks_of({}, 2))).all()
    assert np.isnan(miscalibration(np.array([[0, 1]] * 2), given, styles_of({}, 2))).all()


def test_artists_tags_and_genres_make_the_looks_with_equal_parts():
    looks = looks_of(
        {"artists": sparse([[1], [1]]), "genres": sparse([[1, 0], [0, 1]]), "audio": sparse([[1], [0]])}, 2
    )
    # The same artist, another genre: cosine 1/2.
    assert (looks @ looks.T).toarray()[0, 1] == pytest.approx(1 / 2)


def test_genres_are_the_styles_and_tags_stand_in():
    genres, tags = sparse([[1]]), sparse([[2]])
    assert styles_of({"genres": genres, "tags": tags}, 1).toarray().tolist() == [[1]]
    assert styles_of({"tags": tags}, 1).toarray().tolist() == [[2]]


def test_of_many_styles_the_most_frequent_are_kept():
    # Style 0 is on one track, each of the hundred others on two.
    tags = sparse(np.vstack([np.ones(101), np.r_[0, np.ones(100)]]))
    assert styles_of({"tags": tags}, 2).toarray().tolist() == np.ones((2, 100)).tolist()
