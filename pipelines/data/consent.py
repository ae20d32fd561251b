"""The ledger of consents: which person let which source's rows be used, under which words, and since or until when.

It only grows: giving and withdrawing are events, and the database itself refuses to change or delete one. A consent is
one person's word about one source under one text, and its id is a hash of just that: rows carry the id, and it stays
the same where the same words are agreed to again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pipelines.atomic import make_folder, means_full_disk
from pipelines.data.consent_text import ConsentText
from pipelines.data.hashing import hash_json
from pipelines.data.people import listener_name
from pipelines.data.provenance import ALL_USES, Use
from pipelines.errors import CrossfadeError, NotPermittedError

_GRANT: Final = "grant"
_WITHDRAW: Final = "withdraw"
_WAIT_SECONDS: Final = 30.0

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('grant', 'withdraw')),
    consent_id TEXT NOT NULL,
    person TEXT NOT NULL,
    source TEXT NOT NULL,
    uses TEXT NOT NULL,
    text_name TEXT NOT NULL,
    text_version INTEGER NOT NULL,
    text_sha256 TEXT NOT NULL
)
"""
_ONLY_GROWS: Final = """
CREATE TRIGGER IF NOT EXISTS events_no_{act} BEFORE {act} ON events
BEGIN SELECT RAISE(ABORT, 'the ledger of consents only grows'); END
"""
_COLUMNS: Final = "at, action, consent_id, person, source, uses, text_name, text_version, text_sha256"


def consent_id_of(person: str, source: str, text: ConsentText, uses: frozenset[Use] = ALL_USES) -> str:
    """Return the id of a person's consent to the use of a source under a text, whether it was given or not."""
    return hash_json([person, source, sorted(uses), text.name, text.version, text.sha256])[:16]


@dataclass(frozen=True)
class Consent:
    """What one person agreed to about one source, and how it stands.

    Attributes:
        consent_id: What rows carry in their ``consent`` column.
        person: The person's user id.
        source: The source.
        uses: What the rows may be used for, as far as the source's terms permit it.
        text_name: Which text was shown.
        text_version: Its version.
        text_sha256: The SHA-256 of the words.
        granted_at: When it was given last (ISO 8601, UTC).
        withdrawn_at: When it was withdrawn; None while it stands.
    """

    consent_id: str
    person: str
    source: str
    uses: frozenset[Use]
    text_name: str
    text_version: int
    text_sha256: str
    granted_at: str
    withdrawn_at: str | None = None

    @property
    def active(self) -> bool:
        """Whether it stands."""
        return self.withdrawn_at is None

    def is_about(self, text: ConsentText) -> bool:
        """Tell whether these very words were agreed to."""
        return (self.text_name, self.text_version, self.text_sha256) == (text.name, text.version, text.sha256)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**asdict(self), "uses": sorted(self.uses), "active": self.active}


class ConsentLedger:
    """The ledger in a file, which appears with the first consent.

    Args:
        path: The SQLite file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def grant(
        self, person: str, source: str, text: ConsentText, *, now: datetime, uses: frozenset[Use] = ALL_USES
    ) -> Consent:
        """Record that a person agreed, and return the consent; one that stands already is returned as it is.

        Args:
            person: The person's user id.
            source: The source whose rows may be used.
            text: The words that were shown.
            now: The time.
            uses: What the rows may be used for.

        Raises:
            CrossfadeError: The ledger cannot be written.
        """
        consent_id = consent_id_of(person, source, text, uses)
        with self._writing() as database:
            standing = _fold(database).get(consent_id)
            if standing is not None and standing.active:
                return standing
            at = now.isoformat(timespec="seconds")
            given = Consent(consent_id, person, source, uses, text.name, text.version, text.sha256, at)
            _append(database, _GRANT, at, given)
        return given

    def withdraw(self, person: str, source: str | None = None, *, now: datetime) -> tuple[Consent, ...]:
        """Record that a person takes consent back, for one source or for all, and return what stood until now.

        Raises:
            NotPermittedError: There is no such consent.
            CrossfadeError: The ledger cannot be written.
        """
        with self._writing() as database:
            standing = [
                consent
                for consent in _fold(database).values()
                if consent.active and consent.person == person and source in {None, consent.source}
            ]
            for consent in standing:
                _append(database, _WITHDRAW, now.isoformat(timespec="seconds"), consent)
        if not standing:
            raise NotPermittedError(
                f"'{listener_name(person)}' has given no consent"
                + (f" for {source}" if source else "")
                + " that could be withdrawn",
                where="consents",
                remedy="'crossfade consent list' shows all",
            )
        return tuple(standing)

    def forget(self, person: str, stand_in: str, *, now: datetime) -> tuple[str, ...]:
        """Take a person's name out of the ledger, and return the ids of their consents.

        That somebody agreed to which words, and took it back when, has to be shown later; who it was does not. So what
        stands is withdrawn, and ``stand_in`` takes the place of the name. Nothing else may ever change the ledger.

        Args:
            person: The person's user id.
            stand_in: What stands for them from now on; it must not say who they are.
            now: The time.

        Raises:
            CrossfadeError: The ledger cannot be written.
        """
        if not self._path.exists():
            return ()
        with self._writing() as database:
            theirs = [consent for consent in _fold(database).values() if consent.person == person]
            for consent in theirs:
                if consent.active:
                    _append(database, _WITHDRAW, now.isoformat(timespec="seconds"), consent)
            database.execute("DROP TRIGGER events_no_UPDATE")
            for consent in theirs:
                database.execute(
                    "UPDATE events SET person = ?, consent_id = ? WHERE consent_id = ?",
                    # The id is a hash of the name: whoever guesses the name could tell.
                    (stand_in, hash_json([stand_in, consent.consent_id])[:16], consent.consent_id),
                )
            database.execute(_ONLY_GROWS.format(act="UPDATE"))
        return tuple(consent.consent_id for consent in theirs)

    def consents(self) -> tuple[Consent, ...]:
        """Return every consent ever given, in the order in which they were first given.

        Raises:
            CrossfadeError: The ledger is damaged.
        """
        if not self._path.exists():
            return ()
        with self._open() as database:
            return tuple(_fold(database).values())

    def standing(self) -> tuple[Consent, ...]:
        """Return the consents that stand."""
        return tuple(consent for consent in self.consents() if consent.active)

    def find(self, person: str, source: str, text: ConsentText) -> Consent | None:
        """Return the standing consent of a person for a source under just these words, the newest, or None."""
        own = [each for each in self.standing() if (each.person, each.source) == (person, source)]
        return max((each for each in own if each.is_about(text)), key=lambda each: each.granted_at, default=None)

    def events(self) -> tuple[dict[str, Any], ...]:
        """Return all that happened, oldest first, JSON-ready."""
        if not self._path.exists():
            return ()
        with self._open() as database:
            return tuple(dict(row) | {"uses": row["uses"].split()} for row in _rows(database))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file; every refusal of the database is an error a person can act on."""
        try:
            with closing(sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)) as database:
                database.row_factory = sqlite3.Row
                # FULL: an answer that was given survives a loss of power, not only a kill.
                database.execute("PRAGMA synchronous = FULL")
                # A name that leaves is overwritten.
                database.execute("PRAGMA secure_delete = ON")
                yield database
        except sqlite3.Error as error:
            full, other = "Free some space", "Check who may write it; if it is damaged, restore it from a backup"
            raise CrossfadeError(
                f"the ledger of consents cannot be used ({error})",
                where=str(self._path),
                remedy=full if means_full_disk(error) else other,
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction, which happens whole or not at all."""
        make_folder(self._path.parent)
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                database.execute(_TABLE)
                for act in ("UPDATE", "DELETE"):
                    database.execute(_ONLY_GROWS.format(act=act))
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")


def _append(database: sqlite3.Connection, action: str, at: str, consent: Consent) -> None:
    values = (
        at,
        action,
        consent.consent_id,
        consent.person,
        consent.source,
        " ".join(sorted(consent.uses)),
        consent.text_name,
        consent.text_version,
        consent.text_sha256,
    )
    marks = ", ".join("?" * len(values))
    database.execute(f"INSERT INTO events ({_COLUMNS}) VALUES ({marks})", values)  # noqa: S608 - no value from outside


def _rows(database: sqlite3.Connection) -> list[sqlite3.Row]:
    return database.execute(f"SELECT {_COLUMNS} FROM events ORDER BY number").fetchall()  # noqa: S608 - a constant


def _fold(database: sqlite3.Connection) -> dict[str, Consent]:
    """Play all events and return how every consent stands."""
    found: dict[str, Consent] = {}
    for row in _rows(database):
        withdrawn = row["action"] == _WITHDRAW
        found[row["consent_id"]] = Consent(
            consent_id=row["consent_id"],
            person=row["person"],
            source=row["source"],
            uses=frozenset(Use(use) for use in row["uses"].split()),
            text_name=row["text_name"],
            text_version=row["text_version"],
            text_sha256=row["text_sha256"],
            granted_at=found[row["consent_id"]].granted_at if withdrawn else row["at"],
            withdrawn_at=row["at"] if withdrawn else None,
        )
    return found
