"""What Alembic runs: the migrations over the connection it was given, in the caller's transaction."""

from __future__ import annotations

from alembic import context

from pipelines.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
context.run_migrations()
