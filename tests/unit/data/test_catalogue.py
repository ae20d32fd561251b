"""One row a track, put together from what several sources say."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.catalogue import SourcedTracks, one_row_a_track
from pipelines.data.provenance import Provenance, Use
from pipelines.errors import TableError

OPEN = Provenance("open", "a test", "none")
SHOWN = Provenance("shown", "a test", "none", frozenset({Use.DISPLAY}))


def told(*rows):
    return SourcedTracks(pa.Table.from_pylist([{c.TRACK_ID: "a"} | row for row in rows], schema=c.TRACK_SCHEMA))


def test_the_source_with_the_most_uses_speaks_first_and_the_others_fill_its_gaps():
    full = {c.SOURCE: "shown", c.TITLE: "Theirs", c.ALBUM: "Album", c.TEMPO: 90.0}
    (row,) = one_row_a_track(told(full, {c.SOURCE: "open", c.TITLE: "Ours"}), (OPEN, SHOWN)).data.to_pylist()
    assert (row[c.SOURCE], row[c.TITLE], row[c.ALBUM], row[c.TEMPO]) == ("open", "Ours", "Album", 90.0)


def test_tags_and_their_weights_come_from_one_row():
    other = {c.SOURCE: "shown", c.TAGS: ["x"], c.TAG_WEIGHTS: [3.0]}
    (row,) = one_row_a_track(told({c.SOURCE: "open", c.TAGS: ["y"]}, other), (OPEN, SHOWN)).data.to_pylist()
    assert (row[c.TAGS], row[c.TAG_WEIGHTS]) == (["y"], None)


def test_the_catalogue_does_not_depend_on_the_order_of_the_rows():
    rows = [
        {c.SOURCE: "open", c.TITLE: "Ours"},
        {c.SOURCE: "shown", c.ALBUM: "Album"},
        {c.TRACK_ID: "b", c.SOURCE: "open"},
    ]
    one, other = (one_row_a_track(told(*order), (OPEN, SHOWN)).data for order in (rows, rows[::-1]))
    assert one.equals(other)
    assert one[c.TRACK_ID].to_pylist() == ["a", "b"]


def test_no_source_says_two_things_of_one_track():
    with pytest.raises(TableError, match="1 tracks stand twice under one source"):
        told({c.SOURCE: "open"}, {c.SOURCE: "open"})
