"""The tables of a store: made once, the same as the code expects, and never taken from a newer version."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from pipelines.errors import StoreError
from pipelines.store import migrating
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from pipelines.store.tables import METADATA
from tests.support.served import ROOT
from tests.support.stores import event

pytestmark = pytest.mark.integration


def test_the_migrations_make_the_tables_the_code_uses(database):
    with database.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_version_the_code_asks_for_is_the_last_one():
    scripts = ScriptDirectory(str(ROOT / "pipelines" / "store" / "migrations"))
    assert scripts.get_heads() == [migrating.HEAD]


def test_processes_that_start_together_migrate_once(address):
    def start(_):
        database = Database(address)
        migrating.bring_up_to_date(database)
        written = EventLog(database).append([event("a")])
        database.close()
        return written

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(start, range(4))) == [[False], [False], [False], [True]]


def test_there_is_a_way_back(database):
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ROOT / "pipelines" / "store" / "migrations"))
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]


def test_a_store_of_a_newer_version_is_left_alone(database):
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="version 9999, this program knows them up to"):
        migrating.bring_up_to_date(database)
