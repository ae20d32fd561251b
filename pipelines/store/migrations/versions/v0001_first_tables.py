"""The first tables: events, imports, tokens, keys and deletions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, and let the database itself refuse to change an event."""
    _events()
    _imports()
    op.create_table(
        "tokens",
        sa.Column("listener_id", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("listener_id", "service", name="pk_tokens"),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("expires_at", sa.String()),
        sa.Column("revoked_at", sa.String()),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
        sa.UniqueConstraint("sha256", name="uq_api_keys_sha256"),
    )
    op.create_table(
        "deletions",
        sa.Column("receipt_id", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("listener_mac", sa.String(), nullable=False),
        sa.Column("removed", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("receipt_id", name="pk_deletions"),
    )
    op.create_index("ix_deletions_listener_mac", "deletions", ["listener_mac"])


def downgrade() -> None:
    """Take the tables away."""
    for table in ("deletions", "api_keys", "tokens", "imported_plays", "imports", "events"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION events_only_grow")


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("listener_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("track_id", sa.String()),
        sa.Column("artist", sa.String()),
        sa.Column("undoes", sa.String()),
        sa.Column("list_id", sa.String()),
        sa.Column("ms_played", sa.BigInteger()),
        sa.Column("model_version", sa.String()),
        sa.PrimaryKeyConstraint("number", name="pk_events"),
        sa.UniqueConstraint("listener_id", "event_id", name="uq_events_listener_id_event_id"),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER events_no_update BEFORE UPDATE ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are only added'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION events_only_grow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'events are only added'; END $$"
    )
    op.execute(
        "CREATE TRIGGER events_no_update BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION events_only_grow()"
    )


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("listener_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("started_at", sa.String(), nullable=False),
        sa.Column("finished_at", sa.String()),
        sa.Column("summary", sa.Text()),
        sa.PrimaryKeyConstraint("import_id", name="pk_imports"),
    )
    op.create_index("ix_imports_listener_id", "imports", ["listener_id"])
    op.create_table(
        "imported_plays",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("listener_id", sa.String(), nullable=False),
        sa.Column("track_id", sa.String()),
        sa.Column("title", sa.String()),
        sa.Column("artist", sa.String()),
        sa.Column("year", sa.Integer()),
        sa.Column("plays", sa.BigInteger(), nullable=False),
        sa.Column("ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_imported_plays"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.import_id"], name="fk_imported_plays_import_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_imported_plays_import_id_track_id", "imported_plays", ["import_id", "track_id"])
    op.create_index("ix_imported_plays_listener_id", "imported_plays", ["listener_id"])
