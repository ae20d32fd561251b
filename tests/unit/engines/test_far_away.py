"""Every step that is spread gives far away, out of files, what it gives here."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.data import columns as c
from pipelines.data.buckets import BUCKETS
from pipelines.data.cleaning import read
from pipelines.parallel import Cores, at_work, engine_at_work, even_spans, is_here, spread
from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.hybrid import HybridSlim
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.release import batch
from pipelines.release.bundle import write_bundle
from pipelines.sources.files import Files, FilesOptions
from pipelines.testing.long_tail import long_tailed
from pipelines.testing.worlds import two_tastes, two_tastes_dataset
from tests.support.posting import Posting


@pytest.fixture
def far(tmp_path):
    return Posting(tmp_path / "shared")


def assert_same_arrays(one, other):
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name])


@pytest.mark.parametrize("tracks", [300, 5_200], ids=["whole Gram matrix", "truncated Gram matrix"])
def test_slim(far, tracks):
    data = TrainingData(long_tailed(tracks, tracks // 4, 5 * tracks))
    config = SlimConfig(neighbours=30)
    with at_work(far):
        there = Slim(config).fit(data)
    assert_same_arrays(Slim(config).fit(data).arrays(), there.arrays())
    assert ("_solve", -(-tracks // 555)) in far.jobs


def test_hybrid_with_side_information(far):
    with at_work(far):
        there = HybridSlim().fit(two_tastes())
    assert_same_arrays(HybridSlim().fit(two_tastes()).arrays(), there.arrays())
    assert [name for name, _ in far.jobs] == ["_rows_of_product", "_nearest_of_rows", "_solve"]


ROWS = [
    ("ann", "a", "2024-01-01T10:00:00Z", "play"),
    ("bob", "b", "2024-01-01T10:00:00Z", "play"),
    ("ann", "a", "2024-01-01T10:00:00Z", "play"),
    ("ann", "b", "yesterday", "play"),
    ("bob", None, "2024-01-01T11:00:00Z", "play"),
    ("cat", "a", "2024-01-02T10:00:00Z", "like"),
    ("cat", "c", "2024-01-02T10:00:00Z", "nod"),
]


@pytest.fixture
def plays(tmp_path):
    """Seven rows in row groups of two, three of them unusable."""
    names = (c.USER_ID, c.TRACK_ID, c.AT, c.KIND)
    table = pa.table({name: [row[place] for row in ROWS] for place, name in enumerate(names)})
    pq.write_table(table, tmp_path / "plays.parquet", row_group_size=2)
    return tmp_path / "plays.parquet"


def test_reading_and_cleaning_in_pieces(far, plays, tmp_path):
    folders = tmp_path / "here", tmp_path / "there"
    for folder in folders:
        folder.mkdir()
    source = Files(FilesOptions(interactions=plays))
    here = read(source, folders[0])
    with at_work(far):
        there = read(source, folders[1])
    assert far.jobs == [("_parse_piece", 4)]
    rows = there.interactions.rows_of(range(BUCKETS))
    assert sorted(zip(rows[c.USER_ID].to_pylist(), rows[c.TRACK_ID].to_pylist(), strict=True)) == [
        ("ann", "a"),
        ("ann", "a"),
        ("bob", "b"),
        ("cat", "a"),
    ]
    assert there.counts == here.counts
    assert there.counts["interactions"].rejected == {"unreadable at": 1, "missing track_id": 1, "unknown kind": 1}
    assert pa.concat_tables(there.rejected).equals(pa.concat_tables(here.rejected))
    assert there.tracks.data.sort_by(c.TRACK_ID).equals(here.tracks.data.sort_by(c.TRACK_ID))


def test_what_is_spread_inside_a_span_stays_in_its_thread():
    assert list(Cores(4).spread(_threads_inside, None, even_spans(8, 1))) == [1] * 8
    assert is_here()


def _threads_inside(shared: None, start: int, stop: int) -> int:
    del shared, start, stop
    engine = engine_at_work()
    assert isinstance(engine, Cores)
    return engine.threads


def test_an_engine_is_at_work_for_a_while(far):
    with at_work(far):
        assert not is_here()
        assert list(spread(pow, 7, np.array([0, 1, 2]))) == [0, 1]
    assert is_here()
    assert far.jobs == [("pow", 2)]


def test_lists_for_many(far, tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_HISTORIES_AT_ONCE", 7)
    dataset = two_tastes_dataset()
    model = Slim(SlimConfig(neighbours=5)).fit(TrainingData(dataset.histories))
    bundle = write_bundle(tmp_path, model, dataset, lineage={}, figures={})
    everybody = batch.Histories.of_bundle(bundle)
    here = batch.recommend_table(bundle, everybody, 10)
    with at_work(far):
        there = batch.recommend_table(bundle, everybody, 10)
    assert far.jobs[0] == ("_lists_of", 6)
    assert here.num_rows > len(everybody.users)
    assert there.equals(here)
