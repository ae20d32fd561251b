"""The page of growth says what the figures say, and the pictures are theirs."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from infra.docs.scale import PAGE, PICTURES, arguments_of, asked, rendered
from infra.docs.scale_tables import EXAMPLE, MACHINES, plan, short
from pipelines.testing.capacity.planning import Price
from pipelines.testing.capacity.stages import laws_of
from pipelines.testing.capacity.worlds import wide
from tests.benchmarks.capacity import measured

_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def made():
    return rendered()


def test_neither_page_nor_pictures_have_drifted_from_the_figures(made):
    drifted = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert drifted == [], "run: python -m infra.docs.scale"


@pytest.mark.parametrize("name", PICTURES)
def test_lines_are_dashed_where_nothing_was_measured(made, name):
    root = ET.fromstring(made[PICTURES[name]])  # noqa: S314 - our own
    lines = list(root.iter(f"{_SVG}polyline"))
    solid = [line for line in lines if "stroke-dasharray" not in line.attrib]
    assert solid
    assert len(solid) < len(lines)
    starts = {line.get("stroke"): line.get("points", "").split()[-1] for line in solid}
    for line in lines:
        if line not in solid and line.get("stroke") in starts:
            assert line.get("points", "").split()[0] == starts[line.get("stroke")]


def test_the_command_in_the_page_asks_for_what_is_printed_below_it():
    (words,) = re.findall(r"python -m infra\.docs\.scale (--plays .*)", PAGE.read_text(encoding="utf-8"))
    world, _, machine, price = asked(arguments_of(words.split()))
    assert (world, machine, price) == EXAMPLE


def test_the_laws_say_about_what_runs_took_that_they_were_not_fitted_on(made):
    table = made[PAGE].partition("<!-- check: start -->")[2].partition("<!-- check: end -->")[0]
    ratios = [float(said) / float(took) for said, took in re.findall(r"([\d.]+) \| ([\d.]+) \|$", table, re.MULTILINE)]
    assert len(ratios) == 2
    assert all(0.5 < ratio < 2 for ratio in ratios)


def test_a_plan_names_what_it_costs_at_the_prices_a_person_gives():
    free, dear = (plan(wide(1e7), laws_of(measured()), MACHINES[1], Price(price)) for price in (0.0, 3.0))
    costs = [
        [float(line.split("|")[7]) for line in told.splitlines() if re.match(r"\| fit", line)] for told in (free, dear)
    ]
    assert costs[0] == [0.0]
    assert costs[1][0] > 0


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (0.0004, "< 0.001"),
        (0.004, "0.004"),
        (0.123, "0.12"),
        (1.0, "1"),
        (9_949, "9,900"),
        (12_345, "12 k"),
        (1e6, "1 M"),
        (5e9, "5 G"),
    ],
)
def test_numbers_have_two_digits_that_count(value, words):
    assert short(value) == words
