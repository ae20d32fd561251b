from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp

from pipelines.config import PreferenceRules
from pipelines.data import columns as c
from pipelines.data.tables import InteractionTable
from pipelines.features.preferences import preferences, ratings
from pipelines.sparse import empty

RULES = PreferenceRules()
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def strengths_of(*rows):
    """Return {(user, track): strength} for rows of (user, track, kind, value)."""
    users, tracks, kinds, values = zip(*rows, strict=True)
    table = InteractionTable(
        pa.table(
            {
                c.USER_ID: list(users),
                c.TRACK_ID: list(tracks),
                c.KIND: list(kinds),
                c.VALUE: pa.array(values, pa.float64()),
                c.AT: [NOON if kind == c.PLAY else None for kind in kinds],
                c.SOURCE: ["test"] * len(users),
            }
        )
    )
    found = preferences(table, RULES)
    matrix = found.strengths.tocoo()
    places = zip(*matrix.coords, matrix.data, strict=True)
    return {(found.users.ids[row], found.tracks.ids[column]): value for row, column, value in places}


def test_plays_of_thirty_seconds_count_one_each_and_shorter_ones_nothing():
    rows = [("ann", "t1", c.PLAY, 200_000), ("ann", "t1", c.PLAY, 30_000), ("ann", "t2", c.PLAY, 29_999)]
    assert strengths_of(*rows) == {("ann", "t1"): 2}


def test_a_play_of_unknown_length_counts():
    assert strengths_of(("ann", "t1", c.PLAY, None)) == {("ann", "t1"): 1}


def test_totals_likes_saves_and_playlists_add_up():
    rows = [("ann", "t1", c.PLAY_COUNT, 7), ("ann", "t1", c.LIKE, None), ("ann", "t1", c.SAVE, None)]
    rows += [("ann", "t1", c.PLAYLIST_ADD, None), ("ann", "t1", c.SKIP, None)]
    assert strengths_of(*rows) == {("ann", "t1"): 7 + 5 + 3 + 2}


def test_a_rating_adds_what_lies_above_the_floor():
    assert strengths_of(("ann", "t1", c.RATING, 5), ("bob", "t1", c.RATING, 3)) == {
        ("ann", "t1"): 5 - 3 + 1,
        ("bob", "t1"): 3 - 3 + 1,
    }


@pytest.mark.parametrize("refusal", [(c.DISLIKE, None), (c.RATING, 2)])
def test_a_disliked_or_low_rated_track_leaves_the_history(refusal):
    rows = [("ann", "t1", c.PLAY_COUNT, 50), ("ann", "t1", *refusal), ("ann", "t2", c.PLAY_COUNT, 1)]
    assert strengths_of(*rows) == {("ann", "t2"): 1}


def test_no_interactions_are_no_preferences():
    found = preferences(InteractionTable.empty(), RULES)
    assert found.strengths.shape == (0, 0)


def test_play_counts_become_ratings_by_rank_within_the_listener():
    strengths = sp.csr_array(np.array([[10.0, 20.0, 30.0, 40.0]], dtype=np.float32))
    # Mid-ranks 0.5, 1.5, 2.5 and 3.5 of 4.
    expected = [1 + 4 * 0.5 / 4, 1 + 4 * 1.5 / 4, 1 + 4 * 2.5 / 4, 1 + 4 * 3.5 / 4]
    assert ratings(strengths, empty(1, 4)).data.tolist() == expected


def test_equal_play_counts_all_mean_the_middle():
    strengths = sp.csr_array(np.array([[7.0, 7.0, 7.0]], dtype=np.float32))
    assert ratings(strengths, empty(1, 3)).data.tolist() == [3, 3, 3]


def test_an_explicit_rating_goes_before_the_play_count():
    strengths = sp.csr_array(np.array([[7.0, 7.0]], dtype=np.float32))
    explicit = sp.csr_array(np.array([[0.0, 5.0]], dtype=np.float32))
    assert ratings(strengths, explicit).toarray().tolist() == [[3, 5]]
