"""Letting a reading in: the snapshot is the same however the rows are divided, and only what changes is written."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import ClassVar

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.accumulate import Changes, Joining
from pipelines.data.cleaning import read
from pipelines.data.provenance import Provenance
from pipelines.data.snapshot_writing import draft_snapshot
from pipelines.sources.base import Reading, Source
from pipelines.sources.synthetic import Synthetic, SyntheticOptions
from validation.admission import Trusted, admit
from validation.examination import Examination
from validation.rules import GateRules

pytestmark = pytest.mark.integration

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@contextmanager
def parts_of(rows, monkeypatch):
    """Let a partition have so many rows."""
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.data.buckets.PARTITION_ROWS", rows)
        yield


def let_in(folder, source, before=None):
    """Take a source in; return the snapshot and what changed."""
    reading = source.reading
    work = folder / "work" / str(len(list(folder.glob("work/*"))))
    work.mkdir(parents=True)
    readings = before.readings if before else {}
    joining = Joining.of(source.name, reading, readings)
    trusted = Trusted.of(before)
    rules = GateRules().for_source(source.name, reading)
    examination = Examination(rules, NOW, lambda _: None, trusted.track_ids(joining))
    with draft_snapshot(folder / "snapshots") as draft:
        admission = admit(read(source, work), joining, trusted, examination, draft)
        judgement, _ = examination.conclude(draft.fingerprint)
        provenance = (*(before.provenance if before else ()), source.provenance())
        snapshot = draft.publish(judgement.verdict, provenance, {source.name: reading, **readings})
    return snapshot, admission.changes["interactions"]


class Diary(Source):
    """One person's plays of one song, at noon of some days."""

    name: ClassVar[str] = "diary"
    title: ClassVar[str] = "Diary"
    reading: ClassVar[Reading] = Reading.PERSON

    def __init__(self, *days):
        super().__init__()
        self._days = days

    def provenance(self):
        return Provenance(self.name, "a test", "none")

    def interactions(self):
        play = {c.USER_ID: "person:me", c.TRACK_ID: "diary:1", c.KIND: c.PLAY, c.VALUE: 60_000.0}
        yield pa.Table.from_pylist([play | {c.AT: f"2026-01-{day:02d}T12:00:00Z"} for day in self._days])

    def tracks(self):
        yield pa.table({c.TRACK_ID: ["diary:1"], c.TITLE: ["One"]})


@pytest.fixture(scope="module")
def world():
    return Synthetic(SyntheticOptions(size="tiny"))


@pytest.mark.parametrize("rows", [1_000, 100, 1])
def test_the_snapshot_does_not_depend_on_how_its_rows_are_divided(tmp_path, monkeypatch, world, rows):
    whole, _ = let_in(tmp_path / "whole", world)
    with parts_of(rows, monkeypatch):
        divided, _ = let_in(tmp_path / "divided", world)
    assert (len(whole.parts), len(divided.parts) > 1) == (1, True)
    assert divided.snapshot_id == whole.snapshot_id
    assert divided.interactions().data.equals(whole.interactions().data)
    assert divided.watermarks == whole.watermarks


def test_a_person_joins_one_partition_and_the_others_are_taken_over(tmp_path, monkeypatch, world):
    with parts_of(100, monkeypatch):
        before, _ = let_in(tmp_path, world)
        after, changes = let_in(tmp_path, Diary(1, 2, 3), before)
    assert changes == Changes(new=3)
    same = [part.file for part in before.parts if (before.path / part.file).samefile(after.path / part.file)]
    assert len(same) == len(before.parts) - 1
    assert after.rows["interactions"] == before.rows["interactions"] + 3


def test_the_order_of_readings_does_not_matter(tmp_path, world):
    one, _ = let_in(tmp_path / "a", world)
    one, _ = let_in(tmp_path / "a", Diary(1, 2), one)
    other, _ = let_in(tmp_path / "b", Diary(2))
    other, _ = let_in(tmp_path / "b", world, other)
    other, changes = let_in(tmp_path / "b", Diary(1, 2), other)
    assert changes == Changes(new=1, known=1)
    assert one.snapshot_id == other.snapshot_id


def test_watermarks_say_how_far_each_source_and_person_was_read(tmp_path):
    snapshot, _ = let_in(tmp_path, Diary(1, 9, 4))
    (mark,) = snapshot.watermarks
    assert (mark.source, mark.person, mark.rows) == ("diary", "person:me", 3)
    assert mark.latest == datetime(2026, 1, 9, 12, tzinfo=UTC)
