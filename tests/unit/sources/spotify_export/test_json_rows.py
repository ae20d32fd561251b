"""Long lists of JSON, piece by piece: every cut, every kind of damage."""

from __future__ import annotations

import io
import json

import pytest
from msgspec import Struct

from pipelines.errors import SourceError
from pipelines.sources.spotify_export.json_rows import BLOCK_BYTES, ROW_BYTES, JsonRows


class Row(Struct):
    a: object = None
    b: object = None


def read(data, block_bytes=BLOCK_BYTES, row_bytes=ROW_BYTES):
    reader = JsonRows(Row, "file", block_bytes=block_bytes, row_bytes=row_bytes)
    rows = [(row.a, row.b) for block in reader.read(io.BytesIO(data)) for row in block]
    return rows, reader.strangers


ROWS = [{"a": 1, "b": 'x}, {"'}, {"secret": {"deep": [1, "}"]}, "a": "\u00fc\\"}, {}, {"b": [1, {"c": "]"}]}]
EXPECTED = [(1, 'x}, {"'), ("\u00fc\\", None), (None, None), (None, [1, {"c": "]"}])]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("block_bytes", range(112, 220))
def test_rows_are_the_same_wherever_blocks_are_cut(block_bytes, indent):
    data = json.dumps(ROWS, indent=indent).encode() + b" \n"
    assert read(data, block_bytes, row_bytes=block_bytes - 1) == (EXPECTED, 0)


def test_a_stream_may_give_fewer_bytes_than_asked_for():
    class Slow(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 3))

    reader = JsonRows(Row, "file", block_bytes=100, row_bytes=90)
    assert sum(len(block) for block in reader.read(Slow(json.dumps(ROWS).encode()))) == 4


@pytest.mark.parametrize("data", [b"[]", b" [ \n ] ", b"\xef\xbb\xbf[]"])
def test_an_empty_list_has_no_rows(data):
    assert read(data) == ([], 0)


def test_elements_that_are_no_objects_are_counted():
    assert read(b'[null, {"a": 1}, 7, "a, ]}", [{"a": 2}], true, {"a": 3}]') == ([(1, None), (3, None)], 5)


def test_of_keys_that_stand_twice_the_last_counts():
    assert read(b'[{"a": 1, "a": 2}]') == ([(2, None)], 0)
    assert read(b'[{"a": 1, "a": 2}, 7]') == ([(2, None)], 1)


def test_numbers_and_characters_out_of_range_spoil_nothing_else():
    rows, _ = read(b'[{"a": 1e999}, {"a": "\\ud83d", "b": 1}, {"a": 1' + b"0" * 400 + b'}, {"a": 2}]')
    assert rows == [(float("inf"), None), ("?", 1), (10**400, None), (2, None)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is empty, cut short or still being written"),
        (b"  ", "it is empty, cut short or still being written"),
        (b"{}", "it is no JSON list of plays"),
        (b"PK\x03\x04", "it is no JSON list of plays"),
        ("[]".encode("utf-16"), "it is UTF-16 text and not UTF-8"),
        ('[{"a": 1}]'.encode("utf-16-be"), "it is UTF-16 text and not UTF-8"),
        (b'[{"a": 1}, {"a": "\xfc"}]', "row 2 is not UTF-8 text"),
        (b'[{"a": 1}', "it ends in the middle of row 1"),
        (b'[{"a": 1},', "it ends in the middle of row 2"),
        (b'[{"a": 1}, {"a": "x', "it ends in the middle of row 2"),
        (b"[", "it ends in the middle of row 1"),
        (b'[{"a": 1},]', "row 2 is not JSON"),
        (b'[{"a": 1} {"a": 2}]', "row 1 is not JSON"),
        (b'[{"a": 1}}, {"a": 2}]', "row 1 is not JSON"),
        (b'[{"a": 1}] []', "something follows its list of plays"),
        (b'[{"a": 1}]' + b" " * 500 + b"]", "something follows its list of plays"),
        (b'[{"a": 1}}{"a": 2}]', "row 1 is not JSON"),
        (b'[{"a": 01}]', "row 1 is not JSON"),
        (b'[{"a": "x\ny"}]', "row 1 is not JSON"),
        (b'[{"a": ' + b"[" * 300 + b"]" * 299 + b"}]", "is not JSON|in the middle of row 1"),
        (b'[{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "row 1 is not JSON"),
    ],
)
def test_damage_is_one_plain_error(data, message):
    with pytest.raises(SourceError, match=message):
        read(data)


@pytest.mark.parametrize("name", ["a", "unread"])
def test_a_row_without_an_end_is_refused_before_it_is_held(name):
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            self.given += size
            return b"x" * size

    start = f'[{{"a": 1}}, {{"{name}": "'.encode()
    endless = Endless()

    class Both(io.RawIOBase):
        begun = False

        def read(self, size=-1):
            if not self.begun:
                self.begun = True
                return start
            return endless.read(size)

    with pytest.raises(SourceError, match="row 2 is longer than 1,048,576 bytes"):
        list(JsonRows(Row, "file").read(Both()))
    assert endless.given <= ROW_BYTES + 2 * BLOCK_BYTES


def test_a_list_that_ends_with_its_block_has_ended():
    data = b'[{"a": 1}]'
    for block_bytes in (9, 10, 11, 12):
        assert read(data, block_bytes, row_bytes=block_bytes - 1) == ([(1, None)], 0)
