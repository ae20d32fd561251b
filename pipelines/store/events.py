"""The log of events: appended once each, read by listener or whole."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pipelines.data.feedback import KINDS, Event
from pipelines.store.database import Database
from pipelines.store.tables import EVENTS, HISTORIES

_COLUMNS = [EVENTS.c[field.name] for field in fields(Event)]
_BATCH = 10_000


class EventLog:
    """The events of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        dialect = postgresql if database.kind == "postgresql" else sqlite
        unless_there = dialect.insert(EVENTS).on_conflict_do_nothing(index_elements=["listener_id", "event_id"])
        self._append = unless_there.returning(EVENTS.c.number)

    def append(self, events: Sequence[Event]) -> list[bool]:
        """Add events, all or none, and tell for each whether it is new; on return they are on disk.

        Raises:
            StoreError: The database cannot be used; nothing was added.
        """
        with self._database.begin() as connection:
            return [connection.execute(self._append, asdict(event)).first() is not None for event in events]

    def of_listener(self, listener_id: str) -> list[Event]:
        """Return a listener's events in the order of their arrival.

        Raises:
            StoreError: The database cannot be used.
        """
        query = select(*_COLUMNS).where(EVENTS.c.listener_id == listener_id).order_by(EVENTS.c.number)
        with self._database.begin() as connection:
            return [_event(row) for row in connection.execute(query)]

    def listeners(self, kinds: Collection[str] = KINDS) -> Iterator[list[Event]]:
        """Yield the events of one listener after the other, by listener id: what the source ``feedback`` reads.

        Args:
            kinds: Which kinds of events; listeners without any of them are left out.

        Raises:
            StoreError: The database cannot be used.
        """
        query = select(*_COLUMNS).where(EVENTS.c.kind.in_(kinds)).order_by(EVENTS.c.listener_id, EVENTS.c.number)
        with self._database.begin() as connection:
            of_one: list[Event] = []
            for row in connection.execution_options(yield_per=_BATCH).execute(query):
                event = _event(row)
                if of_one and of_one[0].listener_id != event.listener_id:
                    yield of_one
                    of_one = []
                of_one.append(event)
            if of_one:
                yield of_one

    def count(self) -> int:
        """Return how many events there are.

        Raises:
            StoreError: The database cannot be used.
        """
        with self._database.begin() as connection:
            return int(connection.execute(select(func.count()).select_from(EVENTS)).scalar_one())

    def imported(self, listener_id: str) -> dict[str, float]:
        """Return the history that follows from what a listener brought along: served track -> strength in plays.

        Raises:
            StoreError: The database cannot be used.
        """
        query = select(HISTORIES.c.tracks).where(HISTORIES.c.listener_id == listener_id)
        with self._database.begin() as connection:
            found = connection.execute(query).scalar()
        history: dict[str, float] = json.loads(found) if found else {}
        return history


def _event(row: Row[Any]) -> Event:
    return Event(*row)
