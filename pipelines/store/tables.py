"""The tables of the store, with what each column means; migrations make them.

``docs/reference/event-store.md`` is written from here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

#: Names of constraints, so that a migration can drop one on either database.
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: SQLite counts rows in INTEGER only.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str, *arguments: Any, **options: Any) -> Column[str]:
    return Column(name, String(), *arguments, **options)


EVENTS = Table(
    "events",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True, doc="the order of arrival; never used twice"),
    _text(
        "listener_id",
        nullable=False,
        doc="`web:` and 32 random hexadecimal digits for a visitor of the page, else the `user_id` the caller gave",
    ),
    _text("event_id", nullable=False, doc="the sender's id, by which what is sent twice is kept once"),
    _text("kind", nullable=False, doc="`like`, `dislike`, `skip`, `play`, `block_track`, `block_artist`, `undo`"),
    _text("at", nullable=False, doc="when the service took it; survives waiting in the spool"),
    _text("track_id", doc="about which track; missing for a blocked artist and an undo"),
    _text("artist", doc="the blocked artist"),
    _text("undoes", doc="the `event_id` that an undo takes back"),
    _text("list_id", doc="the request id of the list the track stood in"),
    Column("ms_played", BigInteger(), doc="how long it was played, in ms"),
    _text("model_version", doc="the bundle that was served"),
    UniqueConstraint("listener_id", "event_id"),
    sqlite_autoincrement=True,
    info={
        "doc": "What listeners did. Rows are only ever added: the database itself refuses to change one. They leave "
        "when their listener is forgotten."
    },
)

SERVED_LISTS = Table(
    "served_lists",
    METADATA,
    _text("list_id", primary_key=True, doc="the request id; events name it as theirs"),
    _text("listener_id", nullable=False, index=True, doc="who was shown it"),
    _text("model_version", nullable=False, doc="the bundle that made it"),
    _text("at", nullable=False, index=True, doc="when"),
    _text("shadow_version", doc="the bundle that made another list beside it, unseen"),
    Column("shadow_overlap", Float(), doc="the share of the list's tracks that stand in the shadow's list as well"),
    info={"doc": "Which model made each list that a known listener was shown."},
)

IMPORTS = Table(
    "imports",
    METADATA,
    _text("import_id", primary_key=True, doc="which"),
    _text("listener_id", nullable=False, index=True, doc="whose"),
    _text("source", doc="which kind of file, once that is known"),
    _text("consent", nullable=False, doc="the consent it rests on, by its id in the ledger"),
    _text("state", nullable=False, doc="`reading`, `done` or `failed`"),
    Column("progress", Float(), nullable=False, doc="0 to 1"),
    _text("started_at", nullable=False, doc="when it came"),
    _text(
        "seen_at",
        nullable=False,
        doc="renewed by whoever reads the file, who is taken for dead after a minute of silence",
    ),
    _text("finished_at", doc="when it was read"),
    Column("summary", Text(), doc="the counts, as JSON"),
    Column("problem", Text(), doc="what went wrong, as JSON"),
    info={"doc": "Files that listeners brought along, and how far the reading of each has come."},
)

LISTENING = Table(
    "listening",
    METADATA,
    _text("listener_id", primary_key=True, doc="whose"),
    _text("source", primary_key=True, doc="from which source"),
    Column("plays", BigInteger(), nullable=False, doc="how many rows it has"),
    Column("rows", LargeBinary(), nullable=False, doc="interactions as in the data contract, a Parquet file"),
    Column(
        "tracks",
        LargeBinary(),
        nullable=False,
        doc="what the source says of their tracks, with each track's id in the served catalogue, a Parquet file",
    ),
    _text("updated_at", nullable=False, doc="when it was written"),
    info={"doc": "All that is kept of one listener's own data from one source."},
)

HISTORIES = Table(
    "histories",
    METADATA,
    _text("listener_id", primary_key=True, doc="whose"),
    Column("tracks", Text(), nullable=False, doc="served track -> strength in plays, as JSON"),
    _text("served_by", nullable=False, doc="the bundle whose catalogue the tracks were looked up in"),
    _text("updated_at", nullable=False, doc="when it was written"),
    info={"doc": "The history that follows from what a listener brought along."},
)

TOKENS = Table(
    "tokens",
    METADATA,
    _text("listener_id", primary_key=True, doc="whose"),
    _text("service", primary_key=True, doc="of which service"),
    Column("sealed", LargeBinary(), nullable=False, doc="the token (Fernet)"),
    _text("updated_at", nullable=False, doc="when it was written"),
    info={"doc": "Log-ins to other services, sealed with the installation's secret."},
)

API_KEYS = Table(
    "api_keys",
    METADATA,
    _text("key_id", primary_key=True, doc="the part of a key that may be seen"),
    _text("sha256", nullable=False, unique=True, doc="the hash of the key"),
    _text("name", nullable=False, doc="what people call it"),
    _text("scopes", nullable=False, doc="what it may do"),
    Column("per_minute", Integer(), nullable=False, doc="how many calls a minute"),
    _text("created_at", nullable=False, doc="when it was made"),
    _text("expires_at", doc="when it ends"),
    _text("revoked_at", doc="when it was taken back"),
    info={"doc": "Keys of programs; a key itself is never kept."},
)

DELETIONS = Table(
    "deletions",
    METADATA,
    _text("receipt_id", primary_key=True, doc="which receipt"),
    _text("at", nullable=False, doc="when"),
    _text(
        "listener_mac",
        nullable=False,
        index=True,
        doc="a code that only the installation's secret can make of the listener's id",
    ),
    Column("removed", Text(), nullable=False, doc="what was removed, as JSON"),
    _text("sha256", nullable=False, doc="the hash by which the receipt can be checked"),
    info={"doc": "One row a forgotten listener: the receipt."},
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True, doc="the order in which letters are read"),
    _text("kind", nullable=False, doc="`forget`, `agree` or `take_back`"),
    _text("at", nullable=False, doc="when it was written"),
    Column("sealed", LargeBinary(), nullable=False, doc="whom it is about and what there is to say (Fernet)"),
    info={"doc": "What services tell flows with which they share no disk; a letter leaves when a flow has read it."},
)
