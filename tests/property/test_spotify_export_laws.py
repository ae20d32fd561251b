"""Laws of the Spotify export's parser: whatever the bytes, a named error or every entry accounted for."""

from __future__ import annotations

import io
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from pipelines.data.cleaning import clean
from pipelines.errors import CrossfadeError, SourceError
from pipelines.sources.base import PersonOptions
from pipelines.sources.safe_archive import open_archive
from pipelines.sources.spotify_export import SpotifyExport
from pipelines.sources.spotify_export.history import as_columns, extended_plays
from pipelines.sources.spotify_export.json_rows import JsonRows
from pipelines.sources.spotify_export.records import ExtendedPlay
from pipelines.sources.spotify_export.rules import judge
from pipelines.testing.spotify_exports import Plan, write_export

FIELDS = st.sampled_from([*ExtendedPlay.__struct_fields__, "ip_addr", "anything"])
TEXT = st.text(max_size=12) | st.sampled_from(
    ["2024-05-01T10:00:00Z", "spotify:track:" + "7" * 22, "fwdbtn", "trackdone", "}, {", '"', "\\", "]", "\ud800"]
)
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
VALUE = SCALAR | st.lists(SCALAR, max_size=3) | st.dictionaries(TEXT, st.lists(SCALAR, max_size=2), max_size=2)
ENTRIES = st.lists(st.dictionaries(FIELDS, VALUE, max_size=4) | VALUE, max_size=8)


class Row(Struct):
    ts: object = None


def read(data, row_type=Row, **limits):
    reader = JsonRows(row_type, "file", **limits)
    return [row for block in reader.read(io.BytesIO(data)) for row in block], reader.strangers


@given(entries=ENTRIES, indent=st.none() | st.integers(0, 3), block_bytes=st.integers(200, 5_000))
def test_rows_are_the_same_wherever_blocks_are_cut(entries, indent, block_bytes):
    data = json.dumps(entries, indent=indent).encode()
    rows, strangers = read(data)
    assert [len(rows), strangers] == [
        sum(isinstance(each, dict) is wanted for each in entries) for wanted in (True, False)
    ]
    with suppress(SourceError):  # a row may be longer than so small a block
        assert repr(read(data, block_bytes=block_bytes, row_bytes=block_bytes - 1)) == repr((rows, strangers))


@given(entries=st.lists(st.dictionaries(FIELDS, VALUE, max_size=5), max_size=8))
def test_every_play_is_an_interaction_or_left_out(entries):
    rows, _ = read(json.dumps(entries).encode(), ExtendedPlay)
    judged = judge(extended_plays(as_columns(rows, ExtendedPlay), "spotify-export"))
    assert len(judged.kinds) == judged.kept.sum()
    assert judged.kept.sum() + sum(judged.left_out.values()) == len(entries)


@given(data=st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b'[{"ts": "x"}, ' + tail))
def test_bytes_are_a_list_or_a_named_error(data):
    try:
        expected = json.loads(data.decode().removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        expected = None
    if isinstance(expected, list):
        rows, strangers = read(data)
        assert len(rows) + strangers == len(expected)
    else:
        with suppress(SourceError):
            read(data)


@pytest.fixture(scope="module")
def good_zip(tmp_path_factory):
    return write_export(tmp_path_factory.mktemp("good") / "export.zip", Plan(plays=30, basic=5, basic_only=1)).path


@given(data=st.data())
def test_a_zip_with_other_bytes_is_read_or_a_named_error(data, good_zip, tmp_path_factory):
    content = bytearray(good_zip.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("bad") / "export.zip"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(CrossfadeError):
        for _, stream in open_archive(path).read(lambda _: True):
            stream.read()
    with suppress(CrossfadeError):
        clean(SpotifyExport(PersonOptions(archive=path)))
    assert [each.name for each in path.parent.iterdir()] == ["export.zip"]
