"""Laws of histories as tables: nothing is lost but what is no weight, and order does not matter within a listener."""

from __future__ import annotations

import math
from collections import defaultdict

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipelines.release.batch import Histories

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "ü"]),
        st.sampled_from(["t1", "t2", "t3"]),
        st.one_of(st.integers(-3, 5).map(float), st.sampled_from([math.nan, math.inf])),
    ),
    max_size=20,
)


def histories_of(rows):
    return Histories.of_frame(pd.DataFrame(rows, columns=["user_id", "track_id", "weight"]))


@given(ROWS)
def test_every_listener_has_the_sum_of_the_positive_weights_of_each_track(rows):
    expected: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for user, track, weight in rows:
        if math.isfinite(weight) and weight > 0:
            expected[user][track] += weight
    histories = histories_of(rows)
    found = dict(zip(histories.users, histories.tracks, strict=True))
    assert found == {user: dict(expected[user]) for user in dict.fromkeys(row[0] for row in rows)}
    assert histories.left_out == sum(not (math.isfinite(weight) and weight > 0) for _, _, weight in rows)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_decides_the_order_of_the_listeners_only(rows, random):
    shuffled = random.sample(rows, len(rows))
    one, other = histories_of(rows), histories_of(shuffled)
    assert dict(zip(one.users, one.tracks, strict=True)) == dict(zip(other.users, other.tracks, strict=True))
