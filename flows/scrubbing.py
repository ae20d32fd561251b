"""Names in places that have no row for a person: databases of other programs, and every file there is."""

from __future__ import annotations

import json
import mmap
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.data.people import is_person, listener_name
from pipelines.errors import CrossfadeError
from pipelines.home import Home

#: What a name is replaced with.
GONE: Final = "(forgotten)"
#: A shorter id, or one of digits alone, is found everywhere and means nothing.
_LEAST_LENGTH: Final = 4
_WAIT_SECONDS: Final = 30.0
_SQLITE: Final = b"SQLite format 3\0"


@dataclass(frozen=True)
class Name:
    """A listener's id as it may stand in a text.

    Attributes:
        listener_id: The id.
    """

    listener_id: str

    @property
    def is_telling(self) -> bool:
        """Whether the id says in any text who is meant."""
        return len(self.listener_id) >= _LEAST_LENGTH and not self.listener_id.isdigit()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The id as a word of its own, plain or as JSON writes it, and a person's name as the option of a source."""
        return re.compile("|".join(self._forms()))

    @cached_property
    def bytes_pattern(self) -> re.Pattern[bytes]:
        """The same in a file's bytes."""
        return re.compile("|".join(self._forms()).encode(), re.ASCII)

    @cached_property
    def needles(self) -> tuple[str, ...]:
        """Texts of which one is in every text that the pattern is found in."""
        plain = listener_name(self.listener_id) if is_person(self.listener_id) else self.listener_id
        return tuple(dict.fromkeys((plain, json.dumps(plain)[1:-1])))

    def _forms(self) -> Iterator[str]:
        for text in dict.fromkeys((self.listener_id, json.dumps(self.listener_id)[1:-1])):
            # Otherwise 'person:ann' would be found in 'person:anna'.
            yield rf"(?<![\w.@+:-]){re.escape(text)}(?![\w@+:-]|\.\w)"
        if is_person(self.listener_id):
            for text in dict.fromkeys(self.needles):
                yield rf'(?<="listener": "){re.escape(text)}(?=")|(?<="listener":"){re.escape(text)}(?=")'


def scrub(database: Path, name: Name) -> int:
    """Replace a name in every text of an SQLite file, overwrite what stood there, and return how many texts had it.

    Args:
        database: The file; nothing happens where there is none.
        name: Whose name.

    Raises:
        CrossfadeError: Another program holds the file.
    """
    if not database.exists() or not name.is_telling:
        return 0
    try:
        with closing(sqlite3.connect(database, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN IMMEDIATE")
            found = sum(_scrub_column(connection, table, column, name) for table, column in _texts(connection))
            connection.execute("COMMIT")
            # Pages that were freed earlier, by whoever did not overwrite, and the log of changes.
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return found
    except sqlite3.Error as error:
        raise CrossfadeError(
            f"the names in it cannot be removed now ({error})",
            where=str(database),
            remedy="Stop whatever uses it, then run 'crossfade forget' again",
        ) from error


def files_that_name(home: Home, name: Name) -> list[Path]:
    """Return every file of a home folder in which a name stands, Parquet files unpacked.

    Archives that were downloaded are left out: they are as they were published, and reading them again leaves the
    person out.
    """
    if not name.is_telling:
        return []
    files = (path for path in sorted(home.root.rglob("*")) if path.is_file() and not path.is_symlink())
    return [path for path in files if not path.is_relative_to(home.downloads) and _names(path, name)]


def is_sqlite(path: Path) -> bool:
    """Tell whether a file is an SQLite database."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _names(path: Path, name: Name) -> bool:
    try:
        if path.stat().st_size == 0:
            return False
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if any(content.find(text.encode()) >= 0 for text in name.needles) and name.bytes_pattern.search(content):
                return True
        return path.suffix == ".parquet" and _parquet_names(path, name)
    except FileNotFoundError:  # it has gone meanwhile
        return False


def _parquet_names(path: Path, name: Name) -> bool:
    """Look at the texts of a Parquet file, which are packed and so are not found in its bytes."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            for column in batch.columns:
                values = column.flatten() if pa.types.is_list(column.type) else column
                if pa.types.is_string(values.type) and any(
                    name.pattern.search(text) for text in values.unique().to_pylist() if text and _has(text, name)
                ):
                    return True
    return False


def _has(text: str, name: Name) -> bool:
    return any(needle in text for needle in name.needles)


def _texts(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return every column of every table."""
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    return [
        (table, column[1])
        for (table,) in tables
        for column in connection.execute(f'PRAGMA table_xinfo("{table}")').fetchall()
        if not column[6]  # neither hidden nor computed
    ]


def _scrub_column(connection: sqlite3.Connection, table: str, column: str, name: Name) -> int:
    found = 0
    where = " OR ".join(f'instr("{column}", ?) > 0' for _ in name.needles)
    query = f'SELECT rowid, "{column}" FROM "{table}" WHERE typeof("{column}") = \'text\' AND ({where})'  # noqa: S608
    for row, text in connection.execute(query, name.needles).fetchall():
        rest = name.pattern.sub(GONE, text)
        if rest != text:
            change = f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?'  # noqa: S608 - names of columns
            connection.execute(change, (rest, row))
            found += 1
    return found
