from __future__ import annotations

import json
import os
import shutil

import numpy as np
import pytest

from pipelines.data.hashing import hash_file
from pipelines.errors import BundleError
from pipelines.recommenders import recommender_names, recommender_type
from pipelines.recommenders.base import TrainingData
from pipelines.release import checksums
from pipelines.release.bundle import MANIFEST, read_bundle, write_bundle
from pipelines.testing.worlds import two_tastes_dataset

LINEAGE = {"snapshot_id": "two-tastes"}


@pytest.fixture
def dataset():
    return two_tastes_dataset()


def written(folder, dataset, name="slim"):
    model = recommender_type(name)().fit(TrainingData(dataset.histories, dataset.items))
    return write_bundle(folder, model, dataset, lineage=LINEAGE, figures={"ndcg@10": 0.5})


@pytest.fixture
def bundle(tmp_path, dataset):
    return written(tmp_path, dataset)


@pytest.mark.parametrize("name", recommender_names())
def test_a_bundle_gives_the_lists_of_the_model_it_was_made_from(tmp_path, dataset, name):
    model = recommender_type(name)().fit(TrainingData(dataset.histories, dataset.items))
    expected = model.recommend(dataset.histories, 2).indices
    bundle = write_bundle(tmp_path, model, dataset, lineage=LINEAGE, figures={})
    histories = [bundle.known_history(user) for user in dataset.users.ids]
    found = [[dataset.tracks.indices([item.track_id])[0] for item in row] for row in bundle.recommend(histories, 2)]
    assert found == expected.tolist()


def test_the_same_content_has_the_same_id_and_is_written_once(tmp_path, dataset):
    first, second = written(tmp_path, dataset), written(tmp_path, dataset)
    assert first.bundle_id == second.bundle_id
    assert [path.name for path in tmp_path.iterdir()] == [first.bundle_id]


def test_a_known_listener_has_the_history_of_training(bundle, dataset):
    row = dataset.histories[[0]].toarray()[0]
    expected = {f"t{track:02d}": row[track] for track in np.flatnonzero(row)}
    assert bundle.known_history("u00") == expected
    assert bundle.known_history("nobody") is None


def test_unknown_tracks_and_impossible_weights_are_left_out(bundle):
    history = {"t00": 2.0, "no-such-track": 5.0, "t01": float("nan"), "t02": -1.0, "t03": float("inf")}
    encoded = bundle.encode([history])
    assert encoded.toarray().nonzero()[1].tolist() == [0]


def test_reasons_name_tracks_of_the_history_and_their_shares(bundle):
    history = {"t00": 3.0, "t01": 1.0, "t02": 2.0}
    best = bundle.recommend([history], 1, reasons=3)[0][0]
    assert {reason.track_id for reason in best.reasons} <= set(history)
    assert sum(reason.share for reason in best.reasons) == pytest.approx(1)
    shares = [reason.share for reason in best.reasons]
    assert shares == sorted(shares, reverse=True)


def test_an_empty_history_gets_popular_tracks_without_reasons(bundle):
    items = bundle.recommend([{}], 3, reasons=2)[0]
    assert [item.track_id for item in items] == [f"t{i:02d}" for i in bundle.by_popularity[:3]]
    assert all(item.score == 0 and not item.reasons for item in items)


def test_excluded_tracks_do_not_come_back_as_popular_ones(bundle):
    everything_but_one = [f"t{i:02d}" for i in range(11)]
    items = bundle.recommend([{}], 5, exclude=[everything_but_one])[0]
    assert [item.track_id for item in items] == ["t11"]


@pytest.mark.parametrize("victim", ["data.npy", "tracks.parquet", "users.ids_bytes.npy"])
def test_a_changed_or_missing_file_is_refused_by_name(bundle, victim):
    path = bundle.path / victim
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BundleError, match=f"'{victim}' is missing or was changed"):
        read_bundle(bundle.path)
    path.unlink()
    with pytest.raises(BundleError, match=f"'{victim}' is missing or was changed"):
        read_bundle(bundle.path)


def names_of_hashed_files(monkeypatch):
    read = []

    def note(path):
        read.append(path.name)
        return hash_file(path)

    monkeypatch.setattr(checksums, "hash_file", note)
    return read


def test_a_file_that_was_checked_is_not_read_again_until_it_is_touched(bundle, monkeypatch):
    read = names_of_hashed_files(monkeypatch)
    read_bundle(bundle.path)
    assert read == []
    data = bundle.path / "data.npy"
    before = data.stat()
    changed = bytearray(data.read_bytes())
    changed[-1] ^= 1
    data.write_bytes(changed)
    os.utime(data, ns=(before.st_atime_ns, before.st_mtime_ns))  # nobody can set back when a file was last changed
    with pytest.raises(BundleError, match=r"'data\.npy' is missing or was changed"):
        read_bundle(bundle.path)


def test_a_bundle_that_was_copied_is_checked_once(bundle, tmp_path, monkeypatch):
    copy = shutil.copytree(bundle.path, tmp_path / "copy")
    read = names_of_hashed_files(monkeypatch)
    for _ in range(2):
        read_bundle(copy)
    assert sorted(read) == sorted(bundle.manifest["files"])


def test_what_a_call_does_not_need_is_not_read(bundle):
    opened = read_bundle(bundle.path)
    for name in ("tracks.parquet", "aliases.parquet"):
        (bundle.path / name).unlink()
    assert opened.recommend([{"t00": 1.0}], 2) == bundle.recommend([{"t00": 1.0}], 2)
    assert opened.known_history("u00") == bundle.known_history("u00")


def test_another_format_and_a_broken_manifest_are_refused(bundle):
    manifest = json.loads((bundle.path / MANIFEST).read_text())
    (bundle.path / MANIFEST).write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(BundleError, match="its format is 99"):
        read_bundle(bundle.path)
    for broken in ("{", "[]", "null"):
        (bundle.path / MANIFEST).write_text(broken)
        with pytest.raises(BundleError, match="no readable manifest"):
            read_bundle(bundle.path)


@pytest.mark.parametrize("key", ["files", "recommender", "config", "model_arrays"])
def test_a_manifest_without_one_of_its_parts_is_refused(bundle, key):
    manifest = json.loads((bundle.path / MANIFEST).read_text())
    (bundle.path / MANIFEST).write_text(json.dumps({name: part for name, part in manifest.items() if name != key}))
    with pytest.raises(BundleError, match=f"it cannot be read: '{key}'"):
        read_bundle(bundle.path)


@pytest.mark.parametrize("key", ["files", "config", "model_arrays"])
def test_a_manifest_with_a_number_for_a_part_is_refused(bundle, key):
    manifest = json.loads((bundle.path / MANIFEST).read_text())
    (bundle.path / MANIFEST).write_text(json.dumps(manifest | {key: 7}))
    with pytest.raises(BundleError, match="it cannot be read"):
        read_bundle(bundle.path)


def test_a_failure_while_writing_leaves_nothing(tmp_path, dataset, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.release.bundle.pq.write_table", full)
    with pytest.raises(Exception, match="the disk is full"):
        written(tmp_path, dataset)
    assert list(tmp_path.iterdir()) == []
