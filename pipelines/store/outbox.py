"""What services tell the flows, where the two share a store and no disk: who is to be forgotten, who agreed to what.

A service whose store is in its home folder writes into that folder, which is the flows' too. One with a disk of its own
leaves a letter in the store they share; whichever flow comes first carries it over. Letters are sealed with the
installation's secret, as whoever is to be forgotten is named in them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Row, delete, insert, select

from pipelines.errors import StoreError
from pipelines.store.database import Database
from pipelines.store.secret import Secret
from pipelines.store.tables import OUTBOX
from pipelines.store.times import moment

#: Somebody asks to be forgotten everywhere.
FORGET: Final = "forget"
#: Somebody agrees to the use of their own data; somebody takes that back.
AGREE: Final = "agree"
TAKE_BACK: Final = "take_back"


@dataclass(frozen=True)
class Letter:
    """One thing that a service has to tell.

    Attributes:
        kind: ``FORGET``, ``AGREE`` or ``TAKE_BACK``.
        listener_id: Whom it is about.
        at: When it was written (ISO 8601, UTC).
        said: What else there is to say.
    """

    kind: str
    listener_id: str
    at: str
    said: Mapping[str, Any]


class Outbox:
    """The letters of a store.

    Args:
        database: The store.
        secret: The installation's secret, which services and flows share.
    """

    def __init__(self, database: Database, secret: Secret) -> None:
        self._database = database
        self._fernet = Fernet(base64.urlsafe_b64encode(secret.key("outbox")))

    def add(self, listener_id: str, *, now: datetime, removed: Mapping[str, int] | None = None) -> None:
        """Ask that somebody be forgotten everywhere else, as ``ForgetRequests.add`` does.

        Raises:
            StoreError: The store is away; nobody was asked.
        """
        self.post(FORGET, listener_id, now=now, removed=dict(removed or {}))

    def post(self, kind: str, listener_id: str, *, now: datetime, **said: Any) -> None:
        """Leave a letter; on return it is on disk.

        Raises:
            StoreError: The store is away; nothing was left.
        """
        sealed = self._fernet.encrypt(json.dumps([listener_id, said]).encode())
        with self._database.begin() as connection:
            connection.execute(insert(OUTBOX).values(kind=kind, at=moment(now), sealed=sealed))

    @contextmanager
    def emptied(self) -> Iterator[list[Letter]]:
        """Give all letters, the oldest first; when the block ends without an error they are gone.

        Who comes second waits for the first. A letter whose reader was killed is given again.

        Raises:
            StoreError: The store is away, or a letter was sealed with another secret.
        """
        query = select(OUTBOX).order_by(OUTBOX.c.number).with_for_update()
        with self._database.begin() as connection:
            rows = connection.execute(query).all()
            yield [self._opened(row) for row in rows]
            if rows:
                connection.execute(delete(OUTBOX).where(OUTBOX.c.number.in_([row.number for row in rows])))

    def _opened(self, row: Row[Any]) -> Letter:
        try:
            listener_id, said = json.loads(self._fernet.decrypt(row.sealed))
        except (InvalidToken, ValueError) as error:
            raise StoreError(
                "a letter of a service cannot be opened",
                where=f"{self._database.place}, table {OUTBOX.name}",
                remedy="Give flows and services the same CROSSFADE_SECRET_KEY",
            ) from error
        return Letter(row.kind, listener_id, row.at, said)
