"""A name that was given up leads to what took its place."""

from __future__ import annotations

from pipelines.data.succession import note_successor, present_name


def test_an_old_name_leads_on_as_far_as_it_goes(tmp_path):
    (tmp_path / "c").mkdir()
    note_successor(tmp_path, "a", "b")
    note_successor(tmp_path, "b", "c")
    assert [present_name(tmp_path, name) for name in "abcd"] == ["c", "c", "c", "d"]


def test_what_is_still_there_keeps_its_name(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    note_successor(tmp_path, "a", "b")
    assert present_name(tmp_path, "a") == "a"


def test_the_same_is_noted_once_and_a_circle_ends(tmp_path):
    note_successor(tmp_path, "a", "b")
    note_successor(tmp_path, "a", "b")
    assert len((tmp_path / "REPLACED").read_text().splitlines()) == 1
    note_successor(tmp_path, "b", "a")
    assert present_name(tmp_path, "a") in {"a", "b"}
