"""Forget a listener: delete everything the store holds of them, and keep a receipt that names nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Table, delete, func, insert, select, text

from pipelines.data.hashing import hash_json
from pipelines.store.database import Database
from pipelines.store.tables import DELETIONS, EVENTS, HISTORIES, IMPORTS, LISTENING, SERVED_LISTS, TOKENS
from pipelines.store.times import moment

#: What a receipt counts, and the tables each count is of.
_TABLES: Mapping[str, tuple[Table, ...]] = {
    "events": (EVENTS, SERVED_LISTS),
    "history": (LISTENING, HISTORIES),
    "imports": (IMPORTS,),
    "tokens": (TOKENS,),
}


@dataclass(frozen=True)
class Receipt:
    """What was deleted, and when; it names nobody.

    Attributes:
        receipt_id: Its id, also in the store's table ``deletions``.
        at: When (ISO 8601, UTC).
        removed: How many rows of what.
        sha256: The hash of the rest, by which a receipt that is shown later can be checked.
    """

    receipt_id: str
    at: str
    removed: Mapping[str, int]
    sha256: str

    def is_whole(self) -> bool:
        """Tell whether nothing in it was changed."""
        return self.sha256 == _hash(self.receipt_id, self.at, self.removed)


class Forgetting:
    """The deletions of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def forget(self, listener_id: str, *, now: datetime, mac: str, spooled: int = 0) -> Receipt:
        """Delete everything about a listener in one transaction, and record that it was done.

        Args:
            listener_id: Whom to forget.
            now: The time.
            mac: What stands for them in the record (``Secret.mac``): it tells nobody who they are, and keeps an event
                that another machine has yet to store from coming back.
            spooled: How many events were deleted that were not stored yet.

        Raises:
            StoreError: The database cannot be used; nothing was deleted.
        """
        with self._database.begin() as connection:
            removed = {
                name: sum(
                    connection.execute(delete(table).where(table.c.listener_id == listener_id)).rowcount
                    for table in tables
                )
                for name, tables in _TABLES.items()
            }
            removed["events"] += spooled
            receipt_id, at = uuid4().hex, moment(now)
            receipt = Receipt(receipt_id, at, removed, _hash(receipt_id, at, removed))
            connection.execute(
                insert(DELETIONS).values(
                    receipt_id=receipt_id, at=at, listener_mac=mac, removed=json.dumps(removed), sha256=receipt.sha256
                )
            )
        self._wipe()
        return receipt

    def what_remains(self, listener_id: str) -> dict[str, int]:
        """Count what the store holds of a listener.

        Raises:
            StoreError: The database cannot be used.
        """
        with self._database.begin() as connection:
            return {
                name: sum(
                    int(connection.execute(_count(table, table.c.listener_id == listener_id)).scalar_one())
                    for table in tables
                )
                for name, tables in _TABLES.items()
            }

    def forgotten_at(self, mac: str) -> str | None:
        """Return when the listener behind a ``mac`` was forgotten last, or None.

        Raises:
            StoreError: The database cannot be used.
        """
        query = select(func.max(DELETIONS.c.at)).where(DELETIONS.c.listener_mac == mac)
        with self._database.begin() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else str(found)

    def latest(self) -> str | None:
        """Return when a listener was forgotten last, or None.

        Raises:
            StoreError: The database cannot be used.
        """
        with self._database.begin() as connection:
            found = connection.execute(select(func.max(DELETIONS.c.at))).scalar()
        return None if found is None else str(found)

    def receipts(self) -> list[Receipt]:
        """Return the receipts of all deletions, the latest first.

        Raises:
            StoreError: The database cannot be used.
        """
        columns = DELETIONS.c
        query = select(columns.receipt_id, columns.at, columns.removed, columns.sha256).order_by(columns.at.desc())
        with self._database.begin() as connection:
            rows = connection.execute(query).all()
        return [Receipt(receipt_id, at, json.loads(removed), sha256) for receipt_id, at, removed, sha256 in rows]

    def _wipe(self) -> None:
        """Empty SQLite's log, in which the deleted rows stand until then; Postgres does so by its own vacuum."""
        if self._database.kind == "sqlite":
            with self._database.begin() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def _count(table: Table, where: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(table).where(where)


def _hash(receipt_id: str, at: str, removed: Mapping[str, int]) -> str:
    return hash_json({"receipt_id": receipt_id, "at": at, "removed": dict(removed)})
