"""Lists for many listeners: histories in, ranked tracks out, the same as asking one at a time."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.errors import ConfigError, CrossfadeError, SourceError, TableError
from pipelines.release import batch
from pipelines.release.batch import (
    LIST_SCHEMA,
    Histories,
    read_histories,
    recommend_batches,
    recommend_table,
    write_lists,
)
from tests.support.tiny_world import PLAYS, write_tiny_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return write_tiny_bundle(tmp_path_factory.mktemp("bundles"))


@pytest.fixture
def table(tmp_path):
    def write(text, name="histories.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def frame(*rows):
    return pd.DataFrame(rows, columns=["user_id", "track_id", "weight"])


def test_rows_are_grouped_by_listener_in_the_order_of_their_first_row():
    histories = Histories.of_frame(frame(("b", "t1", 1.0), ("a", "t2", 2.0), ("b", "t3", 3.0)))
    assert histories.users == ("b", "a")
    assert histories.tracks == ({"t1": 1.0, "t3": 3.0}, {"t2": 2.0})


def test_rows_about_the_same_track_add_up():
    assert Histories.of_frame(frame(("a", "t1", 1.0), ("a", "t1", 2.5))).tracks == ({"t1": 3.5},)


def test_without_weights_each_row_weighs_one():
    rows = pd.DataFrame({"user_id": ["a", "a", "a"], "track_id": ["t1", "t1", "t2"]})
    assert Histories.of_frame(rows).tracks == ({"t1": 2.0, "t2": 1.0},)


def test_weights_that_are_no_positive_number_are_left_out_and_their_listeners_stay():
    weights = (0.0, -1.0, float("nan"), float("inf"), float("-inf"))
    histories = Histories.of_frame(frame(*(("a", f"t{i}", weight) for i, weight in enumerate(weights))))
    assert histories == Histories(("a",), ({},), left_out=5)


@pytest.mark.parametrize("column", ["user_id", "track_id"])
def test_a_missing_column_and_a_missing_id_are_errors(column):
    rows = frame(("a", "t1", 1.0))
    with pytest.raises(TableError, match=rf"the column '{column}' is missing"):
        Histories.of_frame(rows.drop(columns=column))
    with pytest.raises(TableError, match=rf"the column '{column}' has 1 empty values"):
        Histories.of_frame(rows.assign(**{column: None}))


def test_no_rows_give_no_lists(bundle):
    lists = recommend_table(bundle, Histories.of_frame(frame()), 3)
    assert (lists.num_rows, lists.schema) == (0, LIST_SCHEMA)


def test_the_lists_are_those_of_the_bundle(bundle):
    histories = Histories(("a", "b"), ({"t1": 3.0}, {"t4": 1.0, "t5": 2.0}))
    expected = [
        {"user_id": user, "track_id": each.track_id, "rank": each.rank, "score": each.score}
        for user, ranked in zip(histories.users, bundle.recommend(histories.tracks, 4), strict=True)
        for each in ranked
    ]
    assert recommend_table(bundle, histories, 4).to_pylist() == expected


def test_the_size_of_a_batch_changes_nothing(bundle, monkeypatch):
    histories = Histories.of_bundle(bundle)
    whole = recommend_table(bundle, histories, 3)
    monkeypatch.setattr(batch, "_HISTORIES_AT_ONCE", 2)
    parts = list(recommend_batches(bundle, histories, 3))
    assert [part.num_rows for part in parts] == [0, 6, 6, 3]
    assert pa.concat_tables(parts).equals(whole)


def test_a_bundle_knows_the_histories_it_was_trained_on(bundle):
    histories = Histories.of_bundle(bundle)
    assert histories.users == tuple(PLAYS)
    assert histories.tracks[0] == {"t1": 9.0, "t2": 4.0}


def test_a_table_is_read_from_csv(table):
    path = table("user_id,track_id,weight\n1,t1,2\n1,t2,\n2,t1,0.5\n")
    histories = read_histories(path)
    assert histories == Histories(("1", "2"), ({"t1": 2.0}, {"t1": 0.5}), left_out=1)


def test_a_table_is_read_from_gzip_and_from_parquet_with_numbers_as_ids(tmp_path):
    rows = pa.table({"user_id": [7, 7], "track_id": ["t1", "t2"], "weight": np.array([1, 2], dtype=np.int32)})
    pq.write_table(rows, tmp_path / "h.parquet")
    (tmp_path / "h.csv.gz").write_bytes(gzip.compress(b"user_id,track_id,weight\n7,t1,1\n7,t2,2\n"))
    expected = Histories(("7",), ({"t1": 1.0, "t2": 2.0},))
    assert read_histories(tmp_path / "h.parquet") == expected
    assert read_histories(tmp_path / "h.csv.gz") == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("user,track_id\na,t1\n", "user_id"),
        ("user_id,track_id\n", "not one row"),
        ("", "empty"),
        ("user_id,track_id\n,t1\n", "the column 'user_id' has 1 values that are missing or unreadable"),
        ("user_id,track_id,weight\na,t1,often\n", "the first is 'often'"),
    ],
    ids=["no column", "no rows", "empty file", "no listener", "a weight in words"],
)
def test_a_wrong_table_is_an_error_that_names_the_file(table, text, complaint):
    with pytest.raises(SourceError, match=complaint) as caught:
        read_histories(table(text))
    assert "histories.csv" in str(caught.value)


@pytest.mark.parametrize("name", ["lists.csv", "lists.parquet"])
def test_lists_are_written_and_read_back(bundle, tmp_path, name):
    histories = Histories.of_bundle(bundle)
    assert list(write_lists(tmp_path / name, recommend_batches(bundle, histories, 2))) == [0, 10]
    read = pd.read_csv(tmp_path / name) if name.endswith(".csv") else pd.read_parquet(tmp_path / name)
    expected = recommend_table(bundle, histories, 2).to_pandas()
    pd.testing.assert_frame_equal(read, expected, check_dtype=False)


def test_another_ending_is_a_usage_error(bundle, tmp_path):
    with pytest.raises(ConfigError, match=r"'\.txt' is no format of lists\. Use \.csv or \.parquet"):
        list(write_lists(tmp_path / "lists.txt", iter(())))


def test_a_file_that_is_not_finished_does_not_appear(bundle, tmp_path):
    def failing():
        yield from recommend_batches(bundle, Histories.of_bundle(bundle), 2)
        raise RuntimeError

    (tmp_path / "lists.csv").write_text("as it was", encoding="utf-8")
    with pytest.raises(RuntimeError):
        list(write_lists(tmp_path / "lists.csv", failing()))
    assert [path.name for path in tmp_path.iterdir()] == ["lists.csv"]
    assert (tmp_path / "lists.csv").read_text(encoding="utf-8") == "as it was"


def test_a_folder_that_cannot_be_written_is_one_clear_error(bundle, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CrossfadeError, match="it cannot be written"):
        list(write_lists(tmp_path / "file" / "lists.csv", recommend_batches(bundle, Histories((), ()), 2)))


def test_a_track_that_stands_in_a_history_by_two_ids_counts_once_with_both_weights(bundle):
    frame = pd.DataFrame({"user_id": "u", "track_id": ["t1", "lastfm:joga", "t4"], "weight": [1.0, 2.0, 1.0]})
    asked = Histories.of_frame(frame)
    one_id = Histories(("u",), ({"t1": 3.0, "t4": 1.0},))
    assert recommend_table(bundle, asked, 3).equals(recommend_table(bundle, one_id, 3))
