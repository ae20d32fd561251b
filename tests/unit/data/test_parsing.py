"""What each type of column makes of what stands in it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from pipelines.data.parsing import parse_column

INF = float("inf")
NAN = float("nan")


def parsed(given, wanted, **options):
    """Return values, and the positions of what could not be read."""
    array = given if isinstance(given, pa.Array) else pa.array(given)
    result = parse_column(pa.chunked_array([array]), wanted, **options)
    assert result.values.type == wanted
    return result.values.to_pylist(), np.flatnonzero(result.unreadable).tolist()


@pytest.mark.parametrize(
    ("given", "values", "unreadable"),
    [
        (["1", " 2.5 ", "+3", "-4e2", ".5", "6."], [1.0, 2.5, 3.0, -400.0, 0.5, 6.0], []),
        (["inf", "-Infinity", "1e999"], [INF, -INF, INF], []),
        (["", "  ", None, "nan", "NA", "n/a", "null", "None"], [None] * 8, []),
        (["x", "1,5", "1_0", "0x1", "1 2", "--1", "e5"], [None] * 7, [0, 1, 2, 3, 4, 5, 6]),
        ([1.5, NAN, INF, None], [1.5, None, INF, None], []),
        ([3, None], [3.0, None], []),
        ([True, False], [1.0, 0.0], []),
        ([Decimal("1.5")], [1.5], []),
        ([b"1.5", b"\xff"], [1.5, None], [1]),
        ([{"a": 1}], [None], [0]),
        ([[1.0]], [None], [0]),
    ],
)
def test_numbers(given, values, unreadable):
    assert parsed(given, pa.float64()) == (values, unreadable)


@pytest.mark.parametrize(
    ("given", "values", "unreadable"),
    [
        (["7", "7.0", "1e1", "-128", "127"], [7, 7, 10, -128, 127], []),
        (["7.5", "128", "-129", "inf", "x"], [None] * 5, [0, 1, 2, 3, 4]),
        ([7.0, 7.5, NAN], [7, None, None], [1]),
        ([200, 5], [None, 5], [0]),
    ],
)
def test_whole_numbers_have_to_be_whole_and_to_fit(given, values, unreadable):
    assert parsed(given, pa.int8()) == (values, unreadable)


def test_whole_numbers_beyond_what_a_float_can_tell_apart_are_unreadable():
    assert parsed([2**53, 2**53 + 2], pa.int64()) == ([2**53, None], [1])


@pytest.mark.parametrize(
    ("given", "values", "unreadable"),
    [
        (["true", "T", "yes", "Y", "1"], [True] * 5, []),
        (["false", "F", "no", "N", "0"], [False] * 5, []),
        (["", None, "null", "2", "maybe"], [None] * 5, [3, 4]),
        ([1, 0, 2], [True, False, None], [2]),
        ([1.0, 0.0, NAN], [True, False, None], []),
        ([True, None], [True, None], []),
    ],
)
def test_booleans(given, values, unreadable):
    assert parsed(given, pa.bool_()) == (values, unreadable)


@pytest.mark.parametrize(
    ("given", "values", "unreadable"),
    [
        ([" a ", "", "\t", None, "NA"], ["a", None, None, None, "NA"], []),
        ([12, None], ["12", None], []),
        ([12.0, 12.5, NAN, 1e20], ["12", "12.5", None, "1e+20"], []),
        ([True], ["true"], []),
        ([dt.date(2004, 5, 17)], ["2004-05-17"], []),
        ([b"abc", b"\xff"], ["abc", None], [1]),
        ([["a"]], [None], [0]),
        (["e\u0301"], ["\u00e9"], []),
    ],
)
def test_texts(given, values, unreadable):
    assert parsed(given, pa.string()) == (values, unreadable)


def test_ids_keep_their_form():
    assert parsed(["e\u0301 ", " 007"], pa.string(), verbatim=True) == (["e\u0301", "007"], [])


@pytest.mark.parametrize(
    ("given", "values", "unreadable"),
    [
        (["a|b", " a | |b ", "a", "", "|", None], [["a", "b"], ["a", "b"], ["a"], None, None, None], []),
        ([["a", None, " "], [], None], [["a"], None, None], []),
        ([5], [["5"]], []),
        ([[1, 2]], [["1", "2"]], []),
    ],
)
def test_lists_of_texts(given, values, unreadable):
    assert parsed(given, pa.list_(pa.string())) == (values, unreadable)


@pytest.mark.parametrize(
    ("given", "values", "unreadable"),
    [
        (["1|2.5", "", None], [[1.0, 2.5], None, None], []),
        (["1||2", "1|x"], [None, None], [0, 1]),
        ([[1, 2], [None], []], [[1.0, 2.0], None, None], [1]),
    ],
)
def test_a_list_of_numbers_with_a_hole_is_unreadable(given, values, unreadable):
    assert parsed(given, pa.list_(pa.float32())) == (values, unreadable)


@pytest.mark.parametrize(
    "storage",
    [
        pa.array(["a", "b", "a"]).dictionary_encode(),
        pa.array(["a", "b", "a"], pa.large_string()),
        pa.array(["a", "b", "a"], pa.string_view()),
        pa.array([b"a", b"b", b"a"], pa.large_binary()),
    ],
)
def test_how_texts_are_stored_makes_no_difference(storage):
    assert parsed(storage, pa.string()) == (["a", "b", "a"], [])


@pytest.mark.parametrize("storage", [pa.large_list(pa.string()), pa.list_(pa.string(), 2), pa.list_(pa.large_string())])
def test_how_lists_are_stored_makes_no_difference(storage):
    assert parsed(pa.array([["a", "b"]], storage), pa.list_(pa.string())) == ([["a", "b"]], [])


@pytest.mark.parametrize(
    "wanted", [pa.string(), pa.float64(), pa.int8(), pa.bool_(), pa.list_(pa.string()), pa.timestamp("us", tz="UTC")]
)
@pytest.mark.parametrize("given", [pa.nulls(2), pa.array([], pa.string()), pa.array([None, None], pa.float64())])
def test_nothing_is_missing_and_not_unreadable(wanted, given):
    assert parsed(given, wanted) == ([None] * len(given), [])
