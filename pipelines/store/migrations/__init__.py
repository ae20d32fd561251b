"""Alembic's migrations of the store: one file a version, run by ``pipelines.store.migrating``."""
