"""Laws of accumulation: reading again adds nothing, the order of readings does not matter, sums add up."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.data import columns as c
from pipelines.data.accumulate import Joining, join_interactions
from pipelines.data.buckets import BUCKETS, bucket_of
from pipelines.data.canonical import bucket_digests, in_order
from pipelines.data.deduplication import merge_interactions
from pipelines.data.spool import Spool

START = datetime(2026, 1, 1, tzinfo=UTC)


def readings(source):
    """Give small readings in which keys collide often; rows that are one event say the same."""
    key = st.tuples(
        st.sampled_from(["u", "v", "w"]),
        st.sampled_from(["a", "b"]),
        st.sampled_from([None, *(START + timedelta(minutes=minute) for minute in range(3))]),
        st.sampled_from([c.PLAY, c.PLAY_COUNT, c.LIKE]),
    )
    return st.lists(key, max_size=12).map(lambda keys: merge_interactions(_table(keys, source)).rows)


def _table(keys, source):
    names = (c.USER_ID, c.TRACK_ID, c.AT, c.KIND)
    rows = [
        dict(zip(names, key, strict=True)) | {c.SOURCE: source, c.VALUE: 3.0 if key[3] == c.PLAY_COUNT else None}
        for key in keys
    ]
    return pa.Table.from_pylist(rows, schema=c.INTERACTION_SCHEMA)


def joined(trusted, incoming, source):
    return join_interactions(trusted, incoming, Joining(source, frozenset()))


def content(rows):
    return in_order(rows).to_pylist()


EMPTY = c.INTERACTION_SCHEMA.empty_table()


@given(readings("diary"), readings("diary"))
def test_a_second_reading_of_the_same_input_adds_nothing(before, reading):
    once = joined(before, reading, "diary").rows
    again = joined(once, reading, "diary")
    assert again.changes.new == again.changes.updated == again.changes.dropped == 0
    assert content(again.rows) == content(once)


@given(readings("diary"), readings("radio"))
def test_the_order_in_which_sources_are_read_does_not_matter(one, other):
    first = joined(joined(EMPTY, one, "diary").rows, other, "radio").rows
    second = joined(joined(EMPTY, other, "radio").rows, one, "diary").rows
    assert content(first) == content(second)


@given(readings("diary"), readings("diary"), st.frozensets(st.sampled_from(["diary", "radio"])), readings("radio"))
def test_the_sums_add_up_whatever_makes_way(before, reading, makes_way, others):
    trusted = pa.concat_tables([before, others])
    after = join_interactions(trusted, reading, Joining("diary", makes_way))
    changes = after.changes
    assert changes.new + changes.updated + changes.known == reading.num_rows
    assert trusted.num_rows + changes.new - changes.dropped == after.rows.num_rows


@given(readings("diary"), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_says_nothing(rows, random):
    shuffled = list(range(rows.num_rows))
    random.shuffle(shuffled)
    other = rows.take(pa.array(shuffled, pa.int64()))
    assert in_order(other).equals(in_order(rows))
    assert bucket_digests(in_order(other)) == bucket_digests(in_order(rows))


@given(st.lists(readings("diary"), max_size=4), st.integers(1, 10), st.integers(0, 8))
def test_a_spool_gives_back_every_row_once_in_whatever_parts_it_is_asked_for(batches, memory_rows, splits):

    with tempfile.TemporaryDirectory() as folder:
        spool, in_memory = Spool(Path(folder), memory_rows=memory_rows), Spool()
        for batch in batches:
            spool.add(batch)
            in_memory.add(batch)
        width = BUCKETS >> splits
        parts = [spool.rows_of(range(first, first + width)) for first in range(0, BUCKETS, width)]
        assert content(pa.concat_tables(parts)) == content(in_memory.rows_of(range(BUCKETS)))
        for place, part in enumerate(parts):
            assert {bucket_of(user) // width for user in part[c.USER_ID].to_pylist()} <= {place}
        assert sorted(spool.track_ids().to_pylist()) == sorted(in_memory.track_ids().to_pylist())
