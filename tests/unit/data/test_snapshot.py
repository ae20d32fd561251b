from __future__ import annotations

import dataclasses
import json

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.approval import Finding, Severity, Verdict, fingerprint
from pipelines.data.provenance import Provenance, Use
from pipelines.data.snapshot import MANIFEST, read_snapshot
from pipelines.data.snapshot_writing import write_snapshot
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables
from pipelines.errors import GateRefusedError, SnapshotError
from pipelines.testing.worlds import catalogue_of

OPEN = Provenance("test", "made up", "CC0-1.0")
SHOWN_ONLY = Provenance("closed", "made up", "terms of use", frozenset({Use.DISPLAY, Use.SEED}))


@pytest.fixture
def tables():
    interactions = pa.table(
        {c.USER_ID: ["u", "u"], c.TRACK_ID: ["a", "b"], c.KIND: [c.LIKE] * 2, c.SOURCE: ["test", "closed"]}
    )
    return Tables(InteractionTable(interactions), catalogue_of(["a", "b"]), PlaylistTable.empty())


def passed(tables):
    return Verdict(subject=fingerprint(tables), suite="rules", checked=1)


def test_a_snapshot_gives_back_what_was_written(tmp_path, tables):
    snapshot = write_snapshot(tmp_path, tables, passed(tables), (OPEN, SHOWN_ONLY))
    assert fingerprint(read_snapshot(snapshot.path).tables()) == fingerprint(tables)
    assert snapshot.manifest["rows"] == {"interactions": 2, "tracks": 2, "playlists": 0}


def test_the_same_rows_are_one_snapshot(tmp_path, tables):
    first, second = (write_snapshot(tmp_path, tables, passed(tables), (OPEN, SHOWN_ONLY)) for _ in range(2))
    assert first.path == second.path
    assert len(list(tmp_path.iterdir())) == 1


def test_a_refusal_writes_nothing(tmp_path, tables):
    finding = Finding("interactions", "at least 10 rows", Severity.STOP, 0, "2 rows")
    refusal = dataclasses.replace(passed(tables), findings=(finding,))
    with pytest.raises(GateRefusedError, match="expected at least 10 rows, found 2 rows"):
        write_snapshot(tmp_path, tables, refusal, (OPEN, SHOWN_ONLY))
    assert list(tmp_path.iterdir()) == []


def test_a_verdict_about_other_rows_does_not_count(tmp_path, tables):
    other = dataclasses.replace(tables, tracks=catalogue_of(["a"]))
    with pytest.raises(SnapshotError, match="the verdict is about other rows"):
        write_snapshot(tmp_path, tables, passed(other), (OPEN, SHOWN_ONLY))


def test_rows_of_an_unknown_source_are_refused(tmp_path, tables):
    with pytest.raises(SnapshotError, match="rows of 'closed' have no provenance"):
        write_snapshot(tmp_path, tables, passed(tables), (OPEN,))


def test_only_rows_that_may_train_are_trained_on(tmp_path, tables):
    snapshot = write_snapshot(tmp_path, tables, passed(tables), (OPEN, SHOWN_ONLY))
    assert snapshot.training_interactions().data[c.TRACK_ID].to_pylist() == ["a"]


def test_rows_changed_after_the_gate_are_refused(tmp_path, tables):
    snapshot = write_snapshot(tmp_path, tables, passed(tables), (OPEN, SHOWN_ONLY))
    path = snapshot.path / "interactions" / "000-255.parquet"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(SnapshotError, match="was changed after the gate approved it"):
        snapshot.training_interactions()


def test_a_missing_or_unapproved_snapshot_cannot_be_opened(tmp_path, tables):
    with pytest.raises(SnapshotError, match="Run 'crossfade ingest'"):
        read_snapshot(tmp_path / "nothing")
    snapshot = write_snapshot(tmp_path, tables, passed(tables), (OPEN, SHOWN_ONLY))
    manifest = json.loads((snapshot.path / MANIFEST).read_text())
    manifest["verdict"]["passed"] = False
    (snapshot.path / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(SnapshotError, match="never approved"):
        read_snapshot(snapshot.path)
