"""API keys: random, shown once, kept as a hash; with scopes, an end and a rate."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Row, insert, select, update

from pipelines.errors import ConfigError, UnknownIdError
from pipelines.store.database import Database
from pipelines.store.tables import API_KEYS
from pipelines.store.times import moment

PREFIX: Final = "cf_"
RECOMMEND: Final = "recommend"
LISTEN: Final = "listen"
ADMIN: Final = "admin"
#: What a key may do: ask about nobody in particular; act for any listener; see the service's own figures.
SCOPES: Final = (RECOMMEND, LISTEN, ADMIN)

_COLUMNS = [column for column in API_KEYS.c if column.name != "sha256"]


@dataclass(frozen=True)
class ApiKey:
    """What is known of a key; the key itself is not.

    Attributes:
        key_id: By which people name it: the key's own beginning.
        name: What it is for.
        scopes: What it may do.
        per_minute: How many calls a minute each worker of the service answers.
        created_at: When it was made (ISO 8601, UTC).
        expires_at: When it ends; None for never.
        revoked_at: When it was revoked; None while it was not.
    """

    key_id: str
    name: str
    scopes: frozenset[str]
    per_minute: int
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None

    def works(self, now: datetime) -> bool:
        """Tell whether it is neither revoked nor past its end."""
        return self.revoked_at is None and (self.expires_at is None or moment(now) < self.expires_at)


class KeyRing:
    """The API keys of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, name: str, scopes: Iterable[str], *, per_minute: int, now: datetime, expires: datetime | None = None
    ) -> tuple[str, ApiKey]:
        """Make a key, and return it with what is known of it; it cannot be shown again.

        Raises:
            ConfigError: A scope is none.
            StoreError: The database cannot be used.
        """
        wanted = frozenset(scopes)
        if not wanted or not wanted <= set(SCOPES):
            raise ConfigError(
                f"'{', '.join(sorted(wanted))}' are no scopes", where="keys", remedy=f"Choose of {', '.join(SCOPES)}"
            )
        key_id = secrets.token_hex(4)
        key = f"{PREFIX}{key_id}_{secrets.token_urlsafe(32)}"
        made = ApiKey(key_id, name, wanted, per_minute, moment(now), None if expires is None else moment(expires))
        values = {**vars(made), "scopes": " ".join(sorted(wanted)), "sha256": _hash(key)}
        with self._database.begin() as connection:
            connection.execute(insert(API_KEYS).values(values))
        return key, made

    def find(self, key: str) -> ApiKey | None:
        """Return what is known of a key, whether or not it still works; None for a key that is none.

        Raises:
            StoreError: The database cannot be used.
        """
        with self._database.begin() as connection:
            row = connection.execute(select(*_COLUMNS).where(API_KEYS.c.sha256 == _hash(key))).first()
        return None if row is None else _key(row)

    def all(self) -> list[ApiKey]:
        """Return what is known of every key ever made, the oldest first.

        Raises:
            StoreError: The database cannot be used.
        """
        with self._database.begin() as connection:
            return [_key(row) for row in connection.execute(select(*_COLUMNS).order_by(API_KEYS.c.created_at))]

    def revoke(self, key_id: str, *, now: datetime) -> ApiKey:
        """End a key now; one that was revoked before keeps its time.

        Raises:
            UnknownIdError: There is no such key.
            StoreError: The database cannot be used.
        """
        with self._database.begin() as connection:
            connection.execute(
                update(API_KEYS)
                .where(API_KEYS.c.key_id == key_id, API_KEYS.c.revoked_at.is_(None))
                .values(revoked_at=moment(now))
            )
            row = connection.execute(select(*_COLUMNS).where(API_KEYS.c.key_id == key_id)).first()
        if row is None:
            raise UnknownIdError(f"there is no key '{key_id}'", remedy="'crossfade keys list' shows them")
        return _key(row)


def _hash(key: str) -> str:
    """Return a key's hash; it has 256 random bits, so a fast hash without salt keeps it."""
    return sha256(key.encode()).hexdigest()


def _key(row: Row[Any]) -> ApiKey:
    values = row._asdict()
    return ApiKey(**{**values, "scopes": frozenset(values["scopes"].split())})
