"""The source ``feedback``: what stands of the events, what may train of the imports, and an account of the rest."""

from datetime import UTC, datetime

import pytest

from pipelines.data import columns as c
from pipelines.data.accumulate import Joining, join_interactions
from pipelines.data.cleaning import clean
from pipelines.data.feedback import LIKE, UNDO, Event
from pipelines.errors import ConfigError, SourceError
from pipelines.sources.base import Reading
from pipelines.sources.feedback import (
    BLOCK,
    DESCRIBED,
    FROM_API,
    PERSON,
    REPLACED,
    TAKEN_BACK,
    Feedback,
    FeedbackOptions,
)
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from pipelines.store.forgetting import Forgetting
from pipelines.store.migrating import bring_up_to_date
from pipelines.testing.feedback import ANN, EVENTS, NOW, write_store


@pytest.fixture
def address(tmp_path):
    return write_store(tmp_path)


@pytest.fixture
def database(address):
    database = Database(address)
    yield database
    database.close()


def source(address):
    return Feedback(FeedbackOptions(store=address))


def told(source):
    """Who, what, which track, how long, on which consent."""
    rows = clean(source).tables.interactions.data.select([c.USER_ID, c.KIND, c.TRACK_ID, c.VALUE, c.CONSENT])
    return sorted(tuple(row.values()) for row in rows.to_pylist())


def test_what_stands_becomes_rows_with_the_consent_of_those_who_gave_one(address):
    assert told(source(address)) == [
        ("u1", "play", "t2", 60_000.0, None),
        ("u1", "skip", "t1", 4_000.0, None),
        (ANN, "dislike", "t3", None, "c1"),
        (ANN, "like", "t1", None, "c1"),
        (ANN, "play", "mbid:1", None, "c1"),
    ]


def test_times_are_those_of_the_events(address):
    rows = clean(source(address)).tables.interactions.data.to_pylist()
    (like,) = [row for row in rows if row[c.KIND] == "like"]
    assert like[c.AT] == datetime(2026, 1, 2, 12, 0, 1, tzinfo=UTC)


def test_everything_else_is_accounted_for(address):
    read = source(address)
    counts = clean(read).counts
    assert counts["interactions"].left_out == {TAKEN_BACK: 2, REPLACED: 1, BLOCK: 1, PERSON: 1, FROM_API: 1}
    assert counts["interactions"].read == len(EVENTS) + 2
    assert (counts["tracks"].left_out, counts["tracks"].kept, counts["tracks"].built) == ({DESCRIBED: 3}, 1, 0)


def test_an_id_that_somebody_sent_is_no_track(tmp_path):
    address = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    database = Database(address)
    bring_up_to_date(database)
    EventLog(database).append([Event("u1", "e1", LIKE, "2026-01-03T00:00:00.000000+00:00", "made-up")])
    database.close()
    tables = clean(source(address)).tables
    assert (len(tables.interactions), len(tables.tracks)) == (1, 0)


def test_what_is_undone_and_who_is_forgotten_leave_with_the_next_reading(address, database):
    first = clean(source(address)).tables.interactions.data
    joining = Joining.of("feedback", Reading.EVENTS, {"feedback": Reading.EVENTS, "files": Reading.POPULATION})
    EventLog(database).append([Event("u1", "e3", UNDO, "2026-01-03T00:00:00.000000+00:00", undoes="e1")])
    Forgetting(database).forget(ANN, now=NOW, mac="m")
    joined = join_interactions(first, clean(source(address)).tables.interactions.data, joining)
    assert [(row[c.USER_ID], row[c.KIND]) for row in joined.rows.to_pylist()] == [("u1", "play")]
    assert (joined.changes.dropped, joined.changes.known) == (4, 1)


def test_a_new_reading_leaves_other_sources_alone():
    joining = Joining.of("feedback", Reading.EVENTS, {"synthetic": Reading.WORLD, "lastfm": Reading.PERSON})
    assert joining.makes_way == frozenset()


def test_a_like_after_an_undo_counts(address, database):
    EventLog(database).append([Event(ANN, "e9", LIKE, "2026-01-03T00:00:00.000000+00:00", "t2")])
    assert (ANN, "like", "t2", None, "c1") in told(source(address))


def test_where_there_is_no_store_nothing_is_made_and_the_remedy_is_named(tmp_path):
    with pytest.raises(SourceError, match="there is no event store yet"):
        source(f"sqlite:///{tmp_path / 'none.sqlite3'}").check()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConfigError, match="cannot hold the store"):
        source("mysql://x/y")
    assert "secret" not in repr(FeedbackOptions(store="postgresql://me:secret@x/y"))
