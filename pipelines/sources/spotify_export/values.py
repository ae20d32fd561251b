"""Whatever stood in a file as Arrow columns: of the type they should have, else as text for cleaning to judge."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from pipelines.data.names import named_track_ids
from pipelines.data.parsing import parse_column
from pipelines.errors import SourceError

#: No title, name or id comes near it.
_LONGEST_TEXT_BYTES: Final = 1 << 16
_TRACK_URI: Final = (
    r"^(?:spotify:track:|https?://open\.spotify\.com/(?:intl-[A-Za-z-]+/)?track/)(?P<id>[0-9A-Za-z]{22})(?:\?.*)?$"
)
_CONVERSION_ERRORS: Final = (pa.ArrowException, TypeError, ValueError, OverflowError)


def field(rows: Sequence[Struct], name: str) -> list[object]:
    """Return one field of every row."""
    return list(map(attrgetter(name), rows))


def raw(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    """Return values as they stand in a file: of the type they should have, or all as text where one has another.

    Raises:
        SourceError: A text is longer than any name; the caller says where.
    """
    try:
        array = pa.array(values, kind)
    except _CONVERSION_ERRORS:
        array = pa.array([_text(value) for value in values], pa.string())
    # All of them together are seldom as long as one may be.
    if pa.types.is_string(array.type) and array.nbytes > _LONGEST_TEXT_BYTES:
        longest = pc.max(pc.binary_length(array)).as_py() or 0
        if longest > _LONGEST_TEXT_BYTES:
            raise SourceError(
                f"a text of {longest:,} bytes stands where a name, a time or an id should",
                remedy="Download the export again",
            )
    return array


def texts(values: pa.Array) -> pa.Array:
    """Return texts; a blank one is missing."""
    if values.null_count == len(values):
        return values
    blank = pc.or_(pc.equal(pc.binary_length(values), 0), pc.utf8_is_space(values))
    return pc.if_else(blank, None, values) if pc.any(blank).as_py() else values


def numbers(values: pa.Array) -> pa.Array:
    """Return whole numbers; texts where one is none."""
    return values if pa.types.is_integer(values.type) else texts(values)


def times(values: pa.Array) -> pa.Array:
    """Return times in UTC; texts where one does not read like ``2024-01-31T12:05:00Z``."""
    array = texts(values)
    try:
        return array.cast(pa.timestamp("s", tz="UTC"))
    except pa.ArrowException:
        return array


def flags(values: pa.Array) -> np.ndarray:
    """Return which values are true; what is missing or no boolean is not."""
    is_read = pa.types.is_boolean(values.type)
    return _mask(values if is_read else parse_column(texts(values), pa.bool_()).values)


def given(*columns: pa.Array) -> np.ndarray:
    """Return which rows have a value in at least one of the columns."""
    found = [_mask(texts(column).is_valid()) for column in columns]
    return np.asarray(np.any(found, axis=0), dtype=bool)


def equal_to(values: pa.Array, wanted: str) -> np.ndarray:
    """Return which values are a certain text."""
    return _mask(pc.equal(values, wanted))


def track_ids(source: str, uris: pa.Array, artists: pa.Array, titles: pa.Array) -> pa.DictionaryArray:
    """Return the id of each track: Spotify's where there is one, else one made of its name; null without either."""
    coded = uris.dictionary_encode()
    ids = pc.struct_field(pc.extract_regex(coded.dictionary, _TRACK_URI), "id")
    found = pc.binary_join_element_wise("spotify:track", ids, ":")
    # A place in the dictionary that holds no id is none.
    places = pc.if_else(found.is_valid(), pa.array(range(len(found)), pa.int32()), None).take(coded.indices)
    unknown = places.is_null()
    if pc.any(unknown).as_py():
        named = named_track_ids(source, artists.filter(unknown), titles.filter(unknown)).dictionary_encode()
        places = pc.replace_with_mask(places, unknown, pc.add(named.indices, len(found)).cast(pa.int32()))
        found = pa.concat_arrays([found, named.dictionary])
    return pa.DictionaryArray.from_arrays(places, found)


def _mask(condition: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(condition, fill_value=False).to_numpy(zero_copy_only=False), dtype=bool)


def _text(value: object) -> str | None:
    """Return any value of JSON as text; lists and objects are not looked into, for they may hold anything."""
    if value is None or isinstance(value, str):
        return value
    return str(value) if isinstance(value, bool | int | float) else "(not a text)"
