from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from pipelines.evaluation import svg
from pipelines.evaluation.svg import Mark, spread, ticks

MARKS = [Mark("<Best> & first", 0.3, 0.25, 0.35, best=True), Mark("second", 0.1, 0.05, 0.15)]


@pytest.mark.parametrize(
    ("high", "expected"),
    [(1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (0.27, [0, 0.1, 0.2, 0.3]), (9, [0, 2, 4, 6, 8, 10]), (0, [0, 1])],
)
def test_ticks_are_round_and_reach_the_highest_value(high, expected):
    assert ticks(high) == pytest.approx(expected)


def test_labels_that_would_overlap_move_up_and_keep_their_order():
    assert spread([100, 98, 50, 99], 10) == [100, 80, 50, 90]


def test_a_value_lies_as_far_along_the_axis_as_it_is_large():
    drawn = ET.fromstring(svg.bars([Mark("a", 4, 0, 0), Mark("b", 1, 0, 0)], "seconds", str))  # noqa: S314 -- our own
    widths = [float(each.attrib["width"]) for each in drawn.iter("rect")]
    assert widths[0] == pytest.approx(4 * widths[1])


def test_a_line_goes_through_its_points():
    drawn = ET.fromstring(svg.lines([svg.Line("a", [(0, 0), (5, 1), (10, 1)])], "x", "y"))  # noqa: S314 -- our own
    (path,) = (each.attrib["points"] for each in drawn.iter("polyline"))
    (x0, y0), (x1, y1), (x2, y2) = (map(float, place.split(",")) for place in path.split())
    assert x2 - x1 == pytest.approx(x1 - x0)
    assert y0 > y1 == y2


@pytest.mark.parametrize(
    "chart",
    [
        svg.intervals(MARKS, "title"),
        svg.bars(MARKS, "title", str),
        svg.scatter([(mark, 0.5) for mark in MARKS], "x", "y"),
        svg.slopes([(mark, 0.2) for mark in MARKS], "left", "right"),
        svg.lines([svg.Line("<a>", [(1, 0.1), (8, 0.2)], best=True), svg.Line("b", [(1, 0.0)])], "x", "y"),
        # Nothing was found by anybody: all zero, and all in one place.
        svg.intervals([Mark("a", 0, 0, 0)] * 2, "title"),
        svg.scatter([(Mark("a", 0, 0, 0), 0.0)] * 2, "x", "y"),
        svg.slopes([(Mark("a", 0, 0, 0), 0.0)] * 2, "left", "right"),
    ],
)
def test_a_chart_is_well_formed_with_finite_numbers_and_escaped_labels(chart):
    assert ET.fromstring(chart).tag == "svg"  # noqa: S314 -- our own
    assert "nan" not in chart
    assert "inf" not in chart
    assert "<Best>" not in chart


def test_labels_of_points_that_are_close_do_not_stand_on_each_other():
    drawn = ET.fromstring(  # noqa: S314 -- our own
        svg.scatter([(Mark(name, 0.3, 0, 0), 0.5) for name in ("one", "two", "three")], "x", "y")
    )
    labels = [each for each in drawn.iter("text") if each.attrib["class"] == "label"]
    places = {(each.attrib["x"], each.attrib["y"]) for each in labels}
    assert len(places) == len(labels) == 3
