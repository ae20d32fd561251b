"""The tables of the event store, from SQLAlchemy's own description of them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, MetaData, Table, UniqueConstraint

from infra.docs.reference.markdown import code, page, table

_OPENING = """What is kept, by whom it is written and how to keep it: [the event store](../event-store.md). The
migrations in `pipelines/store/migrations/` make these tables in SQLite and in Postgres; times are texts, ISO 8601 in
UTC with microseconds."""
_TYPES = {"VARCHAR": "text", "TEXT": "text", "FLOAT": "number", "BIGINT": "whole number", "INTEGER": "whole number"}


def event_store(metadata: MetaData) -> str:
    """Return the page."""
    parts = [_OPENING]
    for each in metadata.tables.values():
        parts += [f"## {each.name}", each.info.get("doc", ""), _columns(each), *_unique(each)]
    return page("Tables of the event store", "`pipelines/store/tables.py`", *parts)


def _columns(of: Table) -> str:
    rows = [(code(column.name), _type(column), _key(column), column.doc or "") for column in of.columns]
    return table(("column", "type", "", "meaning"), rows)


def _type(column: Column[object]) -> str:
    return _TYPES.get(str(column.type), "bytes")


def _key(column: Column[object]) -> str:
    if column.primary_key:
        return "key"
    return "may be missing" if column.nullable else "unique" if column.unique else ""


def _unique(of: Table) -> Iterator[str]:
    for constraint in of.constraints:
        if isinstance(constraint, UniqueConstraint) and len(constraint.columns) > 1:
            yield f"Unique together: {', '.join(code(column.name) for column in constraint.columns)}."
