from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp

from pipelines.features.timeline import Additions, Timeline

US_IN_A_DAY = 86_400_000_000

# Listeners 1 and 3 and tracks 0 and 2 were kept. Listener 1 played track 0 on days 10 and 12.5, skipped it on day 13,
# and played track 2 on day 11; listener 3 played track 2 at an unknown time, track 1, which was left out, on day 9, and
# on day 8 track 0, which was disliked.
ROWS, COLUMNS = np.array([1, 3]), np.array([0, 2])
HISTORIES = sp.csr_array(np.array([[3.0, 1.0], [0.0, 1.0]], dtype=np.float32))
LISTENERS, TRACKS = np.array([1, 1, 1, 3, 3, 3, 1]), np.array([0, 0, 2, 2, 1, 0, 0])
AMOUNTS = np.array([1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.0])
DAYS = [10, 12.5, 11, None, 9, 8, 13]


def additions(days: list[float | None]) -> Additions:
    at = pa.chunked_array(
        [pa.array([None if day is None else int(day * US_IN_A_DAY) for day in days], pa.timestamp("us"))]
    )
    return Additions.of(at, LISTENERS, TRACKS, AMOUNTS)


@pytest.fixture
def timeline() -> Timeline:
    found = Timeline.of(HISTORIES, additions(DAYS), ROWS, COLUMNS)
    assert found is not None
    return found


def test_the_last_interaction_counts_and_a_skipped_play_is_none(timeline):
    np.testing.assert_array_equal(timeline.last().data, [12.5, 11, np.nan])


def test_a_window_holds_what_was_added_in_it(timeline):
    strengths, times = timeline.between(10, 12.5)
    assert strengths.toarray().tolist() == [[1, 1], [0, 0]]
    assert times.toarray().tolist() == [[10, 11], [0, 0]]
    later, _ = timeline.between(12.5, np.inf)
    assert later.toarray().tolist() == [[2, 0], [0, 0]]


def test_without_any_time_there_is_no_timeline():
    assert Timeline.of(HISTORIES, additions([None] * 7), ROWS, COLUMNS) is None


def test_times_of_preferences_that_were_left_out_are_left_out():
    only_others = [None, None, None, None, 9.0, 8.0, 13.0]
    assert Timeline.of(HISTORIES, additions(only_others), ROWS, COLUMNS) is None
