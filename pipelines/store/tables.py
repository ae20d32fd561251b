"""The tables of the store. ``docs/event-store.md`` says what they mean; migrations make them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

#: Names of constraints, so that a migration can drop one on either database.
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: SQLite counts rows in INTEGER only.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str, *arguments: Any, **options: Any) -> Column[str]:
    return Column(name, String(), *arguments, **options)


EVENTS = Table(
    "events",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    _text("listener_id", nullable=False),
    _text("event_id", nullable=False),
    _text("kind", nullable=False),
    _text("at", nullable=False),
    _text("track_id"),
    _text("artist"),
    _text("undoes"),
    _text("list_id"),
    Column("ms_played", BigInteger()),
    _text("model_version"),
    UniqueConstraint("listener_id", "event_id"),
    sqlite_autoincrement=True,
)

SERVED_LISTS = Table(
    "served_lists",
    METADATA,
    _text("list_id", primary_key=True),
    _text("listener_id", nullable=False, index=True),
    _text("model_version", nullable=False),
    _text("at", nullable=False, index=True),
    _text("shadow_version"),
    Column("shadow_overlap", Float()),
)

IMPORTS = Table(
    "imports",
    METADATA,
    _text("import_id", primary_key=True),
    _text("listener_id", nullable=False, index=True),
    _text("source"),
    _text("consent", nullable=False),
    _text("state", nullable=False),
    Column("progress", Float(), nullable=False),
    _text("started_at", nullable=False),
    _text("seen_at", nullable=False),
    _text("finished_at"),
    Column("summary", Text()),
    Column("problem", Text()),
)

LISTENING = Table(
    "listening",
    METADATA,
    _text("listener_id", primary_key=True),
    _text("source", primary_key=True),
    Column("plays", BigInteger(), nullable=False),
    Column("rows", LargeBinary(), nullable=False),
    Column("tracks", LargeBinary(), nullable=False),
    _text("updated_at", nullable=False),
)

HISTORIES = Table(
    "histories",
    METADATA,
    _text("listener_id", primary_key=True),
    Column("tracks", Text(), nullable=False),
    _text("served_by", nullable=False),
    _text("updated_at", nullable=False),
)

TOKENS = Table(
    "tokens",
    METADATA,
    _text("listener_id", primary_key=True),
    _text("service", primary_key=True),
    Column("sealed", LargeBinary(), nullable=False),
    _text("updated_at", nullable=False),
)

API_KEYS = Table(
    "api_keys",
    METADATA,
    _text("key_id", primary_key=True),
    _text("sha256", nullable=False, unique=True),
    _text("name", nullable=False),
    _text("scopes", nullable=False),
    Column("per_minute", Integer(), nullable=False),
    _text("created_at", nullable=False),
    _text("expires_at"),
    _text("revoked_at"),
)

DELETIONS = Table(
    "deletions",
    METADATA,
    _text("receipt_id", primary_key=True),
    _text("at", nullable=False),
    _text("listener_mac", nullable=False, index=True),
    Column("removed", Text(), nullable=False),
    _text("sha256", nullable=False),
)
