"""One database, SQLite or Postgres, opened so that what was stored stays stored and a dead one is noticed soon."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from pipelines.atomic import make_folder
from pipelines.errors import ConfigError, StoreError
from pipelines.home import Home

#: How long to wait for a connection, a lock or an answer, in seconds. A caller is waiting for a list meanwhile.
PATIENCE = 2

_REMEDY = "Check that the database runs and that CROSSFADE_STORE_URL names it; nothing that was stored is lost"


class Database:
    """The store's database.

    Args:
        url: SQLAlchemy's address of it (``sqlite:////path``, ``postgresql://user@host/name``).
        patience: How long to wait for a lock or an answer, in seconds.

    Raises:
        ConfigError: It is no such address, or of another database.
    """

    def __init__(self, url: str, patience: int = PATIENCE) -> None:
        self._patience = patience
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise ConfigError("it is no address of a database", where="CROSSFADE_STORE_URL") from error
        self._url = parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed
        self.kind = self._url.get_backend_name()
        if self.kind not in {"sqlite", "postgresql"}:
            raise ConfigError(
                f"'{self.kind}' cannot hold the store", where="CROSSFADE_STORE_URL", remedy="Use SQLite or Postgres"
            )
        #: Where it is, without a password.
        self.place = self._url.render_as_string(hide_password=True)

    @classmethod
    def of(cls, home: Home, url: str = "", patience: int = PATIENCE) -> Database:
        """Return the store of an installation: the one with this address, or SQLite in the home folder."""
        return cls(url or f"sqlite:///{home.events}", patience)

    @property
    def path(self) -> Path | None:
        """SQLite's file."""
        return Path(self._url.database) if self.kind == "sqlite" and self._url.database else None

    @property
    def is_shared(self) -> bool:
        """Whether machines without a common disk may share it."""
        return self.path is None

    @property
    def url(self) -> str:
        """Its address with everything in it; not to be shown."""
        return self._url.render_as_string(hide_password=False)

    @cached_property
    def engine(self) -> Engine:
        """SQLAlchemy's engine; parameters, which are personal data, never get into its messages."""
        if self.path is not None:
            _make_private(self.path)
            engine = create_engine(self._url, hide_parameters=True)
            event.listen(engine, "connect", partial(_prepare_sqlite, patience=self._patience))
            return engine
        limits = f"-c statement_timeout={self._patience * 1000} -c lock_timeout={self._patience * 1000}"
        return create_engine(
            self._url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_timeout=PATIENCE,
            connect_args={"connect_timeout": PATIENCE, "options": limits},
        )

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Give a connection in a transaction, which ends with the block.

        Raises:
            StoreError: The database cannot be used.
        """
        try:
            engine = self.engine
        except OSError as error:
            raise self._away(error) from error
        try:
            with engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:  # an OSError here is the block's own
            raise self._away(error) from error

    def _away(self, error: Exception) -> StoreError:
        # What the driver says can hold values; its kind cannot.
        kind = type(getattr(error, "orig", None) or error).__name__
        return StoreError(f"the event store cannot be used now ({kind})", where=self.place, remedy=_REMEDY)

    def close(self) -> None:
        """Close all connections; a database that was never asked is not made for it."""
        if "engine" in self.__dict__:
            self.engine.dispose()


def _make_private(path: Path) -> None:
    """Make the file where there is none, readable by its owner alone; SQLite gives its other files the same rights."""
    make_folder(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare_sqlite(connection: Any, _: Any, *, patience: int) -> None:
    """Set up a connection.

    A commit is on disk before it is answered (FULL), readers do not wait for the writer (WAL), and what is deleted is
    overwritten.
    """
    for pragma in (
        f"busy_timeout={patience * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
