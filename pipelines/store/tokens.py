"""Tokens of other services, kept encrypted: without the installation's secret they are noise."""

from __future__ import annotations

import base64
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from pipelines.store.database import Database
from pipelines.store.secret import Secret
from pipelines.store.tables import TOKENS
from pipelines.store.times import moment


class TokenSafe:
    """The tokens of listeners, by service."""

    def __init__(self, database: Database, secret: Secret) -> None:
        self._database = database
        self._fernet = Fernet(base64.urlsafe_b64encode(secret.key("tokens")))

    def put(self, listener_id: str, service: str, token: str, *, now: datetime) -> None:
        """Keep a token in place of the one before.

        Raises:
            StoreError: The database cannot be used.
        """
        dialect = postgresql if self._database.kind == "postgresql" else sqlite
        sealed, at = self._fernet.encrypt(token.encode()), moment(now)
        row = {"listener_id": listener_id, "service": service, "sealed": sealed, "updated_at": at}
        statement = dialect.insert(TOKENS).values(row)
        new = {"sealed": statement.excluded.sealed, "updated_at": statement.excluded.updated_at}
        with self._database.begin() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["listener_id", "service"], set_=new))

    def get(self, listener_id: str, service: str) -> str | None:
        """Return a token; None where there is none, or where it was sealed with another secret.

        Raises:
            StoreError: The database cannot be used.
        """
        query = select(TOKENS.c.sealed).where(TOKENS.c.listener_id == listener_id, TOKENS.c.service == service)
        with self._database.begin() as connection:
            sealed = connection.execute(query).scalar()
        if sealed is None:
            return None
        try:
            return self._fernet.decrypt(bytes(sealed)).decode()
        except InvalidToken:
            return None

    def drop(self, listener_id: str, service: str) -> None:
        """Forget a token.

        Raises:
            StoreError: The database cannot be used.
        """
        statement = delete(TOKENS).where(TOKENS.c.listener_id == listener_id, TOKENS.c.service == service)
        with self._database.begin() as connection:
            connection.execute(statement)
