"""Which fields of a ListenBrainz record are read, and the flat table they become.

Listens are ``{listened_at, user_id, user_name, track_metadata: {...}}`` in dumps and exports alike; feedback is
``{recording_msid, recording_mbid, score, created}``. Everything else a player may have sent along is left where it is.

A table of fields has one column for each name of ``PATHS``, ``CREDITS`` and ``c.LINE``. Values of records that fit the
schema have its types, those of others are text; cleaning parses both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.sources.inputs import Member
from pipelines.sources.json_records import Records

_INFO = ("track_metadata", "additional_info")
_MAPPING = ("track_metadata", "mbid_mapping")
_CREDIT_NAME = "artist_credit_name"

#: Each field and where in a record it stands.
PATHS: Final[dict[str, tuple[str, ...]]] = {
    "user": ("user_id",),
    "user_name": ("user_name",),
    "time": ("listened_at",),
    "old_time": ("timestamp",),
    "title": ("track_metadata", "track_name"),
    "artist": ("track_metadata", "artist_name"),
    "album": ("track_metadata", "release_name"),
    "mbid": (*_INFO, "recording_mbid"),
    "duration_ms": (*_INFO, "duration_ms"),
    "duration_s": (*_INFO, "duration"),
    "isrc": (*_INFO, "isrc"),
    "spotify": (*_INFO, "spotify_id"),
    "mapped_mbid": (*_MAPPING, "recording_mbid"),
    "mapped_title": (*_MAPPING, "recording_name"),
    "msid": ("track_metadata", "recording_msid"),
    "own_msid": ("recording_msid",),
    "own_mbid": ("recording_mbid",),
    "score": ("score",),
    "created": ("created",),
}
#: The names of the artists, where MusicBrainz takes a credit apart.
CREDITS: Final = "credits"
_CREDITS_PATH = (*_MAPPING, "artists")
_NUMBERS = frozenset({"time", "old_time", "duration_ms", "duration_s", "score", "created"})


def _type_of(name: str) -> pa.DataType:
    return pa.int64() if name == "user" else pa.float64() if name in _NUMBERS else pa.string()


def _nested(fields: dict[tuple[str, ...], pa.DataType]) -> list[pa.Field]:
    """Return the fields of a struct whose leaves stand at the given paths."""
    found: list[pa.Field] = []
    for name in dict.fromkeys(path[0] for path in fields):
        below = {path[1:]: kind for path, kind in fields.items() if path[0] == name}
        found.append(pa.field(name, below[()] if () in below else pa.struct(_nested(below))))
    return found


#: What Arrow reads from each line.
SCHEMA: Final = pa.schema(
    _nested(
        {path: _type_of(name) for name, path in PATHS.items()}
        | {_CREDITS_PATH: pa.list_(pa.struct([(_CREDIT_NAME, pa.string())]))}
    )
)


def fields_of(records: Records, member: Member) -> Iterator[pa.Table]:
    """Yield the fields of some records, those that fit the schema first.

    Args:
        records: Records of one file.
        member: The file; with the line it says where a record that cannot be used stands.
    """
    if records.typed.num_rows:
        yield _of_typed(records.typed)
    if records.others:
        yield _of_others(records.others, member)


def _of_typed(typed: pa.Table) -> pa.Table:
    arrays = {name: _at(typed, path) for name, path in PATHS.items()}
    entries = _at(typed, _CREDITS_PATH)
    names = pc.struct_field(pc.list_flatten(entries), [_CREDIT_NAME])
    lengths = pc.fill_null(pc.list_value_length(entries), 0)
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths).cast(pa.int32())])
    arrays[CREDITS] = pa.ListArray.from_arrays(offsets, names)
    return pa.table(arrays | {c.LINE: pa.nulls(typed.num_rows, pa.string())})


def _at(typed: pa.Table, path: Sequence[str]) -> pa.Array:
    column = typed[path[0]].combine_chunks()
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pc.struct_field(whole, list(path[1:])) if path[1:] else whole


def _of_others(others: Sequence[tuple[int, dict[str, Any] | None]], member: Member) -> pa.Table:
    columns = {
        each: pa.array([_text(_walk(record, path)) for _, record in others], pa.string())
        for each, path in PATHS.items()
    }
    columns[CREDITS] = pa.array([_credits(record) for _, record in others], pa.list_(pa.string()))
    return pa.table(columns | {c.LINE: pa.array([member.place(number) for number, _ in others], pa.string())})


def _walk(record: object, path: Sequence[str]) -> object:
    for step in path:
        record = record.get(step) if isinstance(record, dict) else None
    return record


def _credits(record: object) -> list[str | None] | None:
    entries = _walk(record, _CREDITS_PATH)
    return [_text(_walk(entry, (_CREDIT_NAME,))) for entry in entries] if isinstance(entries, list) else None


def _text(value: object) -> str | None:
    """Return a value as text; of a list its first element, nothing for an object."""
    if isinstance(value, list):
        value = value[0] if value else None
    if value is None or isinstance(value, dict | list):
        return None
    text = str(value)
    # Half of a surrogate pair is no character: it becomes the sign for that.
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
