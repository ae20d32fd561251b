"""A store on each of the two databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.store.database import Database
from pipelines.store.migrating import bring_up_to_date


@pytest.fixture(params=["sqlite", "postgres"])
def address(request, tmp_path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'events.sqlite3'}"
    return str(request.getfixturevalue("cluster").new_database())


@pytest.fixture
def database(address) -> Iterator[Database]:
    """A store with its tables."""
    database = Database(address)
    bring_up_to_date(database)
    yield database
    database.close()
