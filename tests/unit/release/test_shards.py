"""Lists for everybody: shards that are whole or not there, a manifest that is true, and people who have none."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.data.hashing import hash_file
from pipelines.errors import CrossfadeError, SourceError
from pipelines.release import shards
from pipelines.release.batch import read_histories
from pipelines.release.batch_listeners import BatchListeners
from pipelines.release.shards import BatchRun, drop_other_runs, finish, forget_lists, latest_run, write_shard
from tests.support.tiny_world import PLAYS, write_tiny_bundle

NOBODY = np.vectorize(lambda _: False, otypes=[bool])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return write_tiny_bundle(tmp_path_factory.mktemp("bundles"))


@pytest.fixture
def order(bundle, tmp_path):
    """Return a function that plans a run for everybody the bundle knows."""

    def plan(k=3, n_shards=2, everybody=None):
        everybody = everybody or BatchListeners.of_bundle(bundle)
        return BatchRun.of(tmp_path / "lists", bundle, everybody, k, n_shards), everybody

    return plan


def withheld(*people):
    return lambda ids: np.isin(np.array(ids.to_pylist(), dtype=object), people)


def make(run, bundle, everybody, is_withheld=NOBODY):
    for shard in run.begin(everybody):
        write_shard(run, shard, bundle, everybody, is_withheld)
    return finish(run, {"snapshot_id": "tiny"})


def rows(run):
    return pa.concat_tables(pq.read_table(path) for path in sorted(run.folder.glob("*.parquet"))).to_pylist()


def test_each_listener_has_one_row_with_the_list_of_the_bundle(bundle, order):
    run, everybody = order(k=4)
    make(run, bundle, everybody)
    expected = [
        {"user_id": user, "track_id": [each.track_id for each in ranked], "score": [each.score for each in ranked]}
        for user in PLAYS
        for ranked in bundle.recommend([bundle.known_history(user)], 4)
    ]
    assert rows(run) == expected


def test_any_reader_sees_plain_lists_of_texts_and_numbers(bundle, order):
    run, everybody = order(n_shards=1)
    make(run, bundle, everybody)
    schema = pq.read_schema(run.folder / "part-00000.parquet")
    assert schema.types == [pa.string(), pa.list_(pa.field("element", pa.string(), nullable=False)), *schema.types[2:]]
    assert schema.field("score").type.value_type == pa.float32()
    assert schema.metadata is None, "nothing in the file asks for Arrow"


def test_neighbours_share_a_shard_and_sizes_differ_by_one_at_most(order):
    run, everybody = order(n_shards=3)
    spans = [run.rows(shard) for shard in range(3)]
    assert [part for span in spans for part in range(span.start, span.stop)] == list(range(len(everybody)))
    assert {span.stop - span.start for span in spans} <= {1, 2}


def test_more_shards_than_listeners_leave_some_empty(bundle, order):
    run, everybody = order(n_shards=9)
    manifest = make(run, bundle, everybody)
    assert (len(manifest["shards"]), manifest["listeners"], len(rows(run))) == (9, len(PLAYS), len(PLAYS))


def test_the_manifest_says_what_is_there(bundle, order):
    run, everybody = order()
    said = make(run, bundle, everybody)
    assert json.loads(run.manifest.read_text(encoding="utf-8")) == said
    assert {said["bundle_id"], said["snapshot_id"], said["k"]} == {bundle.bundle_id, "tiny", 3}
    there = rows(run)
    assert said["listeners"] == len(there) == len(PLAYS)
    assert said["tracks"] == sum(len(row["track_id"]) for row in there)
    for shard in said["shards"]:
        path = run.folder / shard["file"]
        assert (shard["sha256"], shard["bytes"]) == (hash_file(path), path.stat().st_size)
    assert latest_run(run.parent) == run.run_id


def test_the_same_lists_are_the_same_run_and_all_that_decides_them_is_in_its_name(bundle, order, tmp_path):
    table = tmp_path / "histories.csv"
    table.write_text("user_id,track_id\nx,t1\n", encoding="utf-8")
    runs = [order()[0], order(k=4)[0], order(n_shards=3)[0], order(everybody=BatchListeners.of_table(bundle, table))[0]]
    assert order()[0].run_id == runs[0].run_id
    assert len({run.run_id for run in runs}) == len(runs)


def test_what_is_finished_is_not_made_again(bundle, order):
    run, everybody = order()
    make(run, bundle, everybody)
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("part-*")}
    assert run.begin(everybody) == []
    write_shard(run, 0, bundle, everybody, None)  # asks nobody: there is nothing to do
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("part-*")} == before


@pytest.mark.parametrize("damage", ["a byte", "no record", "no file", "a record cut short"])
def test_a_shard_that_is_not_as_it_was_written_is_made_anew(bundle, order, damage):
    run, everybody = order()
    make(run, bundle, everybody)
    whole = rows(run)
    path, record = run.folder / "part-00001.parquet", run.folder / "_records" / "part-00001.json"
    if damage == "a byte":
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    elif damage == "a record cut short":
        record.write_text(record.read_text(encoding="utf-8")[:20], encoding="utf-8")
    else:
        (record if damage == "no record" else path).unlink()
    assert run.begin(everybody) == [1]
    with pytest.raises(CrossfadeError, match=r"1 shards are missing, the first is part-00001\.parquet"):
        finish(run, {})
    make(run, bundle, everybody)
    assert rows(run) == whole


KILLED = """
import os, signal, sys
import numpy as np
from pathlib import Path
from pipelines.release import shards
from pipelines.release.bundle import read_bundle
from pipelines.release.batch_listeners import BatchListeners
bundle = read_bundle(Path(sys.argv[1]))
everybody = BatchListeners.of_bundle(bundle)
run = shards.BatchRun.of(Path(sys.argv[2]), bundle, everybody, 3, 3)
nobody = lambda ids: np.zeros(len(ids), dtype=bool)
shards.write_shard(run, 0, bundle, everybody, nobody)
shards.rank_many = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
shards.write_shard(run, 1, bundle, everybody, nobody)
"""


def test_a_run_that_is_killed_in_the_middle_goes_on_where_it_was(bundle, order):
    run, everybody = order(n_shards=3)
    done = subprocess.run([sys.executable, "-c", KILLED, bundle.path, run.parent], check=False)
    assert done.returncode == -signal.SIGKILL
    assert run.begin(everybody) == [1, 2]
    assert [path.name for path in run.folder.glob("*.parquet")] == ["part-00000.parquet"], "half a shard is not seen"
    assert len(list(run.folder.glob(".part-00001*"))) == 1
    first = (run.folder / "part-00000.parquet").stat().st_mtime_ns
    make(run, bundle, everybody)
    assert (run.folder / "part-00000.parquet").stat().st_mtime_ns == first
    assert [row["user_id"] for row in rows(run)] == list(PLAYS)
    assert list(run.folder.glob(".part-*")) == [], "what the killed process left is cleared"


def test_who_is_withheld_has_no_row(bundle, order):
    run, everybody = order()
    gone, *others = PLAYS
    manifest = make(run, bundle, everybody, withheld(gone))
    assert [row["user_id"] for row in rows(run)] == others
    assert (manifest["listeners"], manifest["withheld"]) == (len(others), 1)


def test_who_asks_to_be_forgotten_while_their_shard_is_written_has_no_row(bundle, order):
    run, everybody = order(n_shards=1)
    gone, *others = PLAYS
    answers = iter([withheld(), withheld(gone)])
    record = write_shard(run, 0, bundle, everybody, lambda ids: (next(answers))(ids))  # noqa: PLW0108 - each call takes the next answer
    assert [row["user_id"] for row in rows(run)] == others
    assert (record.listeners, record.withheld) == (len(others), 1)
    assert run.finished(0) == record


def test_who_is_forgotten_leaves_every_run_and_its_account(bundle, order, monkeypatch):
    monkeypatch.setattr(shards, "_LISTENERS_AT_ONCE", 2)
    runs = [order(n_shards=1), order(k=2, n_shards=2)]
    for run, everybody in runs:
        make(run, bundle, everybody)
    whole = [rows(run) for run, _ in runs]
    gone = list(PLAYS)[2]
    changed = list(forget_lists(runs[0][0].parent, gone))
    assert len(changed) == 2
    for (run, _), before in zip(runs, whole, strict=True):
        assert rows(run) == [row for row in before if row["user_id"] != gone]
        assert run.begin(everybody) == [], "what was changed counts as finished"
        said = json.loads(run.manifest.read_text(encoding="utf-8"))
        assert (said["listeners"], said["withheld"]) == (len(PLAYS) - 1, 1)
        assert said["tracks"] == sum(len(row["track_id"]) for row in rows(run))
        assert [each["sha256"] for each in said["shards"]] == [
            hash_file(run.folder / each["file"]) for each in said["shards"]
        ]
    assert list(forget_lists(runs[0][0].parent, gone)) == []


def test_a_table_of_histories_says_the_same_here_and_in_the_batch_command(bundle, tmp_path):
    path = tmp_path / "histories.csv"
    path.write_text(
        "user_id,track_id,weight\nb,t1,2\na,t4,1\nb,lastfm:joga,3\nc,nowhere,1\na,t4,4\nb,t2,-1\nb,t3,\n",
        encoding="utf-8",
    )
    table, asked = BatchListeners.of_table(bundle, path), read_histories(path)
    assert tuple(table.ids.to_pylist()) == asked.users == ("b", "a", "c")
    assert (table.histories != bundle.encode(asked.tracks)).nnz == 0
    path.write_text("user,track_id\na,t1\n", encoding="utf-8")
    with pytest.raises(SourceError, match="user_id"):
        BatchListeners.of_table(bundle, path)


def test_other_runs_make_way_and_other_files_do_not(bundle, order):
    runs = [order(k=k) for k in (2, 3, 4)]
    for run, everybody in runs:
        make(run, bundle, everybody)
    parent = runs[0][0].parent
    (parent / "notes").mkdir()
    drop_other_runs(parent, {runs[2][0].run_id, runs[1][0].run_id})
    assert {path.name for path in parent.iterdir()} == {runs[1][0].run_id, runs[2][0].run_id, "LATEST", "notes"}
