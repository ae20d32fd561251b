"""Bring the tables of a store to this version, once, whoever starts at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from pipelines.errors import StoreError
from pipelines.locking import only_one
from pipelines.store.database import Database

#: The version of the tables that this code reads and writes.
HEAD = "0004"

#: Seconds to wait for another process that migrates.
_PATIENCE = 60.0

#: Any number, the same in every process: the key of Postgres' advisory lock.
_LOCK = 7_239_001


def bring_up_to_date(database: Database) -> None:
    """Run the migrations that are missing; where none is, nothing but one small question is asked.

    Raises:
        StoreError: The database cannot be used, or was written by a newer version.
    """
    with database.begin() as connection:
        if _version(connection) == HEAD:
            return
    with _alone(database), database.begin() as connection:
        if database.kind == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        version = _version(connection)
        if version is not None and version > HEAD:
            raise StoreError(
                f"its tables are of version {version}, this program knows them up to {HEAD}",
                where=database.place,
                remedy="Start the newer release, or restore the copy from before it",
            )
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    """Return the version of the tables; None where there are none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Let one process at a time migrate an SQLite file; on Postgres the transaction takes a lock of its own."""
    if database.path is None:
        yield
        return
    with only_one(database.path.parent / f".{database.path.name}-migrating", patience=_PATIENCE):
        yield
