"""The three tables: checked when built, never edited in place.

A table wraps an Arrow table, which is immutable: a step that changes rows returns a new table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.errors import TableError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Table:
    """An Arrow table that satisfies a schema.

    Attributes:
        data: The rows, in exactly the schema's columns and types.

    Raises:
        TableError: A column is missing, has a type that cannot be cast, or a required value is null.
    """

    data: pa.Table
    name: ClassVar[str]
    schema: ClassVar[pa.Schema]

    def __post_init__(self) -> None:
        """Bring the columns into the schema's order and types and check the required ones."""
        object.__setattr__(self, "data", conform(self.data, self.schema, where=f"table '{self.name}'"))

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.data.num_rows)

    def to_pandas(self) -> pd.DataFrame:
        """Return a copy as a data frame; missing values stay missing."""
        frame: pd.DataFrame = self.data.to_pandas()
        return frame

    @classmethod
    def empty(cls) -> Self:
        """Return a table without rows."""
        return cls(cls.schema.empty_table())


@dataclass(frozen=True)
class InteractionTable(Table):
    """Who did what with which track, and when."""

    name: ClassVar[str] = "interactions"
    schema: ClassVar[pa.Schema] = c.INTERACTION_SCHEMA


@dataclass(frozen=True)
class TrackCatalogue(Table):
    """What is known about each track; one row a track."""

    name: ClassVar[str] = "tracks"
    schema: ClassVar[pa.Schema] = c.TRACK_SCHEMA

    def __post_init__(self) -> None:
        """Check the schema and that every track id stands in one row only."""
        super().__post_init__()
        ids = self.data[c.TRACK_ID]
        if pc.count_distinct(ids).as_py() != len(ids):
            counts = pc.value_counts(ids)
            twice = [entry["values"].as_py() for entry in counts if entry["counts"].as_py() > 1]
            raise TableError(
                f"{len(twice)} track ids stand in more than one row, the first is '{twice[0]}'",
                where="table 'tracks'",
                remedy="Keep one row for each track_id",
            )


@dataclass(frozen=True)
class PlaylistTable(Table):
    """Which tracks stand in which playlist, in order."""

    name: ClassVar[str] = "playlists"
    schema: ClassVar[pa.Schema] = c.PLAYLIST_SCHEMA


@dataclass(frozen=True)
class Tables:
    """The three tables of one world of listening, always together."""

    interactions: InteractionTable
    tracks: TrackCatalogue
    playlists: PlaylistTable


def conform(data: pa.Table, schema: pa.Schema, *, where: str) -> pa.Table:
    """Return ``data`` with exactly the columns and types of ``schema``.

    Missing optional columns are filled with nulls; columns the schema does not name are dropped.

    Args:
        data: Rows from anywhere.
        schema: The wanted columns, types and required fields.
        where: What to call the table in an error.

    Raises:
        TableError: A required column is missing or holds nulls, or a value cannot be cast.
    """
    arrays = []
    for field in schema:
        if field.name not in data.column_names:
            if not field.nullable:
                have = ", ".join(f"'{name}'" for name in data.column_names) or "none"
                raise TableError(
                    f"the column '{field.name}' is missing (columns present: {have})",
                    where=where,
                    remedy=f"Add a column named '{field.name}'",
                )
            arrays.append(pa.nulls(data.num_rows, type=field.type))
            continue
        column = data[field.name]
        try:
            column = column if column.type == field.type else column.cast(field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise TableError(
                f"the column '{field.name}' cannot be read as {field.type}: {error}", where=where
            ) from error
        if not field.nullable and column.null_count:
            raise TableError(f"the column '{field.name}' has {column.null_count} empty values", where=where)
        arrays.append(column)
    return pa.table(arrays, schema=schema)
