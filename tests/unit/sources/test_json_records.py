"""JSON records from bytes: what fits a schema, what does not, and what is refused."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pytest

from pipelines.errors import SourceError
from pipelines.sources.json_records import LONGEST_RECORD_BYTES, json_records, parse_record

SCHEMA = pa.schema([("a", pa.float64()), ("b", pa.struct([("c", pa.string())]))])


def read(content):
    """Return all records of a file: those that fit as values of ``a``, and the others."""
    typed: list[float | None] = []
    others: list[tuple[int, dict[str, Any] | None]] = []
    for records in json_records(io.BytesIO(content), SCHEMA, where="x.jsonl"):
        typed.extend(records.typed["a"].to_pylist())
        others.extend(records.others)
    return typed, others


def test_lines_that_fit_are_read_by_the_schema_and_nothing_else_of_them_is_kept():
    content = b'{"a": 1, "ip": "10.0.0.1"}\n\n{"b": {"c": "x", "d": [1]}}\n{"a": 2.5}'
    records = list(json_records(io.BytesIO(content), SCHEMA, where="x"))
    found = pa.concat_tables(each.typed for each in records)
    assert found.to_pydict() == {"a": [1.0, None, 2.5], "b": [None, {"c": "x"}, None]}
    assert not any(each.others for each in records)


def test_a_line_that_does_not_fit_is_given_with_its_number_and_the_rest_keeps_its_types():
    lines = [b'{"a": %d}' % number for number in range(100)]
    lines[3], lines[50], lines[97] = b'{"a": "three"}', b'{"a": 50, "a": 51}', b"not json"
    typed, others = read(b"\n".join(lines))
    assert typed == [float(number) for number in range(100) if number not in {3, 50, 97}]
    assert others == [(4, {"a": "three"}), (51, None), (98, None)]


def test_a_block_with_many_misfits_loses_none():
    typed, others = read(b"".join(b'{"a": "%d"}\n' % number for number in range(1000)))
    assert typed == []
    assert others == [(number + 1, {"a": str(number)}) for number in range(1000)]


@pytest.mark.parametrize("content", [b"null", b"null\nnull\n", b'null\n{"a": 1}'])
def test_a_line_that_is_null_is_a_row_without_values(content):
    assert read(content) == ([1.0 if b"{" in line else None for line in content.splitlines()], [])


def test_line_numbers_go_on_over_blocks(monkeypatch):
    monkeypatch.setattr("pipelines.sources.json_records._BLOCK_BYTES", 64)
    lines = [b'{"a": 1}'] * 30 + [b"broken"]
    assert read(b"\n".join(lines)) == ([1.0] * 30, [(31, None)])


def test_an_array_is_read_entry_by_entry(monkeypatch):
    monkeypatch.setattr("pipelines.sources.json_records._BLOCK_BYTES", 16)
    entries = [{"a": number, "b": {"c": "ü" * number}} for number in range(40)]
    typed, others = read(b"\xef\xbb\xbf\r\n " + json.dumps([*entries, 7], ensure_ascii=False, indent=1).encode())
    assert typed == []
    assert others == [*enumerate(entries, 1), (41, None)]


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"b": {"c": 1, "c": 2}}', "5", "[1]", '{"a"', "[" * 100_000, ""])
def test_what_is_no_object_or_says_one_name_twice_is_none(text):
    assert parse_record(text) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1}\n{"b": {"c": "\xff"}}\n', "line 2 is not valid utf-8"),
        (b'[{"a": 1}, {"a": 2', "cut short or no JSON after entry 1"),
        (b'[{"a": 1}, oops]', "cut short or no JSON after entry 1"),
        (b'{"a": "' + b"x" * (LONGEST_RECORD_BYTES + (1 << 23)), "line 1 is longer than 16 MiB"),
        (b'[{"a": "' + b"x" * (LONGEST_RECORD_BYTES + (1 << 23)), "entry 1 is longer than 16 MiB"),
    ],
    ids=["encoding", "cut short", "no json", "endless line", "endless entry"],
)
def test_a_file_that_cannot_be_read_to_its_end_is_refused(content, said):
    with pytest.raises(SourceError, match=said):
        read(content)
