from __future__ import annotations

import pytest

from pipelines.data.entities import Corrections, read_corrections
from pipelines.errors import SourceError


@pytest.fixture
def file(tmp_path):
    def write(text: str | bytes):
        path = tmp_path / "matches.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_there_need_be_no_file(tmp_path):
    assert read_corrections(tmp_path / "matches.csv") == Corrections()


def test_a_line_says_that_two_tracks_are_the_same_or_are_not(file):
    path = file("track_id,same_as,not_same_as\n a , b ,\n\nc,,d\r\n")
    assert read_corrections(path) == Corrections(same=(("a", "b"),), apart=(("c", "d"),))


def test_a_column_that_is_not_needed_can_be_left_away(file):
    assert read_corrections(file("\ufefftrack_id,not_same_as\na,b\n")) == Corrections(apart=(("a", "b"),))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: its heading is ''"),
        ("track_id\na\n", "line 1: its heading is 'track_id'"),
        ("track,same_as\na,b\n", "line 1: its heading is 'track,same_as'"),
        ("track_id,same_as,same_as\na,b,c\n", "line 1: its heading is"),
        ("track_id,same_as\na,b\n,c\n", "line 3: it names no track_id"),
        ("track_id,same_as,not_same_as\na,b,c\n", "line 2: it needs either same_as or not_same_as"),
        ("track_id,same_as,not_same_as\na\n", "line 2: it needs either same_as or not_same_as"),
        ("track_id,same_as\na,a\n", "line 2: it compares a track with itself"),
        ("track_id,same_as\na,b,c\n", "line 2: it has 3 cells where the heading has 2"),
        ('track_id,same_as\na,"b\n', "cannot be read as CSV"),
        (b"track_id,same_as\na,\xff\n", "it is not UTF-8 text"),
        ("track_id,same_as,not_same_as\na,b,\nc,b,\na,,c\n", "line 4: it keeps 'a' and 'c' apart"),
    ],
)
def test_a_line_that_does_not_say_one_thing_is_refused(file, text, complaint):
    with pytest.raises(SourceError) as refusal:
        read_corrections(file(text))
    assert complaint in str(refusal.value)
    assert "matches.csv" in str(refusal.value)


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "matches.csv").mkdir()
    with pytest.raises(SourceError, match="cannot be read"):
        read_corrections(tmp_path / "matches.csv")
