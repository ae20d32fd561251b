"""Which model made each list that a listener was shown: for a canary's figures, and from a request back to the data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "served_lists",
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("listener_id", sa.String(), nullable=False),
        sa.Column("model_version", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("shadow_version", sa.String()),
        sa.Column("shadow_overlap", sa.Float()),
        sa.PrimaryKeyConstraint("list_id", name="pk_served_lists"),
    )
    op.create_index("ix_served_lists_listener_id", "served_lists", ["listener_id"])
    op.create_index("ix_served_lists_at", "served_lists", ["at"])


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("served_lists")
