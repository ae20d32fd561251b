"""The page of figures is put together from what the programs print."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.page import HERE, PAGE, SECTIONS, as_markdown, between_marks


def test_only_the_section_that_was_measured_changes():
    text = "A\n<!-- a: start -->\nold\n<!-- a: end -->\nB\n<!-- b: start -->\nkept\n<!-- b: end -->\n"
    assert between_marks(text, "a", "new") == text.replace("old", "new")
    with pytest.raises(ValueError, match="no section c"):
        between_marks(text, "c", "new")


def test_rows_become_a_table_whose_figures_have_four_digits():
    printed = (
        'a machine\n[{"model": "slim", "tracks": 12000, "seconds": 1.23456}, {"model": "ease", "seconds": 4321.9}]\n'
    )
    assert as_markdown(printed).splitlines() == [
        "| model | tracks | seconds |",
        "| --- | ---: | ---: |",
        "| slim | 12,000 | 1.235 |",
        "| ease |  | 4,322 |",
    ]


def test_tables_stay_and_lines_become_a_list():
    assert as_markdown("| a |\n| --- |\n| 1 |\n") == "| a |\n| --- |\n| 1 |"
    assert as_markdown("one\ntwo\n") == "- one\n- two"


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_has_its_place_in_the_page_and_a_program_that_measures_it(name):
    assert between_marks(PAGE.read_text(encoding="utf-8"), name, "")
    assert (HERE / Path(SECTIONS[name][0])).is_file()
