"""The log of served lists: which model made a list, for whom, and how much of it the shadow's list shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pipelines.store.database import Database
from pipelines.store.tables import SERVED_LISTS


@dataclass(frozen=True)
class ServedList:
    """One list that a listener was shown.

    Attributes:
        list_id: Its request id.
        listener_id: Who was shown it.
        model_version: The bundle that made it.
        at: When (ISO 8601, UTC, microseconds).
        shadow_version: The bundle that made another one beside it, unseen; None where there is no shadow.
        shadow_overlap: The share of its tracks that the shadow's list has as well.
    """

    list_id: str
    listener_id: str
    model_version: str
    at: str
    shadow_version: str | None = None
    shadow_overlap: float | None = None


@dataclass(frozen=True)
class ListCount:
    """How many lists of one model a listener was shown."""

    listener_id: str
    model_version: str
    lists: int


class ServedLog:
    """The served lists of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        dialect = postgresql if database.kind == "postgresql" else sqlite
        self._append = dialect.insert(SERVED_LISTS).on_conflict_do_nothing(index_elements=["list_id"])

    def append(self, lists: Sequence[ServedList]) -> None:
        """Add lists, all or none; one that is there already stays as it is.

        Raises:
            StoreError: The database cannot be used; nothing was added.
        """
        if lists:
            with self._database.begin() as connection:
                connection.execute(self._append, [asdict(each) for each in lists])

    def find(self, list_id: str) -> ServedList | None:
        """Return a list by its request id.

        Raises:
            StoreError: The database cannot be used.
        """
        columns = [SERVED_LISTS.c[field.name] for field in fields(ServedList)]
        with self._database.begin() as connection:
            row = connection.execute(select(*columns).where(SERVED_LISTS.c.list_id == list_id)).first()
        return ServedList(*row) if row else None

    def forget(self, listener_id: str, *, until: str) -> None:
        """Delete what a listener was shown up to a time.

        Raises:
            StoreError: The database cannot be used; nothing was deleted.
        """
        columns = SERVED_LISTS.c
        with self._database.begin() as connection:
            connection.execute(delete(SERVED_LISTS).where(columns.listener_id == listener_id, columns.at <= until))

    def counts(self, since: str, until: str | None = None) -> list[ListCount]:
        """Count the lists of each model that each listener was shown from a time on.

        Args:
            since: The time (ISO 8601, UTC).
            until: The time before which they were shown; without it up to now.

        Raises:
            StoreError: The database cannot be used.
        """
        columns = SERVED_LISTS.c
        query = (
            select(columns.listener_id, columns.model_version, func.count())
            .where(columns.at >= since)
            .group_by(columns.listener_id, columns.model_version)
        )
        if until is not None:
            query = query.where(columns.at < until)
        with self._database.begin() as connection:
            return [ListCount(*row) for row in connection.execute(query)]
