"""The Yambda files: what a row becomes, what was taken back, and what files may look like."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from pipelines.config import TrainingConfig
from pipelines.data.cleaning import clean
from pipelines.errors import ConfigError, SourceError
from pipelines.sources.yambda import Yambda, YambdaOptions
from pipelines.sources.yambda.source import BEGINNING
from pipelines.testing.yambda import LAST_SECOND, write_yambda

#: uid, timestamp, item_id; two listens of an artist's track that is 200 s long, and what was liked and taken back.
LISTENS = [
    (10, 5, 2, 50, 200),
    (10, 25, 7, 49, 100),
    (20, LAST_SECOND - 5, 2, 120, 200),
    (20, LAST_SECOND - 5, 9, 0, 0),
]
LIKES = [(10, 100, 2), (10, 300, 7), (20, 100, 2), (20, 400, 2), (30, 50, 9)]
UNLIKES = [(5, 10, 2), (10, 200, 2), (10, 300, 7), (20, 200, 2), (40, 10, 2)]


def write(folder, **changes):
    """Write a folder by hand and return it."""
    flat = folder / "flat" / "50m"
    flat.mkdir(parents=True, exist_ok=True)
    names = ("uid", "timestamp", "item_id", "played_ratio_pct", "track_length_seconds")
    files = {"listens": LISTENS, "likes": LIKES, "unlikes": UNLIKES, "dislikes": LIKES[:1], "undislikes": UNLIKES[:1]}
    for name, rows in {**files, **changes}.items():
        columns = zip(*rows, strict=True)
        table = {key: pa.array(each, pa.uint32()) for key, each in zip(names, columns, strict=False)}
        pq.write_table(pa.table(table), flat / f"{name}.parquet")
    pq.write_table(
        pa.table({"artist_id": pa.array([8, 3, 1], pa.uint32()), "item_id": pa.array([2, 2, 7], pa.uint32())}),
        folder / "artist_item_mapping.parquet",
    )
    pq.write_table(pa.table({"album_id": [4], "item_id": [7]}), folder / "album_item_mapping.parquet")
    return folder


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path)


def source(folder, **options):
    return Yambda(YambdaOptions(archive=folder, **options))


def rows_of(reading):
    return [row for batch in reading.interactions() for row in batch.to_pylist()]


def test_a_listen_is_a_play_or_a_skip_with_the_time_that_was_heard(folder):
    first, second, third, fourth = rows_of(source(folder, events="listens"))
    assert first == {
        "user_id": "yambda:10",
        "track_id": "yambda:2",
        "at": datetime(2024, 1, 1, 0, 0, 5, tzinfo=UTC),
        "kind": "play",
        "value": 100_000.0,
    }
    assert (second["kind"], second["value"]) == ("skip", 49_000.0)
    assert (third["kind"], third["value"]) == ("play", 240_000.0), "who winds back hears more than the track has"
    assert third["at"] == datetime(2024, 10, 27, 22, 13, 15, tzinfo=UTC), "300 days and 22 hours later"
    assert fourth["kind"] == "skip"
    lenient = rows_of(source(folder, events="listens", least_played=49))
    assert [row["kind"] for row in lenient] == ["play", "play", "play", "skip"]


def test_a_like_counts_unless_it_is_taken_back_later(folder):
    reading = source(folder, events="likes")
    likes = [(row["user_id"], row["track_id"], row["kind"]) for row in rows_of(reading)]
    # 10 took both back, one of them in the same second; 20 liked again afterwards; nobody took back what 30 likes.
    assert likes == [("yambda:20", "yambda:2", "like"), ("yambda:30", "yambda:9", "like")]
    assert reading.left_out["interactions"] == {
        "likes that were taken back": 3,
        "unlikes: they take back and are no rows": 5,
    }


def test_a_dislike_counts_unless_it_is_taken_back_later(folder, tmp_path):
    assert [row["kind"] for row in rows_of(source(folder, events="dislikes"))] == ["dislike"]
    write(tmp_path, dislikes=[(10, 5, 2)], undislikes=[(10, 10, 2)])
    assert rows_of(source(folder, events="dislikes")) == []


def test_tracks_have_numbers_for_names_and_the_length_that_listens_tell(folder):
    two, seven, nine = [row for batch in source(folder).tracks() for row in batch.to_pylist()]
    assert two == {
        "track_id": "yambda:2",
        "title": "Track 2",
        "artists": ["Artist 3", "Artist 8"],
        "album": None,
        "duration_ms": 200_000,
    }
    assert (seven["artists"], seven["album"], seven["duration_ms"]) == (["Artist 1"], "Album 4", 100_000)
    assert (nine["artists"], nine["duration_ms"]) == (None, None)


@pytest.mark.parametrize("rows_at_once", [1, 2, 1 << 17])
def test_how_many_rows_are_read_at_once_changes_nothing(folder, rows_at_once, monkeypatch):
    whole = rows_of(source(folder))
    monkeypatch.setattr("pipelines.sources.yambda.layout._ROWS", {"flat": rows_at_once})
    assert rows_of(source(folder)) == whole


@pytest.mark.parametrize("listed_as", [{}, {"item_id": "item_ids", "timestamp": "timestamps"}], ids=["code", "card"])
def test_both_layouts_say_the_same(tmp_path, listed_as):
    """The lists of the sequential one have other names in its description than in the official code."""
    write_yambda(tmp_path / "flat", listeners=20, listens=2_000)
    write_yambda(tmp_path / "rolled", listeners=20, listens=2_000, layout="sequential")
    for path in (tmp_path / "rolled" / "sequential" / "50m").iterdir():
        table = pq.read_table(path)
        pq.write_table(table.rename_columns([listed_as.get(name, name) for name in table.column_names]), path)
    flat, rolled = source(tmp_path / "flat"), source(tmp_path / "rolled")
    assert rows_of(rolled) == rows_of(flat)
    assert [*rolled.tracks()] == [*flat.tracks()]
    assert "sequential/50m" in rolled.provenance().origin


def test_generated_files_are_like_the_published_ones(tmp_path):
    write_yambda(tmp_path, listeners=30, listens=3_000)
    table = pq.read_table(tmp_path / "flat" / "50m" / "listens.parquet")
    kinds = {"uid": "uint32", "timestamp": "uint32", "item_id": "uint32", "is_organic": "uint8"}
    kinds |= {"played_ratio_pct": "uint16", "track_length_seconds": "uint32"}
    assert {field.name: str(field.type) for field in table.schema} == kinds
    uid, at = table["uid"].to_numpy().astype(np.int64), table["timestamp"].to_numpy().astype(np.int64)
    assert (np.diff(uid * LAST_SECOND + at) >= 0).all(), "sorted by listener and time"
    assert set((at % 5).tolist()) == {0}
    assert at.max() < LAST_SECOND


def test_what_is_not_used_is_said(tmp_path):
    write_yambda(tmp_path, listeners=20, listens=1_000)
    (tmp_path / "album_item_mapping.parquet").unlink()
    reading = source(tmp_path)
    clean(reading)
    assert reading.notes == [
        "album_item_mapping.parquet is not there, so tracks have no albums",
        "embeddings.parquet was not read: no model here takes vectors of sound without names",
    ]


def test_the_checksum_covers_what_is_read_and_not_the_rest(folder):
    before = source(folder).provenance()
    assert before.licence.startswith("Apache-2.0")
    (folder / "embeddings.parquet").write_bytes(b"whatever")
    assert source(folder).provenance() == before
    write(folder, unlikes=UNLIKES[:2])
    assert source(folder).provenance().checksum != before.checksum


def test_several_sizes_ask_which_one(folder, tmp_path):
    write_yambda(tmp_path, size="500m", listeners=20, listens=500)
    with pytest.raises(SourceError, match=r"several sizes \(500m, 50m\)\. Say which: -o size=50m"):
        rows_of(source(folder))
    assert len(rows_of(source(folder, size="50m", events="listens"))) == len(LISTENS)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"likes": LIKES[::-1]}, r"likes\.parquet: its rows are not sorted by listener \(uid\)"),
        ({"listens": [row[:4] for row in LISTENS]}, "track_length_seconds"),
    ],
    ids=["not sorted", "a column is missing"],
)
def test_files_that_are_not_as_published_are_refused(tmp_path, changes, complaint):
    with pytest.raises(SourceError, match=complaint):
        rows_of(source(write(tmp_path, **changes)))


def test_a_file_that_is_missing_or_cut_short_is_named(folder):
    path = folder / "flat" / "50m" / "unlikes.parquet"
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(SourceError, match=r"unlikes\.parquet: there is no such file"):
        rows_of(source(folder))
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError, match=r"unlikes\.parquet: it is damaged or cut short"):
        rows_of(source(folder))


def test_a_wrong_folder_no_folder_and_wrong_options_say_what_to_pass(tmp_path):
    with pytest.raises(SourceError, match=r"it holds no folder flat/SIZE/\. Pass the folder that holds 'flat'"):
        rows_of(source(tmp_path))
    with pytest.raises(ConfigError, match=r"no folder was named.*--archive FOLDER"):
        Yambda()
    with pytest.raises(ValidationError, match="hums"):
        YambdaOptions(archive=tmp_path, events="listens,hums")


def test_the_configuration_on_the_page_is_one_and_ends_with_the_files(pytestconfig):
    page = (pytestconfig.rootpath / "docs" / "how-to" / "yambda.md").read_text(encoding="utf-8")
    config = TrainingConfig(**tomllib.loads(page.partition("```toml\n")[2].partition("```")[0]))
    assert config.evaluation.primary == "global-time"
    assert config.evaluation.global_time.ends_at == datetime.fromtimestamp(BEGINNING + LAST_SECOND, UTC)
