"""The snapshot to train on goes through a bucket."""

import pyarrow as pa
import pytest

from flows.latest import latest_snapshot, set_latest_snapshot
from pipelines.data import columns as c
from pipelines.data.approval import Verdict, fingerprint
from pipelines.data.provenance import Provenance
from pipelines.data.snapshot_writing import write_snapshot
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables
from pipelines.errors import RemoteError
from pipelines.home import Home
from pipelines.remote.snapshots import LATEST, publish_snapshot, pull_snapshot
from pipelines.testing.worlds import catalogue_of


def snapshot_of(home, tracks):
    same = {c.USER_ID: "u", c.KIND: c.LIKE, c.SOURCE: "test"}
    rows = pa.Table.from_pylist([same | {c.TRACK_ID: track} for track in tracks])
    tables = Tables(InteractionTable(rows), catalogue_of(tracks), PlaylistTable.empty())
    verdict = Verdict(subject=fingerprint(tables), suite="rules", checked=1)
    snapshot = write_snapshot(home.snapshots, tables, verdict, (Provenance("test", "made up", "CC0-1.0"),))
    set_latest_snapshot(home, snapshot)
    return tables


def test_a_worker_with_nothing_gets_the_rows_that_were_ingested_last(tmp_path, bucket):
    maker, worker = Home(tmp_path / "maker"), Home(tmp_path / "worker")
    assert publish_snapshot(maker, bucket.remote()) is None
    assert pull_snapshot(worker, bucket.remote()) is None
    for tracks in (["a", "b"], ["a", "b", "c"]):
        tables = snapshot_of(maker, tracks)
        publish_snapshot(maker, bucket.remote())
        assert pull_snapshot(worker, bucket.remote()) == latest_snapshot(maker).snapshot_id
        assert fingerprint(latest_snapshot(worker).tables()) == fingerprint(tables)


def test_a_line_that_names_no_snapshot_is_refused(tmp_path, bucket):
    bucket.put(LATEST, b"../../etc\n")
    with pytest.raises(RemoteError, match="no name of a bundle or a snapshot"):
        pull_snapshot(Home(tmp_path), bucket.remote())
