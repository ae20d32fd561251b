"""What Spotify answered, kept between runs: so that a run that was stopped goes on where it stood.

One SQLite file for each person, which only its owner can read. Lists are kept page by page with a mark that says which
state of the list they belong to (a playlist's snapshot id, or the reading); objects (audio features, artists, tracks)
by their id; plays by their time. Each write is one transaction, so that a run can be killed at any moment.

Spotify's terms allow keeping its content for a time only: what is older than ``RETENTION_DAYS`` is removed whenever the
file is opened, and a log-out removes all of it.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pipelines.errors import SourceError
from pipelines.sources.spotify_api.tokens import private_folder

RETENTION_DAYS: Final = 30
_DAY_SECONDS: Final = 86_400.0
_BUSY_SECONDS: Final = 30.0
#: With a write-ahead log a kill loses nothing, and no page waits for the disk; a power cut may lose the last pages, and
#: they are asked for again.
_SCHEMA: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS facts(name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lists(name TEXT PRIMARY KEY, mark TEXT NOT NULL, whole INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS pages(list TEXT, start INTEGER, page TEXT NOT NULL, PRIMARY KEY(list, start));
CREATE TABLE IF NOT EXISTS objects(kind TEXT, id TEXT, body TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY(kind, id));
CREATE TABLE IF NOT EXISTS plays(played_at TEXT, track TEXT, body TEXT NOT NULL, at REAL NOT NULL,
                                 PRIMARY KEY(played_at, track));
"""


@dataclass(frozen=True)
class Page:
    """A stretch of a list.

    Attributes:
        start: The offset of its first entry.
        total: How long the list said it was.
        more: Whether the list goes on after it.
        keys: What tells one entry from another; None for entries that cannot be told apart.
        entries: The entries, in the form they are kept in.
    """

    start: int
    total: int
    more: bool
    keys: list[str | None]
    entries: list[dict[str, Any]]

    @property
    def end(self) -> int:
        """The offset of the next page."""
        return self.start + len(self.entries)


class Kept:
    """One person's kept answers.

    Args:
        path: The file.
        now: Seconds since 1970, for what is kept from now on and for what is too old.

    Raises:
        SourceError: The file is damaged.
        CrossfadeError: It cannot be made.
    """

    def __init__(self, path: Path, now: float) -> None:
        private_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._now = now
        try:
            self._database = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            self._database.executescript(_SCHEMA)
            self._forget_what_is_old()
        except sqlite3.DatabaseError as error:
            raise SourceError(
                f"the kept answers cannot be read ({error})", where=str(path), remedy="Remove the file and run again"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def fact(self, name: str) -> str | None:
        """Return a fact, None where it is not known."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def state(self, name: str, value: str | None) -> None:
        """Keep a fact, or drop it."""
        if value is None:
            self._database.execute("DELETE FROM facts WHERE name = ?", (name,))
        else:
            self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def pages(self, name: str, mark: str) -> list[Page]:
        """Return the pages of a list that belong to this state of it, in order; nothing of another state is left."""
        if self._mark(name) != mark:
            self.start(name, mark)
        found = self._database.execute("SELECT page FROM pages WHERE list = ? ORDER BY start", (name,))
        return [Page(**json.loads(row[0])) for row in found]

    def is_whole(self, name: str, mark: str) -> bool:
        """Tell whether all of a list in this state is kept."""
        row = self._database.execute("SELECT mark, whole FROM lists WHERE name = ?", (name,)).fetchone()
        return row is not None and row[0] == mark and bool(row[1])

    def start(self, name: str, mark: str) -> None:
        """Begin a list, without pages."""
        with self._database:
            self._database.execute("BEGIN")
            self._database.execute("DELETE FROM pages WHERE list = ?", (name,))
            self._database.execute("INSERT OR REPLACE INTO lists VALUES (?, ?, 0, ?)", (name, mark, self._now))

    def add_page(self, name: str, page: Page) -> None:
        """Keep one more page of a list."""
        row = (name, page.start, json.dumps(page.__dict__))
        self._database.execute("INSERT OR REPLACE INTO pages VALUES (?, ?, ?)", row)

    def finish(self, name: str, mark: str) -> None:
        """Say that all of a list is kept, and which state of it this is."""
        self._database.execute("UPDATE lists SET whole = 1, mark = ? WHERE name = ?", (mark, name))

    def objects(self, kind: str, ids: Iterable[str]) -> dict[str, Any]:
        """Return the objects that are kept of those asked for; an object Spotify does not have is None."""
        found = {}
        for each in ids:
            row = self._database.execute("SELECT body FROM objects WHERE kind = ? AND id = ?", (kind, each)).fetchone()
            if row:
                found[each] = json.loads(row[0])
        return found

    def put_objects(self, kind: str, objects: Mapping[str, Any]) -> None:
        """Keep objects by their id."""
        rows = [(kind, each, json.dumps(body), self._now) for each, body in objects.items()]
        with self._database:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", rows)

    def plays(self) -> list[dict[str, Any]]:
        """Return the plays, the oldest first."""
        found = self._database.execute("SELECT body FROM plays ORDER BY played_at, track")
        return [json.loads(row[0]) for row in found]

    def put_plays(self, plays: Mapping[tuple[str, str], dict[str, Any]]) -> int:
        """Keep plays by their time and track; return how many are new."""
        rows = [(at, track, json.dumps(body), self._now) for (at, track), body in plays.items()]
        before = self._database.total_changes
        with self._database:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR IGNORE INTO plays VALUES (?, ?, ?, ?)", rows)
        return self._database.total_changes - before

    def forget(self) -> None:
        """Remove everything."""
        with self._database:
            self._database.execute("BEGIN")
            for table in ("facts", "lists", "pages", "objects", "plays"):
                self._database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own tables

    def _mark(self, name: str) -> str | None:
        row = self._database.execute("SELECT mark FROM lists WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def _forget_what_is_old(self) -> None:
        oldest = (self._now - RETENTION_DAYS * _DAY_SECONDS,)
        with self._database, closing(self._database.cursor()) as cursor:
            cursor.execute("BEGIN")
            cursor.execute("DELETE FROM pages WHERE list IN (SELECT name FROM lists WHERE at < ?)", oldest)
            cursor.execute("DELETE FROM lists WHERE at < ?", oldest)
            cursor.execute("DELETE FROM objects WHERE at < ?", oldest)
            cursor.execute("DELETE FROM plays WHERE at < ?", oldest)
