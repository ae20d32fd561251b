"""What came last is found again, and its absence says what to do."""

from __future__ import annotations

import pytest

from flows.latest import (
    TrainingRecord,
    latest_snapshot,
    left_aside,
    read_training,
    save_training,
    trusted_snapshot,
)
from pipelines.errors import ReleaseError, SnapshotError
from pipelines.home import Home


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def record(training_id):
    return TrainingRecord(
        training_id=training_id,
        created_at="2026-01-02T03:04:05+00:00",
        snapshot_id="s",
        config_hash="c",
        commit=None,
        winner="slim",
        bundle_id="b",
        model_version="1",
        flips=("a and b are ordered differently",),
    )


def test_the_last_training_is_the_one_saved_last(home):
    save_training(home, record("first"))
    save_training(home, record("second"))
    assert read_training(home) == record("second")


def test_an_earlier_training_is_found_by_its_id(home):
    save_training(home, record("first"))
    save_training(home, record("second"))
    assert read_training(home, "first") == record("first")


def test_a_new_home_says_that_nothing_was_trained(home):
    with pytest.raises(ReleaseError, match=r"nothing was trained yet\. Run 'crossfade train' first\."):
        read_training(home)


def test_an_unknown_training_is_an_error(home):
    save_training(home, record("first"))
    with pytest.raises(ReleaseError, match="no readable record"):
        read_training(home, "another")


def test_a_damaged_record_is_an_error(home):
    save_training(home, record("first"))
    (home.reports / "first" / "training.json").write_text("{", encoding="utf-8")
    with pytest.raises(ReleaseError, match="no readable record"):
        read_training(home)


def test_a_new_home_says_that_there_is_no_data(home):
    with pytest.raises(SnapshotError, match=r"there is no data yet\. Run 'crossfade ingest' first\."):
        latest_snapshot(home)


def test_a_pointer_to_a_snapshot_that_is_gone_is_an_error(home):
    home.snapshots.mkdir()
    home.latest_snapshot.write_text("gone\n", encoding="utf-8")
    with pytest.raises(SnapshotError, match="there is no readable snapshot"):
        latest_snapshot(home)


def test_a_snapshot_of_another_release_is_left_aside_and_the_home_says_which_and_what_to_do(home):
    (home.snapshots / "old").mkdir(parents=True)
    (home.snapshots / "old" / "manifest.json").write_text('{"format": 1}', encoding="utf-8")
    home.latest_snapshot.write_text("old\n", encoding="utf-8")
    assert trusted_snapshot(home) is None
    assert left_aside(home) == (
        "The snapshot old was written by another release (format 1; this one reads 2) and was left aside: none of its "
        f"rows were joined. Ingest its sources again; then {home.snapshots / 'old'} can be deleted."
    )
    with pytest.raises(SnapshotError, match=r"format 1; this one reads 2\)"):
        latest_snapshot(home)


def test_nothing_is_left_aside_where_nothing_was_ingested_or_the_snapshot_is_damaged(home):
    assert left_aside(home) is None
    (home.snapshots / "bad").mkdir(parents=True)
    (home.snapshots / "bad" / "manifest.json").write_text("{", encoding="utf-8")
    home.latest_snapshot.write_text("bad\n", encoding="utf-8")
    assert left_aside(home) is None
