"""The loop with the work done elsewhere: the same snapshot and the same model, which say what did the work.

The engine here is as far away as a cluster, without its start of half a minute: tests/integration/engines has that.
"""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pyarrow.parquet as pq
import pytest

from flows import ingestion, training
from flows.ingestion import ingest
from flows.latest import latest_snapshot
from flows.lineage import known_lines
from flows.training import train
from pipelines.data import columns as c
from pipelines.engines.choosing import EngineChoice
from pipelines.parallel import Cores
from pipelines.release.bundle import read_bundle
from tests.support.posting import Posting

pytestmark = pytest.mark.integration

SPARK = EngineChoice.of("spark", "local-cluster[2,1,1024]")


@pytest.fixture
def far(tmp_path, monkeypatch):
    engine = Posting(tmp_path / "shared")

    @contextmanager
    def started(choice):
        yield engine if choice == SPARK else Cores()

    for module in (ingestion, training):
        monkeypatch.setattr(module, "started", started)
    return engine


def test_what_is_read_and_trained_elsewhere_is_what_is_read_and_trained_here(new_home, far, tmp_path):
    ingest("synthetic", {"size": "tiny"})
    rows = latest_snapshot(new_home).interactions().data.select([c.USER_ID, c.TRACK_ID, c.AT, c.KIND, c.VALUE])
    pq.write_table(rows, tmp_path / "plays.parquet", row_group_size=rows.num_rows // 3 + 1)
    options = {"interactions": str(tmp_path / "plays.parquet")}
    there = ingest("files", options, SPARK)
    assert ("_parse_piece", 3) in far.jobs
    assert there.tables["interactions"].read == rows.num_rows
    assert ingest("files", options).snapshot_id == there.snapshot_id

    here, elsewhere = train().record, train(engine=SPARK).record
    assert {"_listening_of", "_rows_of_product", "_nearest_of_rows", "_solve"} <= {name for name, _ in far.jobs}
    bundles = [read_bundle(new_home.bundles / record.bundle_id) for record in (here, elsewhere)]
    arrays = [bundle.recommender.arrays() for bundle in bundles]
    assert arrays[0].keys() == arrays[1].keys()
    for name, array in arrays[0].items():
        np.testing.assert_array_equal(array, arrays[1][name])
    assert [bundle.manifest["lineage"]["engine"] for bundle in bundles] == ["local", "spark"]
    assert {line.bundle_id: line.engine for line in known_lines(new_home)} == {
        here.bundle_id: "local",
        elsewhere.bundle_id: "spark",
    }
