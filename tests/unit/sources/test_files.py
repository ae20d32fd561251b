"""Anybody's tables: what a row means, and what is refused."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.data.cleaning import clean
from pipelines.errors import ConfigError, NotEnoughDataError, SourceError
from pipelines.sources.base import SourceOptions
from pipelines.sources.files import Files, FilesOptions
from pipelines.testing.archives import INTERACTIONS, write_tables


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows_of(path, **options):
    """Clean the interactions of a file and return user, track, kind and value of each."""
    cleaned = clean(Files(FilesOptions(interactions=path, **options)))
    return [
        (row["user_id"], row["track_id"], row["kind"], row["value"])
        for row in cleaned.tables.interactions.data.to_pylist()
    ]


PLAYS = [("ann", "t1", "play_count", 3.0), ("ann", "t2", "play_count", 1.0), ("bob", "t1", "play_count", 2.0)]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("user_id,track_id,plays\na,x,3\n", [("a", "x", "play_count", 3.0)]),
        ("user_id,track_id,kind,value\na,x,rating,4\n", [("a", "x", "rating", 4.0)]),
        ("user_id,track_id,kind\na,x,like\n", [("a", "x", "like", None)]),
        ("user_id,track_id,at\na,x,2026-01-02\n", [("a", "x", "play", None)]),
        ("user_id,track_id\na,x\na,x\n", [("a", "x", "play_count", 2.0)]),
        ("mood,track_id,plays,user_id\ngood,x,3,a\n", [("a", "x", "play_count", 3.0)]),
    ],
)
def test_the_columns_tell_what_a_row_means(tmp_path, text, rows):
    assert rows_of(written(tmp_path / "i.csv", text)) == rows


@pytest.mark.parametrize("columns", ["value", "kind,plays", "plays,value"])
def test_columns_that_tell_it_in_two_ways_or_none_are_refused(tmp_path, columns):
    header = f"user_id,track_id,{columns}"
    path = written(tmp_path / "i.csv", f"{header}\n{','.join('1' for _ in header.split(','))}\n")
    with pytest.raises(SourceError, match=r"i\.csv: its columns say in two ways, or in none, what a row means"):
        rows_of(path)


def test_the_format_is_told_by_the_content_and_not_by_the_name(tmp_path):
    table = pa.table({"user_id": ["ann", "ann", "bob"], "track_id": ["t1", "t2", "t1"], "plays": [3, 1, 2]})
    pq.write_table(table, tmp_path / "parquet.csv")
    contents = {
        "plain.csv": INTERACTIONS.encode(),
        "zipped.csv": gzip.compress(INTERACTIONS.encode()),
        "zipped.csv.gz": gzip.compress(INTERACTIONS.encode()),
        "marked.txt": b"\xef\xbb\xbf" + INTERACTIONS.encode(),
    }
    for name, content in contents.items():
        assert rows_of(written(tmp_path / name, content)) == PLAYS
    assert rows_of(tmp_path / "parquet.csv") == PLAYS


def test_parquet_columns_may_have_any_sensible_type(tmp_path):
    table = pa.table(
        {
            "user_id": pa.array([7, 8]),
            "track_id": pa.array(["x", "y"]).dictionary_encode(),
            "plays": pa.array([1.0, float("nan")]),
        }
    )
    pq.write_table(table, tmp_path / "i.parquet")
    assert rows_of(tmp_path / "i.parquet") == [("7", "x", "play_count", 1.0)]


def test_tracks_and_playlists_are_read_beside_the_interactions(tmp_path):
    tables = clean(Files(write_tables(tmp_path))).tables
    assert [(row["title"], row["artists"], row["genres"]) for row in tables.tracks.data.to_pylist()] == [
        ("One", ["A", "B"], ["rock"]),
        ("Two", ["C"], None),
    ]
    assert [(row["name"], row["position"]) for row in tables.playlists.data.to_pylist()] == [("Mine", 1), ("Mine", 2)]


def test_the_provenance_changes_with_any_of_the_files(tmp_path):
    options = write_tables(tmp_path)
    before = Files(options).provenance()
    assert before.origin == "files: interactions.csv, tracks.csv, playlists.csv"
    assert before.licence == "the owner's own data"
    written(tmp_path / "tracks.csv", "track_id\nt1\n")
    assert Files(options).provenance().checksum != before.checksum


def test_without_an_interactions_file_there_is_nothing_to_read():
    with pytest.raises(ConfigError, match=r"no interactions file was named.*Pass --interactions FILE"):
        Files()


def test_an_archive_is_refused_rather_than_ignored(tmp_path):
    with pytest.raises(ConfigError, match=r"reads no archive.*--interactions"):
        Files(FilesOptions(interactions=tmp_path / "i.csv", archive=tmp_path))
    with pytest.raises(ConfigError, match="no interactions file was named"):
        Files(SourceOptions(downloads=tmp_path))


def parquet_bytes(tmp_path, **columns):
    pq.write_table(pa.table(columns), tmp_path / "good.parquet")
    return (tmp_path / "good.parquet").read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("i.csv", b"", "it is empty"),
        ("i.csv", b"user_id,track_id\n", "it has not one row"),
        ("i.csv", b"user_id,song\na,x\n", r"the column 'track_id' is missing \(columns found: 'user_id', 'song'\)"),
        ("i.csv", b"user_id,track_id\na\n", "row 1 has 1 values where the header has 2"),
        ("i.csv", b"user_id,track_id\na,\xe9\n", r"line 2 is not valid utf-8 \(byte 19\)"),
        ("i.csv", "user_id,track_id\na,é\n".encode("utf-16"), r"line 1 is not valid utf-8 \(byte 0\)"),
        ("i.csv", gzip.compress(INTERACTIONS.encode() * 999, mtime=0)[:-20], "it is damaged or cut short after line"),
        ("i.csv", gzip.compress(INTERACTIONS.encode(), mtime=0)[:8], "it is damaged or cut short after line 0"),
        ("i.csv.gz", gzip.compress(b"", mtime=0), "it is empty"),
        ("i.csv", b"PK\x03\x04rest", "it is a zip archive or a spreadsheet, not a table"),
        ("i.parquet", b"user_id,track_id\na,x\n", "it is not a Parquet file"),
        ("i.parquet", b"PAR1 and then nothing", "it is damaged or cut short"),
        ("i.csv", b"\x89PNG\r\n\x1a\n\x00", "line 1 is not valid utf-8"),
        ("i.json", b'[{"user_id": "a"}]', "the column 'user_id' is missing"),
    ],
)
def test_what_is_no_table_is_one_clear_error(tmp_path, name, content, message):
    with pytest.raises(SourceError, match=message) as caught:
        rows_of(written(tmp_path / name, content))
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_a_truncated_parquet_file_is_one_clear_error(tmp_path, keep):
    whole = parquet_bytes(tmp_path, user_id=[f"u{n}" for n in range(5000)], track_id=[f"t{n}" for n in range(5000)])
    path = written(tmp_path / "i.parquet", whole[: int(len(whole) * keep)])
    with pytest.raises(SourceError, match="it is damaged or cut short"):
        rows_of(path)


def test_a_parquet_file_without_rows_or_without_a_column_is_refused(tmp_path):
    empty = {"user_id": pa.array([], pa.string()), "track_id": pa.array([], pa.string())}
    with pytest.raises(SourceError, match="it has not one row"):
        rows_of(written(tmp_path / "i.parquet", parquet_bytes(tmp_path, **empty)))
    with pytest.raises(SourceError, match=r"the column 'user_id' is missing \(columns found: 'listener'\)"):
        rows_of(written(tmp_path / "j.parquet", parquet_bytes(tmp_path, listener=["a"])))


@pytest.mark.parametrize("missing", ["interactions", "tracks", "playlists"])
def test_a_path_that_leads_nowhere_is_told_before_anything_is_read(tmp_path, missing):
    there = written(tmp_path / "there.csv", "")
    named = dict.fromkeys(("interactions", "tracks"), there) | {missing: tmp_path / "nowhere.csv"}
    with pytest.raises(SourceError, match=r"nowhere\.csv: there is no such file"):
        Files(FilesOptions(**named)).check()
    Files(FilesOptions(**named | {missing: there})).check()


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(SourceError, match="there is no such file"):
        rows_of(tmp_path / "nowhere.csv")
    with pytest.raises(SourceError, match="it is a folder"):
        rows_of(tmp_path)
    with pytest.raises(SourceError, match="there is no such file"):
        Files(FilesOptions(interactions=tmp_path / "nowhere.csv")).provenance()


def test_a_broken_catalogue_is_found_as_well(tmp_path):
    options = write_tables(tmp_path)
    written(tmp_path / "tracks.csv", "id,title\nt1,One\n")
    with pytest.raises(SourceError, match=r"tracks\.csv: the column 'track_id' is missing"):
        clean(Files(options))


def test_times_nobody_can_read_leave_nothing_and_say_so(tmp_path):
    path = written(tmp_path / "i.csv", "user_id,track_id,at\na,x,31/12/2025\nb,x,30/12/2025\n")
    with pytest.raises(NotEnoughDataError, match=r"not one of 2 interactions .* 'unreadable at' \(2 of them\)"):
        rows_of(path)


def test_all_equal_play_counts_are_good_data(tmp_path):
    assert rows_of(written(tmp_path / "i.csv", "user_id,track_id,plays\na,x,1\nb,x,1\n")) == [
        ("a", "x", "play_count", 1.0),
        ("b", "x", "play_count", 1.0),
    ]
