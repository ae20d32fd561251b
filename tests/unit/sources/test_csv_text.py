"""CSV from a stream: text columns, and errors that say where."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest

from pipelines.errors import SourceError
from pipelines.sources.csv_text import CsvFormat, csv_batches, one_element_lists

COMPLETE = "Check whether the file is complete and its quotes are closed."


def read(data, *, required=(), shape=None):
    """Read bytes to the end and return the rows."""
    batches = list(csv_batches(io.BytesIO(data), where="f.csv", required=required, shape=shape))
    return pa.concat_tables(batches).to_pylist()


def test_every_value_stays_the_text_that_stands_in_the_file():
    assert read(b"a,b\n1,2.0\n007, x \n") == [{"a": "1", "b": "2.0"}, {"a": "007", "b": " x "}]


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,2\n",
        b"a,b\n1,2",
        b"a,b\r\n1,2\r\n",
        b"a,b\n\n1,2\n\n",
        b"\n \r\na,b\n1,2\n",
        b"\xef\xbb\xbfa,b\n1,2\n",
        b" a , b \n1,2\n",
        b'"a","b"\n"1","2"\n',
        b"a;b\n1;2\n",
        b"a\tb\n1\t2\n",
    ],
)
def test_one_table_written_in_many_ways(data):
    assert read(data, required=("a", "b")) == [{"a": "1", "b": "2"}]


def test_a_quoted_value_may_hold_the_separator_a_quote_and_a_line_break():
    assert read(b'a,b\n"1,\n""x""",2\n') == [{"a": '1,\n"x"', "b": "2"}]


def test_quotes_are_letters_where_the_format_has_none():
    shape = CsvFormat(delimiters="\t", quotes=False)
    assert read(b'a\tb\n"Weird Al"\t5\'9"\n', shape=shape) == [{"a": '"Weird Al"', "b": "5'9\""}]


def test_one_byte_encodings_are_read_as_told():
    shape = CsvFormat(encoding="latin-1")
    assert read("a\nfußball\n".encode("latin-1"), shape=shape) == [{"a": "fußball"}]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "f.csv: it is empty. Pass a table with a header line and rows."),
        (b"\n \r\n", "f.csv: it is empty. Pass a table with a header line and rows."),
        (
            b"a,b\r1,2\r",
            "f.csv: its lines end in a carriage return alone. Save the file with the line ends of Unix or Windows.",
        ),
        (b"a" * 200_000, "f.csv: its first line is too long for a header. Check what the file is."),
        (b"a,b\n", "f.csv: it has not one row. Pass a table with rows."),
        (b"a,c\n1,2\n", "f.csv: the column 'b' is missing (columns found: 'a', 'c'). Name a column 'b'."),
        (b"a,b,a\n1,2,3\n", "f.csv: the column 'a' stands twice in the header. Rename one."),
        (
            b"a,b\n1,2\n3\n",
            f"f.csv: row 2 has 1 values where the header has 2: '3'. {COMPLETE}",
        ),
        (
            b'a,b\n1,2\n"3,4\n5,6\n',
            f"f.csv: row 2 has 1 values where the header has 2: '\"3,4\\n5,6'. {COMPLETE}",
        ),
        (
            b"a,b\n1,2\n3,\xff\n",
            "f.csv: line 3 is not valid utf-8 (byte 10). Save the file as UTF-8.",
        ),
        (b"\xff\xfea\x00", "f.csv: line 1 is not valid utf-8 (byte 0). Save the file as UTF-8."),
        (b"a,b\n1,\xc3", "f.csv: line 2 is not valid utf-8 (byte 6). Save the file as UTF-8."),
    ],
)
def test_an_error_says_what_is_wrong_where_and_what_to_do(data, message):
    with pytest.raises(SourceError) as caught:
        read(data, required=("a", "b"))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "ending", ['3,"', '3,"4', '3,"4\n', '3,"4\n5,6\n', '3,"4 ""x""\n5,6', '3,"' + "5,6\n" * 30_000]
)
def test_a_file_that_ends_inside_quotes_is_refused(ending):
    with pytest.raises(SourceError, match=r"the quotes of its last value are not closed\. Check whether the file"):
        read(f"a,b\n1,2\n{ending}".encode())


@pytest.mark.parametrize(
    ("ending", "value"),
    [
        ("3,", ""),
        ('3,""', ""),
        ('3,"4"', "4"),
        ('3,"4\n5"\n\n', "4\n5"),
        ("3,5'9\"", "5'9\""),
        ('3,"x ""4"""', 'x "4"'),
        ('3,"\n"', "\n"),
        ('3,"\n"\n', "\n"),
        ('3,""""', '"'),
        ('3,","""', ',"'),
    ],
)
def test_a_file_that_ends_well_is_read(ending, value):
    assert read(f"a,b\n1,2\n{ending}".encode())[-1] == {"a": "3", "b": value}


def test_the_row_of_a_wrong_byte_is_counted_through_the_whole_file():
    rows = 900_000
    data = b"a,b\n" + b"1,\xc3\xa9\n" * rows + b"1,\xe9\n"
    with pytest.raises(SourceError, match=f"line {rows + 2:,} is not valid utf-8 .byte {4 + 5 * rows + 2:,}."):
        read(data)


def test_rows_come_in_batches_of_bounded_size():
    batches = list(csv_batches(io.BytesIO(b"a\n" + b"1234567\n" * 1_500_000), where="f", required=()))
    assert sum(batch.num_rows for batch in batches) == 1_500_000
    assert max(batch.num_rows for batch in batches) < 600_000


def test_a_name_with_a_bar_in_it_stays_one_name():
    names = pa.chunked_array([["A | B"], ["C", None]])
    assert one_element_lists(names).to_pylist() == [["A | B"], ["C"], [None]]
