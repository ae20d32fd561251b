"""Data are judged in parts as they would be in one piece."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from flows.contract import contract_of, rules_of
from flows.settings import Settings
from flows.validating import judge_snapshot, judge_source
from pipelines.data.approval import Verdict
from pipelines.data.buckets import BUCKETS, buckets_of
from pipelines.data.catalogue import SourcedTracks
from pipelines.data.cleaning import clean
from pipelines.data.snapshot import Snapshot
from pipelines.data.snapshot_writing import draft_snapshot
from pipelines.data.spool import Spool
from pipelines.sources.synthetic import Synthetic, SyntheticOptions
from validation.gate import check

PARTS = (range(100), range(100, BUCKETS))


@pytest.fixture(scope="module")
def source():
    return Synthetic(SyntheticOptions(size="tiny"))


@pytest.fixture(scope="module")
def cleaned(source):
    return clean(source)


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home")


@pytest.fixture
def snapshot(settings, cleaned, source):
    """A snapshot with two files of interactions."""
    with draft_snapshot(settings.layout.snapshots) as draft:
        for buckets in PARTS:
            draft.write_part(buckets, of_buckets(cleaned.tables.interactions.data, buckets))
        draft.write_others(SourcedTracks(cleaned.tables.tracks.data), cleaned.tables.playlists)
        return draft.publish(Verdict(draft.fingerprint, "rules", 1), (source.provenance(),))


def of_buckets(rows, buckets):
    of_row = buckets_of(rows["user_id"])
    return rows.filter(pa.array((of_row >= buckets.start) & (of_row < buckets.stop)))


def told(judgement):
    """What was found, in whatever order and with whatever example."""
    return {(each.table, each.expectation, each.severity, each.rows) for each in judgement.verdict.findings}


def test_a_snapshot_is_judged_file_by_file_as_in_one_piece(snapshot, settings, cleaned, monkeypatch):
    whole = check(cleaned.tables, rules_of(snapshot, settings), docs=None, now=datetime.now(UTC)).judgement
    assert len(snapshot.parts) == len(PARTS)
    for read_whole in ("tables", "interactions"):
        monkeypatch.delattr(Snapshot, read_whole)
    found = judge_snapshot(snapshot, settings)
    assert told(found) == told(whole)
    assert found.verdict.subject == whole.verdict.subject
    assert found.profile.to_json() == whole.profile.to_json()
    assert {**found.figures, "age_days": 0} == {**whole.figures, "age_days": 0}


def test_a_source_is_judged_in_parts_as_in_one_piece_and_nothing_is_left_of_it(source, settings, cleaned, monkeypatch):
    monkeypatch.setattr("pipelines.data.buckets.PARTITION_ROWS", len(cleaned.tables.interactions) // 3)
    monkeypatch.setitem(Spool.__init__.__kwdefaults__, "memory_rows", len(cleaned.tables.interactions) // 5)
    rules, now = contract_of(source, settings).rules, datetime.now(UTC)
    whole = check(cleaned.tables, rules, docs=None, now=now, rejected=cleaned.rejected).judgement
    found = judge_source(source, settings)
    assert found.verdict.passed
    assert found.verdict.subject == whole.verdict.subject
    assert (found.read, found.kept, told(found)) == (whole.read, whole.kept, told(whole))
    assert [path.name for path in settings.layout.work.rglob("*")] == ["validating"]
