"""What the world outside does to a lifecycle: a clear message, nothing lost, nothing wrong promoted."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from flows.bundling import fit_winner
from flows.health import examine
from flows.latest import latest_snapshot, read_training
from flows.promoting import promote
from flows.registry import Registry
from flows.scrubbing import Name, files_that_name
from flows.settings import load_settings
from flows.tracking import EXPERIMENT, TrainingRun
from flows.training import train
from pipelines.data import columns as c
from pipelines.errors import BundleError, CrossfadeError, RegistryError, SnapshotError
from pipelines.release.bundle import read_bundle
from pipelines.release.champion import bundle_path, champion_bundle, read_champion
from pipelines.release.events import read_events
from tests.support.refreshes import at, copied

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]


@pytest.fixture
def home(fed, refreshing, tmp_path):
    """A home with a champion, and newer data that nothing has learned from yet."""
    home = copied(fed, tmp_path)
    with at(home.root, refreshing):
        yield home


@pytest.fixture
def ready(trained, refreshing, tmp_path):
    """The same after the training that would refresh the champion."""
    home = copied(trained, tmp_path)
    with at(home.root, refreshing):
        yield home


def test_a_training_says_that_the_registry_is_down_and_nothing_is_lost(home, monkeypatch):
    champion, before = read_champion(home), read_training(home)
    broken = home.root / "broken.db"
    broken.write_bytes(b"no database" * 100)
    monkeypatch.setenv("CROSSFADE_MLFLOW_TRACKING_URI", f"sqlite:///{broken}")
    with pytest.raises(RegistryError, match="does not answer"):
        train()
    assert (read_champion(home), read_training(home)) == (champion, before)


def test_a_registry_that_goes_down_in_the_middle_is_said_though_the_run_cannot_be_ended(home, monkeypatch):
    champion = read_champion(home)

    def away(*_):
        raise MlflowException("connection refused")

    monkeypatch.setattr(TrainingRun, "log_leaderboard", away)
    monkeypatch.setattr(MlflowClient, "set_tag", away)
    with pytest.raises(RegistryError, match=r"does not answer.*connection refused"):
        train()
    assert read_champion(home) == champion


def test_a_locked_database_is_named_and_works_when_it_is_free_again(ready, monkeypatch):
    record = read_training(ready)
    monkeypatch.setenv("MLFLOW_SQLALCHEMYSTORE_POOLCLASS", "NullPool")
    with closing(sqlite3.connect(ready.mlflow_db)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RegistryError, match="locked"):
            Registry(load_settings().settings.tracking_uri).describe(record.model_version, "words", {})
        other.rollback()
    assert promote().decision.promote


def test_a_disk_that_is_full_when_the_bundle_is_written_leaves_the_champion_and_no_half_of_one(home, monkeypatch):
    champion, bundles = read_champion(home), sorted(home.bundles.iterdir())

    def full(*_arguments, **_others):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.release.bundle.np.save", full)
        with pytest.raises(CrossfadeError, match="the disk is full"):
            train()
    assert read_champion(home) == champion
    assert sorted(home.bundles.iterdir()) == bundles
    client = MlflowClient(load_settings().settings.tracking_uri)
    experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
    (last, *_) = client.search_runs([experiment], "tags.mlflow.note.content LIKE 'Failed%'")
    assert (last.info.status, "the disk is full" in last.data.tags["mlflow.note.content"]) == ("FAILED", True)


def test_two_trainings_and_two_promotions_at_once_promote_once(home, in_processes):
    before = [entry.event.move for entry in read_events(home.release_events)]
    ended, said = in_processes(["train"], ["train"])
    assert ended == [0, 0], said
    ended, said = in_processes(["promote"], ["promote"])
    # The later one finds it done, or the champion it was measured against gone; either way nothing moves twice.
    assert min(ended) == 0, said
    assert max(ended) <= 1, said
    assert [entry.event.move for entry in read_events(home.release_events)] == [*before, "promote"]
    assert read_champion(home).bundle_id == read_training(home).bundle_id
    assert champion_bundle(home).recommender.name == read_training(home).winner


def test_a_bundle_whose_manifest_is_cut_short_is_not_promoted(ready):
    champion = read_champion(ready)
    manifest = bundle_path(ready, read_training(ready).bundle_id) / "manifest.json"
    manifest.write_text(manifest.read_text()[:100])
    with pytest.raises(BundleError, match="there is no readable manifest"):
        promote()
    assert read_champion(ready) == champion


@pytest.mark.parametrize("what", ["gone", "manifest"])
def test_a_champion_that_was_deleted_or_damaged_by_hand_is_told_and_a_new_one_takes_its_place(ready, what):
    folder = bundle_path(ready, read_champion(ready).bundle_id)
    # Set aside, not removed: other readers of this process may have it in memory.
    (folder if what == "gone" else folder / "manifest.json").rename(ready.root / "aside")
    told = {finding.what: finding for finding in examine(load_settings().settings)}
    assert (told["champion"].state, folder.name in told["champion"].words) == ("bad", True)
    decision = promote().decision
    assert (decision.promote, decision.champion) == (True, None)
    assert read_champion(ready).bundle_id == read_training(ready).bundle_id


def test_a_snapshot_whose_manifest_is_damaged_trains_nothing_and_is_told(home):
    champion = read_champion(home)
    manifest = latest_snapshot(home).path / "manifest.json"
    manifest.write_text("{")
    with pytest.raises(SnapshotError):
        train()
    assert read_champion(home) == champion
    assert "data" in {finding.what for finding in examine(load_settings().settings) if finding.state == "bad"}


def test_who_is_forgotten_while_a_training_goes_on_is_not_in_what_it_makes(home, in_processes, monkeypatch):
    listener = latest_snapshot(home).interactions().data[c.USER_ID][0].as_py()
    forgotten: list[str] = []

    def meanwhile(plan, winner):
        if not forgotten:
            (ended,), said = in_processes(["forget", listener])
            assert ended == 0, said
            forgotten.append(listener)
        return fit_winner(plan, winner)

    monkeypatch.setattr("flows.training.fit_winner", meanwhile)
    record = train().record
    assert record.snapshot_id == latest_snapshot(home).snapshot_id
    assert read_bundle(bundle_path(home, record.bundle_id)).users.index(listener) == -1
    assert files_that_name(home, Name(listener)) == []
    assert read_training(home) == record
