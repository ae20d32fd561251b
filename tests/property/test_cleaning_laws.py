"""Laws of cleaning: no row gets lost, cleaning twice changes nothing, and batches make no difference."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipelines.data import columns as c
from pipelines.data.cleaning import clean
from pipelines.errors import NotEnoughDataError

#: A run of cleaning takes tens of milliseconds, whatever the number of rows.
LAW = settings(max_examples=20, deadline=None)

IDS = st.sampled_from(["a", "b", " a", "", None])
KINDS = st.sampled_from([*c.KINDS, c.PLAY, c.PLAY_COUNT, c.RATING, "scrobble", "", None])
VALUES = st.sampled_from(["1", "2.5", "-3", "0", "inf", "nan", "", "x", None])
TIMES = st.sampled_from([None, "", "2026-01-02", "2026-01-02T03:04:05Z", "1767355200", "never"])
INTERACTION = st.fixed_dictionaries({c.USER_ID: IDS, c.TRACK_ID: IDS, c.KIND: KINDS, c.VALUE: VALUES, c.AT: TIMES})
TRACK = st.fixed_dictionaries(
    {
        c.TRACK_ID: IDS,
        c.TITLE: st.sampled_from(["One", "", None]),
        c.TAGS: st.sampled_from(["x|y", "x", None]),
        c.TAG_WEIGHTS: st.sampled_from(["2|1", "2", "z", None]),
        c.RELEASE_DATE: st.sampled_from(["2004", "2004-05-17", "May", None]),
        c.TEMPO: st.sampled_from(["120.5", "0", "fast", None]),
    }
)
ENTRY = st.fixed_dictionaries({c.PLAYLIST_ID: IDS, c.TRACK_ID: IDS, c.POSITION: st.sampled_from(["1", "2", "x"])})


class Rows:
    """A source that gives rows in batches of a chosen length."""

    name = "rows"

    def __init__(self, interactions, tracks, playlists, batch=1000):
        self.left_out = {}
        self._tables = (interactions, tracks, playlists)
        self._batch = batch

    def interactions(self):
        return self._batches(self._tables[0])

    def tracks(self):
        return self._batches(self._tables[1])

    def playlists(self):
        return self._batches(self._tables[2])

    def _batches(self, rows):
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows)
        for start in range(0, table.num_rows, self._batch):
            yield table.slice(start, self._batch)


WORLD = st.tuples(st.lists(INTERACTION, max_size=12), st.lists(TRACK, max_size=6), st.lists(ENTRY, max_size=4))


def cleaned(world, **options):
    """Clean a world; one without a usable interaction is none."""
    try:
        return clean(Rows(*world, **options))
    except NotEnoughDataError:
        assume(False)
        raise


def tables_of(result):
    return (result.tables.interactions, result.tables.tracks, result.tables.playlists)


@LAW
@given(world=WORLD)
def test_every_row_is_kept_merged_or_rejected(world):
    result = cleaned(world)
    for rows, table in zip(world, tables_of(result), strict=True):
        counts = result.counts[table.name]
        assert counts.read == len(rows)
        assert counts.kept == len(table)
        assert counts.read + counts.built == counts.kept + sum(counts.rejected.values()) + sum(counts.merged.values())
        refused = result.rejected.filter(pc.equal(result.rejected["table"], table.name))
        assert Counter(refused["reason"].to_pylist()) == counts.rejected


@LAW
@given(world=WORLD)
def test_rejected_rows_can_be_read_again_as_they_were(world):
    result = cleaned(world)
    given_rows = [row for rows in world for row in rows]
    for row in result.rejected["row"].to_pylist():
        assert json.loads(row) in given_rows


@LAW
@given(world=WORLD)
def test_cleaning_what_is_clean_changes_nothing(world):
    once = cleaned(world)
    # With no catalogue at all, one would be built.
    assume(len(once.tables.tracks))
    twice = clean(Rows(*(table.data for table in tables_of(once))))
    for first, second in zip(tables_of(once), tables_of(twice), strict=True):
        assert first.data.equals(second.data)
    assert twice.rejected.num_rows == 0


@LAW
@given(world=WORLD, batch=st.integers(1, 5))
def test_how_rows_are_batched_makes_no_difference(world, batch):
    whole, parts = cleaned(world), cleaned(world, batch=batch)
    for first, second in zip(tables_of(whole), tables_of(parts), strict=True):
        assert first.data.equals(second.data)
    assert whole.counts == parts.counts
    assert whole.rejected.equals(parts.rejected)


COUNTED = st.tuples(
    st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from([1.0, 2.5, 4.0, 0.0, -3.0, float("inf")])
)


def is_possible(plays):
    return 0.0 < plays < float("inf")


@LAW
@given(counted=st.lists(COUNTED, min_size=1, max_size=12))
def test_not_one_play_gets_lost_or_made(counted):
    """What is possible is added up, one row for each listener and track; what is impossible stays as it is."""
    rows = [{c.USER_ID: u, c.TRACK_ID: t, c.KIND: c.PLAY_COUNT, c.VALUE: n} for u, t, n in counted]
    table = clean(Rows(rows, [], [])).tables.interactions.data.to_pylist()
    kept = [(row[c.USER_ID], row[c.TRACK_ID], row[c.VALUE]) for row in table]
    assert sorted(row for row in kept if is_possible(row[2])) == sorted(
        (u, t, sum(n for v, s, n in counted if (v, s) == (u, t) and is_possible(n)))
        for u, t in {(u, t) for u, t, n in counted if is_possible(n)}
    )
    assert [row for row in kept if not is_possible(row[2])] == [row for row in counted if not is_possible(row[2])]
