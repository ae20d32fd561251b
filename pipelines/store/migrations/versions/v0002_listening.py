"""What listeners brought along is kept whole, a source at a time, and with it the history that follows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Take the place of sums by year, out of which no training could be made; no release ever wrote any."""
    op.drop_table("imported_plays")
    op.execute("DELETE FROM imports")
    with op.batch_alter_table("imports") as imports:
        imports.alter_column("source", existing_type=sa.String(), nullable=True)
        imports.add_column(sa.Column("seen_at", sa.String(), nullable=False))
        imports.add_column(sa.Column("problem", sa.Text()))
    op.create_table(
        "listening",
        sa.Column("listener_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("plays", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.Column("tracks", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("listener_id", "source", name="pk_listening"),
    )
    op.create_table(
        "histories",
        sa.Column("listener_id", sa.String(), nullable=False),
        sa.Column("tracks", sa.Text(), nullable=False),
        sa.Column("served_by", sa.String(), nullable=False),
        sa.Column("updated_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("listener_id", name="pk_histories"),
    )


def downgrade() -> None:
    """Go back to the sums, without any."""
    for table in ("histories", "listening"):
        op.drop_table(table)
    op.execute("DELETE FROM imports")
    with op.batch_alter_table("imports") as imports:
        imports.drop_column("problem")
        imports.drop_column("seen_at")
        imports.alter_column("source", existing_type=sa.String(), nullable=False)
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
