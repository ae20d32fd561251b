"""Quarantine: what is written about a row, and how it is kept."""

from __future__ import annotations

import errno
import json
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.row_parsing import REASON, REJECTED_SCHEMA, ROW, TABLE
from pipelines.errors import CrossfadeError
from tests.support.dirty_tables import NOW, interaction, tables, track
from validation.quarantine import find_quarantine, list_quarantine, write_quarantine
from validation.quarantine_lines import (
    ACTION,
    BLANKED,
    QUARANTINE_SCHEMA,
    RULE,
    SET_ASIDE,
    UNREADABLE,
    ReasonCount,
    blanked_values,
    broken_rows,
    count_reasons,
    unreadable_rows,
)
from validation.rules import SECTIONS, GateRules

RULES = {each.name: each for section in SECTIONS for each in GateRules().expectations(section)}
KIND, LENGTH = RULES["interactions.kind"], RULES["interactions.play_ms"]


def lines(*reasons):
    """Build quarantine lines about interactions, one for each reason."""
    return pa.table(
        {
            TABLE: ["interactions"] * len(reasons),
            ACTION: [SET_ASIDE] * len(reasons),
            RULE: ["interactions.kind"] * len(reasons),
            REASON: list(reasons),
            ROW: ["{}"] * len(reasons),
        },
        schema=QUARANTINE_SCHEMA,
    )


def test_a_row_is_set_aside_once_under_the_first_rule_it_breaks():
    rows = tables([interaction(value=float(place)) for place in range(4)]).interactions.data
    breaches = {KIND.name: np.array([2, 3]), LENGTH.name: np.array([0, 2])}
    found = broken_rows("interactions", rows, breaches, [KIND, LENGTH])
    assert [(line[RULE], json.loads(line[ROW])[c.VALUE]) for line in found.to_pylist()] == [
        (LENGTH.name, 0.0),
        (KIND.name, 2.0),
        (KIND.name, 3.0),
    ]
    assert found[REASON].to_pylist()[0] == f"expected {LENGTH.words}"


def test_the_row_is_kept_as_it_was_even_where_json_has_no_word_for_it():
    rows = tables([interaction(value=np.nan), interaction(value=np.inf, at=None)]).interactions.data
    year_10000 = pa.scalar(253_402_300_800 * 10**6, pa.timestamp("us", tz="UTC"))
    rows = rows.set_column(2, rows.schema.field(2), pa.chunked_array([[year_10000, None]]))
    found = broken_rows("interactions", rows, {LENGTH.name: np.array([0, 1])}, [LENGTH])
    kept = [json.loads(row, parse_constant=lambda _: pytest.fail("no strict JSON")) for row in found[ROW].to_pylist()]
    assert [row[c.VALUE] for row in kept] == ["nan", "inf"]
    assert [row[c.AT] for row in kept] == ["10000-01-01 00:00:00.000000Z", None]


def test_a_value_made_missing_is_shown_with_its_row():
    rows = tables(tracks=[track(tempo=900.0), track(track_id="other")]).tracks.data
    found = blanked_values("tracks", rows, np.array([0]), RULES["tracks.tempo"]).to_pylist()
    assert [(line[ACTION], line[RULE], json.loads(line[ROW])[c.TEMPO]) for line in found] == [
        (BLANKED, "tracks.tempo", 900.0)
    ]


def test_rows_that_cleaning_rejected_stand_beside_the_others():
    rejected = pa.table([["tracks"], ['{"a": 1}'], ["no title"]], schema=REJECTED_SCHEMA)
    assert unreadable_rows(rejected).to_pylist() == [
        {TABLE: "tracks", ACTION: UNREADABLE, RULE: None, REASON: "no title", ROW: '{"a": 1}'}
    ]


def test_reasons_are_counted_the_most_frequent_first():
    assert count_reasons(lines("b", "a", "c", "c")) == (
        ReasonCount("interactions", SET_ASIDE, "c", 2),
        ReasonCount("interactions", SET_ASIDE, "a", 1),
        ReasonCount("interactions", SET_ASIDE, "b", 1),
    )


def test_what_was_written_is_listed_newest_first_and_reads_back(tmp_path):
    old = write_quarantine(tmp_path, [lines("a", "a")], source="diary", subject="one", now=NOW)
    new = write_quarantine(tmp_path, [lines("b")], source="diary", subject="two", now=NOW + timedelta(days=1))
    assert list_quarantine(tmp_path) == (new, old)
    assert [entry.subject for entry in list_quarantine(tmp_path)] == ["two", "one"]
    assert old.rows().equals(lines("a", "a"))
    assert old.reasons == (ReasonCount("interactions", SET_ASIDE, "a", 2),)


def test_the_same_rows_are_kept_once(tmp_path):
    first = write_quarantine(tmp_path, [lines("a")], source="diary", subject="one", now=NOW)
    again = write_quarantine(tmp_path, [lines("a")], source="diary", subject="one", now=NOW + timedelta(days=1))
    assert again == first
    assert len(list_quarantine(tmp_path)) == 1


def test_nothing_to_set_aside_writes_nothing(tmp_path):
    folder = tmp_path / "quarantine"
    assert write_quarantine(folder, [lines()], source="diary", subject="one", now=NOW) is None
    assert not folder.exists()
    assert list_quarantine(folder) == ()


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("validation.quarantine.pq.ParquetWriter", full)
    with pytest.raises(CrossfadeError, match="disk is full"):
        write_quarantine(tmp_path, [lines("a")], source="diary", subject="one", now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_summary_is_named(tmp_path):
    entry = write_quarantine(tmp_path, [lines("a")], source="diary", subject="one", now=NOW)
    (entry.path / "summary.json").write_text("{", encoding="utf-8")
    with pytest.raises(CrossfadeError, match=entry.path.name):
        list_quarantine(tmp_path)


def three(folder):
    return write_quarantine(folder, [lines("a", "a", "b")], source="diary", subject="one", now=NOW)


@pytest.mark.parametrize(("file", "text"), [("rows.parquet", "PAR1"), ("left.json", "[9]")])
def test_damaged_rows_are_named(tmp_path, file, text):
    entry = write_quarantine(tmp_path, [lines("a", "b")], source="diary", subject="s", now=NOW)
    (entry.path / file).write_text(text, encoding="utf-8")
    with pytest.raises(CrossfadeError, match=rf"{entry.entry_id}: its rows cannot be read\. Remove the folder"):
        find_quarantine(tmp_path, entry.entry_id).numbers()
    with pytest.raises(CrossfadeError, match="its rows cannot be read"):
        find_quarantine(tmp_path, entry.entry_id).rows()


def test_rows_leave_one_by_one_and_the_others_keep_their_numbers(tmp_path):
    entry = three(tmp_path).let_go([1])
    assert entry.numbers().tolist() == [2, 3]
    assert entry.rows()[REASON].to_pylist() == ["a", "b"]
    assert [(reason.reason, reason.rows) for reason in entry.reasons] == [("a", 1), ("b", 1)]
    assert list_quarantine(tmp_path) == (entry,)
    assert entry.let_go([2, 3]).count == 0


def test_rows_that_are_set_aside_again_are_all_there_again(tmp_path):
    three(tmp_path).let_go([1, 2])
    assert three(tmp_path).count == 3


def test_the_same_rows_of_another_source_are_another_entry(tmp_path):
    three(tmp_path)
    write_quarantine(tmp_path, [lines("a", "a", "b")], source="letters", subject="one", now=NOW)
    assert sorted(entry.source for entry in list_quarantine(tmp_path)) == ["diary", "letters"]


def test_an_entry_is_found_by_the_beginning_of_its_id(tmp_path):
    entry = three(tmp_path)
    assert find_quarantine(tmp_path, entry.entry_id[:4]) == entry
    for wrong in ("", "zz"):
        with pytest.raises(CrossfadeError, match=f"no entry begins with '{wrong}'"):
            find_quarantine(tmp_path, wrong)


def test_the_beginning_of_two_ids_is_not_enough(tmp_path):
    for name in ("ab1", "ab2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text("{}")
    with pytest.raises(CrossfadeError, match="several entries begin with 'ab'"):
        find_quarantine(tmp_path, "ab")
