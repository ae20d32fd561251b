"""What killed processes leave behind is found, told, and mended where that is safe."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from flows.leftovers import leftovers
from flows.settings import Settings
from pipelines.errors import CrossfadeError
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.release.moves import set_champion
from pipelines.release.states import read_releases

NOW = datetime(2026, 7, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


def kinds(settings):
    return [left.what for left in leftovers(settings, NOW)]


def mend_all(settings):
    for left in leftovers(settings, NOW):
        if left.mend is not None:
            left.mend()


def bundle(home: Home, name: str) -> str:
    folder = home.bundles / name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    return name


def test_a_home_in_which_nobody_was_killed_has_none(settings):
    set_champion(settings.layout, bundle(settings.layout, "a"), "the first")
    assert kinds(settings) == []


def test_drafts_are_removed_and_what_is_whole_stays(settings):
    home = settings.layout
    whole = home.snapshots / "1a2b"
    for folder in (whole, home.snapshots / ".draft-x", home.bundles / ".draft-y"):
        folder.mkdir(parents=True)
        (folder / "manifest.json").touch()
    (home.root / ".champion.json-q1w2").touch()
    assert kinds(settings) == ["unfinished files"]
    mend_all(settings)
    assert kinds(settings) == []
    assert [path.name for path in home.snapshots.iterdir()] == ["1a2b"]


def test_drafts_of_a_run_that_is_at_work_are_left_alone(settings, monkeypatch):
    monkeypatch.setattr("flows.leftovers._WAIT_SECONDS", 0.0)
    draft = settings.layout.snapshots / ".draft-x"
    draft.mkdir(parents=True)
    with only_one(settings.layout.root, patience=0.0), pytest.raises(CrossfadeError, match="another process"):
        mend_all(settings)
    assert draft.exists()


def test_a_torn_state_is_written_again_from_the_log(settings):
    home = settings.layout
    set_champion(home, bundle(home, "a"), "the first")
    set_champion(home, bundle(home, "b"), "the second")
    home.champion.write_text('{"bundle_id": ', encoding="utf-8")
    (found,) = leftovers(settings, NOW)
    assert (found.bad, found.what) == (True, "release")
    mend_all(settings)
    assert read_releases(home).champion.bundle_id == "b"


def test_a_previous_champion_that_is_gone_is_told_and_not_invented(settings):
    home = settings.layout
    set_champion(home, bundle(home, "a"), "the first")
    set_champion(home, bundle(home, "b"), "the second")
    (home.bundles / "a" / "manifest.json").unlink()
    (home.bundles / "a").rmdir()
    (found,) = leftovers(settings, NOW)
    assert "previous" in found.words
    assert found.mend is None


def test_runs_that_cannot_be_going_on_any_more_are_found(settings):
    home = settings.layout
    home.prefect.mkdir()
    with closing(sqlite3.connect(home.prefect / "prefect.db")) as database:
        database.execute("CREATE TABLE flow_run (id TEXT, state_type TEXT, start_time TEXT)")
        rows = [
            ("old", "RUNNING", "2026-06-30 03:30:00.000000"),
            ("new", "RUNNING", "2026-07-01 02:30:00.000000"),
            ("done", "COMPLETED", "2026-06-01 02:30:00.000000"),
        ]
        database.executemany("INSERT INTO flow_run VALUES (?, ?, ?)", rows)
        database.commit()
    (found,) = leftovers(settings, NOW)
    assert found.what == "Prefect runs"
    assert found.words.startswith("1 has been running for over 12 hours")
