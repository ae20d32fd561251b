"""What listeners brought along: how far each import has come, what is kept of it, and the history that follows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pipelines.data.listening import Listening
from pipelines.store.database import Database
from pipelines.store.tables import HISTORIES, IMPORTS, LISTENING
from pipelines.store.times import moment

READING: Final = "reading"
DONE: Final = "done"
FAILED: Final = "failed"

#: Whoever reads a file says so every second or two; silent for so long, they are gone.
SILENCE: Final = timedelta(seconds=60)
_GONE: Final = {
    "what": "the service was stopped while it read the file, so nothing of it was kept",
    "remedy": "Pass the file again",
}
_COLUMNS: Final = [IMPORTS.c[name] for name in ("import_id", "state", "progress", "summary", "problem", "seen_at")]


@dataclass(frozen=True)
class ImportState:
    """How far an import has come.

    Attributes:
        import_id: Which one.
        state: ``reading``, ``done`` or ``failed``.
        progress: Which part is done, 0 to 1.
        summary: What came of it, once it is done.
        problem: ``what`` is wrong and the ``remedy``, where it failed.
    """

    import_id: str
    state: str
    progress: float
    summary: Mapping[str, Any] | None = None
    problem: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Imported:
    """What is to be kept of an import.

    Attributes:
        source: Which kind of file it was.
        listening: All that is kept of this source for the listener.
        history: What follows from everything the listener brought along: served track -> strength in plays.
        served_by: The bundle whose catalogue the tracks were looked up in.
        summary: What became of the file.
        others: What is kept of other sources for the listener, looked up in the same catalogue.
    """

    source: str
    listening: Listening
    history: Mapping[str, float]
    served_by: str
    summary: Mapping[str, Any]
    others: Mapping[str, Listening] = field(default_factory=dict)


class ImportLog:
    """The imports of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dialect = postgresql if database.kind == "postgresql" else sqlite

    def begin(self, import_id: str, listener_id: str, consent: str, *, now: datetime) -> bool:
        """Record that an import has begun, unless another one of the listener is being read; tell whether it has.

        Raises:
            StoreError: The database cannot be used.
        """
        at, silent = moment(now), moment(now - SILENCE)
        own = IMPORTS.c
        busy = select(own.import_id).where(own.listener_id == listener_id, own.state == READING, own.seen_at >= silent)
        row = {
            "import_id": import_id,
            "listener_id": listener_id,
            "consent": consent,
            "state": READING,
            "progress": 0.0,
            "started_at": at,
            "seen_at": at,
        }
        with self._database.begin() as connection:
            if connection.execute(busy).first() is not None:
                return False
            connection.execute(insert(IMPORTS).values(row))
        return True

    def note(self, import_id: str, progress: float | None, *, now: datetime) -> bool:
        """Record how far an import has come; tell whether it still is to be read (its listener may be forgotten).

        Args:
            import_id: Which import.
            progress: How far; None only to say that somebody is at work on it.
            now: The time.

        Raises:
            StoreError: The database cannot be used.
        """
        further = {} if progress is None else {"progress": progress}
        with self._database.begin() as connection:
            return _change(connection, import_id, seen_at=moment(now), **further)

    def finish(self, import_id: str, imported: Imported, *, now: datetime) -> bool:
        """Keep what came of an import, all or nothing; nothing where its listener was forgotten meanwhile.

        Returns:
            Whether it was kept.

        Raises:
            StoreError: The database cannot be used; nothing was kept.
        """
        at = moment(now)
        rows, tracks = imported.listening.pack()
        with self._database.begin() as connection:
            done = {"state": DONE, "progress": 1.0, "source": imported.source, "finished_at": at, "seen_at": at}
            if not _change(connection, import_id, **done, summary=json.dumps(imported.summary)):
                return False
            whose = select(IMPORTS.c.listener_id).where(IMPORTS.c.import_id == import_id)
            listener_id = connection.execute(whose).scalar_one()
            kept = {"plays": imported.listening.rows.num_rows, "rows": rows, "tracks": tracks, "updated_at": at}
            self._put(connection, LISTENING, {"listener_id": listener_id, "source": imported.source}, kept)
            for source, listening in imported.others.items():
                _put_tracks(connection, listener_id, source, listening)
            self._put_history(connection, listener_id, imported.history, imported.served_by, at)
        return True

    def fail(self, import_id: str, what: str, remedy: str, *, now: datetime) -> None:
        """Record that an import came to nothing, and why.

        Raises:
            StoreError: The database cannot be used.
        """
        at, problem = moment(now), json.dumps({"what": what, "remedy": remedy})
        with self._database.begin() as connection:
            _change(connection, import_id, state=FAILED, finished_at=at, seen_at=at, problem=problem)

    def give_up(self, import_ids: Collection[str], *, now: datetime) -> None:
        """Record of imports whose reader is gone that they came to nothing; those that ended stay as they are.

        Raises:
            StoreError: The database cannot be used.
        """
        own, at = IMPORTS.c, moment(now)
        given_up = update(IMPORTS).where(own.import_id.in_(import_ids), own.state == READING)
        with self._database.begin() as connection:
            connection.execute(given_up.values(state=FAILED, finished_at=at, seen_at=at, problem=json.dumps(_GONE)))

    def find(self, import_id: str, listener_id: str, *, now: datetime) -> ImportState | None:
        """Return how far an import of a listener has come; None where they have no such import.

        Raises:
            StoreError: The database cannot be used.
        """
        query = select(*_COLUMNS).where(IMPORTS.c.import_id == import_id, IMPORTS.c.listener_id == listener_id)
        with self._database.begin() as connection:
            row = connection.execute(query).first()
        return None if row is None else _state(row, now)

    def has_imported(self, listener_id: str) -> bool:
        """Tell whether anything is kept of what a listener brought along.

        Raises:
            StoreError: The database cannot be used.
        """
        with self._database.begin() as connection:
            query = select(func.count()).select_from(LISTENING).where(LISTENING.c.listener_id == listener_id)
            return bool(connection.execute(query).scalar_one())

    def listening(self, listener_id: str) -> dict[str, Listening]:
        """Return what is kept of a listener, by source.

        Raises:
            StoreError: The database cannot be used.
        """
        own = LISTENING.c
        query = select(own.source, own.rows, own.tracks).where(own.listener_id == listener_id).order_by(own.source)
        with self._database.begin() as connection:
            found = connection.execute(query).all()
        return {source: Listening.unpack(bytes(rows), bytes(tracks)) for source, rows, tracks in found}

    def everybody(self) -> Iterator[tuple[str, Listening]]:
        """Yield the source and the listening of one listener after the other; what the source ``feedback`` reads.

        Raises:
            StoreError: The database cannot be used.
        """
        own = LISTENING.c
        query = select(own.source, own.rows, own.tracks).order_by(own.listener_id, own.source)
        with self._database.begin() as connection:
            for source, rows, tracks in connection.execution_options(yield_per=1).execute(query):
                yield source, Listening.unpack(bytes(rows), bytes(tracks))

    def consents(self) -> dict[str, str]:
        """Return for each listener who brought something along the id of the consent they gave last.

        Raises:
            StoreError: The database cannot be used.
        """
        query = select(IMPORTS.c.listener_id, IMPORTS.c.consent).where(IMPORTS.c.state == DONE)
        with self._database.begin() as connection:
            rows = connection.execute(query.order_by(IMPORTS.c.started_at)).all()
        return {str(listener): str(consent) for listener, consent in rows}

    def served_by(self, listener_id: str) -> str | None:
        """Return the bundle that a listener's history was made for; None where there is none.

        Raises:
            StoreError: The database cannot be used.
        """
        with self._database.begin() as connection:
            query = select(HISTORIES.c.served_by).where(HISTORIES.c.listener_id == listener_id)
            return connection.execute(query).scalar()

    def look_up_again(
        self,
        listener_id: str,
        parts: Mapping[str, Listening],
        history: Mapping[str, float],
        served_by: str,
        *,
        now: datetime,
    ) -> None:
        """Keep what a listener's tracks are in another catalogue.

        Nothing is kept where they were forgotten meanwhile, and no history where they brought more along: it would be
        without that.

        Args:
            listener_id: Whose.
            parts: Their listening by source, its tracks looked up.
            history: The history that follows.
            served_by: The bundle whose catalogue it is.
            now: The time.

        Raises:
            StoreError: The database cannot be used; nothing was changed.
        """
        with self._database.begin() as connection:
            kept = [_put_tracks(connection, listener_id, source, each) for source, each in parts.items()]
            if kept and all(kept):
                self._put_history(connection, listener_id, history, served_by, moment(now))

    def _put_history(
        self, connection: Connection, listener_id: str, history: Mapping[str, float], served_by: str, at: str
    ) -> None:
        values = {"tracks": json.dumps(dict(history)), "served_by": served_by, "updated_at": at}
        self._put(connection, HISTORIES, {"listener_id": listener_id}, values)

    def _put(self, connection: Connection, table: Any, key: dict[str, str], values: dict[str, Any]) -> None:
        statement = self._dialect.insert(table).values({**key, **values})
        connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def _change(connection: Connection, import_id: str, **values: Any) -> bool:
    """Change an import that is being read; tell whether there is one."""
    statement = update(IMPORTS).where(IMPORTS.c.import_id == import_id, IMPORTS.c.state == READING)
    return connection.execute(statement.values(values)).rowcount == 1


def _put_tracks(connection: Connection, listener_id: str, source: str, listening: Listening) -> bool:
    """Replace the tracks of what is kept of a source; not where rows came since, whose tracks these would lack."""
    own = LISTENING.c
    same = (own.listener_id == listener_id, own.source == source, own.plays == listening.rows.num_rows)
    statement = update(LISTENING).where(*same).values(tracks=listening.pack()[1])
    return connection.execute(statement).rowcount == 1


def _state(row: Row[Any], now: datetime) -> ImportState:
    summary, problem = (json.loads(text) if text else None for text in (row.summary, row.problem))
    if row.state == READING and row.seen_at < moment(now - SILENCE):
        return ImportState(row.import_id, FAILED, row.progress, problem=_GONE)
    return ImportState(row.import_id, row.state, row.progress, summary, problem)
