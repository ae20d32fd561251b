"""Names in databases and files: found and removed as words of their own, wherever they stand."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.scrubbing import GONE, Name, files_that_name, scrub
from pipelines.home import Home

ANN = Name("person:ann")


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("person:ann was here", f"{GONE} was here"),
        ("person:anna was here", "person:anna was here"),
        ("person:ann.b was here", "person:ann.b was here"),
        ("it was person:ann.", f"it was {GONE}."),
        ('{"listener": "ann", "x": "ann"}', f'{{"listener": "{GONE}", "x": "ann"}}'),
        ("channel of annoyance", "channel of annoyance"),
    ],
)
def test_a_name_is_replaced_as_a_word_and_nobody_elses(home, text, after):
    path = home.root / "runs.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE runs (id TEXT, told JSON, n INTEGER)")
        database.execute("INSERT INTO runs VALUES ('1', ?, 7)", (text,))
        database.commit()
    assert scrub(path, ANN) == (text != after)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT told FROM runs").fetchall() == [(after,)]


def test_what_was_deleted_long_ago_leaves_the_file_too(home):
    path = home.root / "runs.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA secure_delete = OFF")  # some builds of SQLite overwrite by themselves
        database.execute("CREATE TABLE runs (told TEXT)")
        database.executemany("INSERT INTO runs VALUES (?)", [("person:ann plays",)] * 50)
        database.commit()
        database.execute("DELETE FROM runs")
        database.commit()
    assert b"person:ann" in path.read_bytes(), "SQLite leaves deleted rows where they were"
    scrub(path, ANN)
    assert b"person:ann" not in path.read_bytes()


def test_files_are_searched_in_every_form_a_name_is_kept_in(home):
    (home.root / "a.txt").write_text("person:ann", encoding="utf-8")
    (home.root / "b.txt").write_text("person:anna", encoding="utf-8")
    rows = pa.table({"user_id": ["somebody", *["person:ann"] * 1000], "n": range(1001)})
    pq.write_table(rows, home.root / "c.parquet", compression="zstd", use_dictionary=False, write_statistics=False)
    home.downloads.mkdir()
    (home.downloads / "published.txt").write_text("person:ann", encoding="utf-8")
    assert b"person:ann" * 2 not in (home.root / "c.parquet").read_bytes()
    assert [path.name for path in files_that_name(home, ANN)] == ["a.txt", "c.parquet"]


def test_letters_beyond_ascii_are_found_as_json_writes_them(home):
    (home.root / "a.json").write_text('{"who": "person:Zo\\u00eb"}', encoding="utf-8")
    (home.root / "b.json").write_text('{"who": "person:Zoë"}', encoding="utf-8")
    assert len(files_that_name(home, Name("person:Zoë"))) == 2


def test_an_id_that_stands_everywhere_is_not_searched_for(home):
    (home.root / "a.txt").write_text("1234", encoding="utf-8")
    assert files_that_name(home, Name("1234")) == []
    assert files_that_name(home, Name("ab")) == []
