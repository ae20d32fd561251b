"""A small event store, and the source ``feedback`` on it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa

from pipelines.data import columns as c
from pipelines.data.feedback import BLOCK_ARTIST, DISLIKE, LIKE, PLAY, SKIP, UNDO, Event
from pipelines.data.listening import Listening
from pipelines.sources.base import Source
from pipelines.sources.feedback import Feedback, FeedbackOptions
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from pipelines.store.imports import Imported, ImportLog
from pipelines.store.migrating import bring_up_to_date

ANN: Final = "web:" + "a" * 32
NOW: Final = datetime(2026, 1, 2, 12, tzinfo=UTC)
_AT: Final = "2026-01-02T12:00:0{}.000000+00:00"

#: What Ann and a program's listener did: a like that was undone, one that a dislike replaced, a skip, a play, a block.
EVENTS: Final = (
    Event(ANN, "e1", LIKE, _AT.format(1), "t1"),
    Event(ANN, "e2", LIKE, _AT.format(2), "t2"),
    Event(ANN, "e3", UNDO, _AT.format(3), undoes="e2"),
    Event(ANN, "e4", LIKE, _AT.format(4), "t3"),
    Event(ANN, "e5", DISLIKE, _AT.format(5), "t3"),
    Event(ANN, "e6", BLOCK_ARTIST, _AT.format(6), artist="Somebody"),
    Event("u1", "e1", SKIP, _AT.format(7), "t1", ms_played=4_000),
    Event("u1", "e2", PLAY, _AT.format(8), "t2", ms_played=60_000),
    Event("person:ben", "e1", LIKE, _AT.format(9), "t1"),
)


def listening_of(listener: str, track: str, consent: str) -> Listening:
    """Return one play of one track."""
    row = {c.USER_ID: listener, c.TRACK_ID: track, c.AT: NOW, c.KIND: c.PLAY, c.SOURCE: "lastfm", c.CONSENT: consent}
    described = {c.TRACK_ID: track, c.TITLE: "One", c.ARTISTS: ["Ann Lee"], c.SOURCE: "lastfm"}
    return Listening.of(
        pa.Table.from_pylist([row], schema=c.INTERACTION_SCHEMA),
        pa.Table.from_pylist([described], schema=c.TRACK_SCHEMA),
    )


def write_store(folder: Path) -> str:
    """Write a store with events and two imports of Ann, one of which may not train, and return its address."""
    address = f"sqlite:///{folder / 'events.sqlite3'}"
    if (folder / "events.sqlite3").exists():
        return address
    database = Database(address)
    bring_up_to_date(database)
    EventLog(database).append(EVENTS)
    imports = ImportLog(database)
    for source, track in (("lastfm", "mbid:1"), ("exportify", "spotify:track:1")):
        imports.begin(source, ANN, "c1", now=NOW)
        listening = listening_of(ANN, track, "c1")
        imports.finish(source, Imported(source, listening, {"t1": 1.0}, "b1", {}), now=NOW)
    database.close()
    return address


def feedback_example(folder: Path) -> Source:
    """Return the source ``feedback`` on a small store, which is written once."""
    return Feedback(FeedbackOptions(store=write_store(folder)))
