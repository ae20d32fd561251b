"""Times of every form come out in UTC."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from pipelines.data.parsing import parse_column
from pipelines.data.times import UTC_MICROSECONDS

MOMENT = "2026-01-02 03:04:05.000000Z"


def times(given):
    """Return what was read as text, None where nothing was."""
    return (
        parse_column(given if isinstance(given, pa.Array) else pa.array(given), UTC_MICROSECONDS)
        .values.cast(pa.string())
        .to_pylist()
    )


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05Z",
        "2026-01-02 03:04:05",
        " 2026-01-02t03:04:05z ",
        "2026-01-02T03:04:05.000Z",
        "2026-01-02T05:04:05+02:00",
        "2026-01-01T19:34:05-0730",
        "2026-01-02 03:04:05 UTC",
        "1767323045",
        "1767323045000",
        "1767323045000000",
        "1767323045000000000",
    ],
)
def test_one_moment_written_in_many_ways(text):
    assert times([text]) == [MOMENT]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-01-02", "2026-01-02 00:00:00.000000Z"),
        ("2026-01-02T03:04", "2026-01-02 03:04:00.000000Z"),
        ("2026-01-02T03:04:05.123456789", "2026-01-02 03:04:05.123456Z"),
        ("0001-01-01", "0001-01-01 00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999", "9999-12-31 23:59:59.999999Z"),
    ],
)
def test_parts_may_be_left_out_and_the_calendar_is_a_long_one(text, read):
    assert times([text]) == [read]


@pytest.mark.parametrize(
    "text",
    [
        "now",
        "today",
        "02/01/2026",
        "2026-02-30",
        "2026-13-01",
        "2026",
        "20260102",
        "12",
        "25:00",
        "0000-01-01",
        "999999999999999999999",
        "0001-01-01T00:00:00+05:00",
        "x",
    ],
)
def test_what_is_no_time_is_unreadable(text):
    result = parse_column(pa.array([text]), UTC_MICROSECONDS)
    assert (result.values.to_pylist(), result.unreadable.tolist()) == ([None], [True])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Paris"])
def test_timestamps_of_any_unit_and_zone(unit, zone):
    # Arrow keeps the moment in UTC; a zone says how to show it.
    naive = pa.array([1767323045, None]).cast(pa.timestamp("s")).cast(pa.timestamp(unit))
    stored = naive.cast(pa.timestamp(unit, zone))
    assert times(stored) == [MOMENT, None]


def test_dates_are_their_midnight():
    assert times([dt.date(2026, 1, 2)]) == ["2026-01-02 00:00:00.000000Z"]


@pytest.mark.parametrize("number", [1767323045, 1767323045.0, 1767323045000, 1767323045000000])
def test_numbers_count_from_1970(number):
    assert times([number]) == [MOMENT]


@pytest.mark.parametrize("stored", [pa.array([2**60], pa.timestamp("s")), pa.array([np.inf]), pa.array([1e300])])
def test_a_time_no_calendar_has_is_unreadable(stored):
    result = parse_column(stored, UTC_MICROSECONDS)
    assert (result.values.null_count, result.unreadable.tolist()) == (1, [True])
