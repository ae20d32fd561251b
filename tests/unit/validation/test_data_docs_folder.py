"""Which Data Docs stay."""

from __future__ import annotations

from datetime import timedelta

from tests.support.dirty_tables import NOW
from validation.data_docs import prune, write_summary
from validation.report import GateSummary


def checked(docs, name, *, passed, day):
    folder = docs / name
    folder.mkdir(parents=True)
    summary = GateSummary(passed=passed, checked=1, tables=(), findings=(), reasons=(), docs=None)
    write_summary(folder, summary, NOW + timedelta(days=day))


def left(docs):
    return sorted(path.name for path in docs.iterdir())


def test_the_newest_checks_stay(tmp_path):
    for day, name in enumerate(("a", "b", "c")):
        checked(tmp_path, name, passed=True, day=day)
    prune(tmp_path, keep=2)
    assert left(tmp_path) == ["b", "c"]


def test_the_last_that_passed_and_the_last_that_was_refused_stay_however_old(tmp_path):
    for day, (name, passed) in enumerate([("a", True), ("b", True), ("c", False), ("d", False), ("e", False)]):
        checked(tmp_path, name, passed=passed, day=day)
    prune(tmp_path, keep=1)
    assert left(tmp_path) == ["b", "e"]


def test_what_is_no_check_is_left_alone(tmp_path):
    (tmp_path / "index.html").write_text("", encoding="utf-8")
    (tmp_path / ".draft-x").mkdir()
    (tmp_path / "mine").mkdir()
    checked(tmp_path, "a", passed=True, day=0)
    checked(tmp_path, "b", passed=True, day=1)
    prune(tmp_path, keep=1)
    assert left(tmp_path) == [".draft-x", "b", "index.html", "mine"]


def test_without_a_folder_there_is_nothing_to_remove(tmp_path):
    prune(tmp_path / "none")
    assert left(tmp_path) == []
