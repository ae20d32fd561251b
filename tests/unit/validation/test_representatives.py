"""The few values that stand for a column."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from validation.kinds import Action, Between, Given, Holds, Matches, OneOf, Period, Unique
from validation.representatives import representatives, side_by_side

EARLY, LATE = datetime(2001, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "column", "expected"),
    [
        (Given(action="warn"), [1.0, None, 1.0, None], [None]),
        (Given(action="warn"), [1.0, 1.0], [1.0]),
        (Holds(action="warn"), [None, "stranger", "other"], ["stranger"]),
        (Holds(action="warn"), [None, None], [None]),
        (OneOf(action="warn", values=("a",)), ["a", "b", "a", None], ["a", "b", None]),
        (Unique(action="stop"), ["a", "b", "a", None, None, None], ["a", "a"]),
        (Unique(action="stop"), ["b", "a"], ["b"]),
        (Between(action="warn", minimum=0, maximum=1), [3.0, None, -1.0, 0.5], [-1.0, 3.0]),
        (Between(action="warn", minimum=0, maximum=1), [1.0, float("inf")], [1.0, float("inf")]),
        (Period(action="warn", earliest=EARLY, tolerance_days=1), [LATE, None, EARLY], [EARLY, LATE]),
    ],
)
def test_what_stands_for_a_column_is_what_may_break_the_rule(rule, column, expected):
    assert representatives(pa.chunked_array([column]), rule).to_pylist() == expected


@pytest.mark.parametrize("rule", [Unique(action="stop"), Between(action="warn", minimum=0, maximum=1)])
def test_a_column_without_values_is_stood_for_by_one_that_is_missing(rule):
    assert set(representatives(pa.chunked_array([pa.nulls(3, pa.float64())]), rule).to_pylist()) == {None}


def test_nothing_stands_for_texts_that_have_to_match():
    assert representatives(pa.chunked_array([["a"]]), Matches(action=Action.WARN, pattern="a", form="an a")) is None


def test_shorter_columns_repeat_their_last_value():
    found = side_by_side({"a": pa.chunked_array([[1, 2, 3]]), "b": pa.chunked_array([["x", None]])})
    assert found.to_pydict() == {"a": [1, 2, 3], "b": ["x", None, None]}
