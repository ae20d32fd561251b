"""One batch of raw rows as typed columns, with the rows that cannot be used and why."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.parsing import Parsed, parse_column
from pipelines.data.tables import Table
from pipelines.errors import TableError

TABLE: Final = "table"
ROW: Final = "row"
REASON: Final = "reason"
REJECTED_SCHEMA: Final = pa.schema([(TABLE, pa.string()), (ROW, pa.string()), (REASON, pa.string())])

#: Optional columns of the interaction table that are part of what a row says: unreadable, they spoil the row.
_SPOILING = (c.AT, c.VALUE)
#: Kinds that say nothing without a value.
_NEED_A_VALUE = (c.PLAY_COUNT, c.RATING)
_IDS = frozenset({c.USER_ID, c.TRACK_ID, c.PLAYLIST_ID, c.OWNER, c.ISRC})

_PRECISIONS = ("year", "month", "day")
_MIDNIGHT = r"[T ]00:00(:00(\.0+)?)?(Z|\+00:?00)?$"
_PARTIAL_DATE = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"


@dataclass(frozen=True)
class ParsedBatch:
    """What became of one batch.

    Attributes:
        rows: The usable rows in the table's schema.
        rejected: The others: table, row as it was read (JSON), reason.
        emptied: For each column, how many unreadable values of usable rows became missing.
    """

    rows: pa.Table
    rejected: pa.Table
    emptied: Counter[str]


def parse_batch(batch: pa.Table, kind: type[Table], source: str) -> ParsedBatch:
    """Parse the columns of one batch and tell usable rows from others.

    Args:
        batch: Rows as a source yields them.
        kind: The table they belong to.
        source: The name for the ``source`` column.

    Raises:
        TableError: A required column is missing from the whole batch.
    """
    parsed = {field.name: _column(batch, field, kind, source) for field in kind.schema}
    if c.KIND in parsed:
        parsed[c.KIND] = Parsed(pc.utf8_lower(parsed[c.KIND].values), parsed[c.KIND].unreadable)
    if c.RELEASE_DATE in parsed:
        _tidy_release_dates(parsed)
    if c.TAG_WEIGHTS in parsed:
        _match_tag_weights(parsed)
    reasons = _reasons(parsed, kind.schema)
    usable = np.asarray(reasons.codes < 0)
    rows = pa.table([parsed[field.name].values for field in kind.schema], names=kind.schema.names)
    return ParsedBatch(
        rows=(rows if usable.all() else rows.filter(pa.array(usable))).cast(kind.schema),
        rejected=_as_read(batch, kind.name, reasons),
        emptied=Counter(
            {
                name: int((column.unreadable & usable).sum())
                for name, column in parsed.items()
                if column.unreadable.any()
            }
        ),
    )


@dataclass(frozen=True)
class _Reasons:
    """Why rows cannot be used.

    Attributes:
        codes: For each row the place of its reason among the words; -1 where it can be used.
        words: The reasons.
    """

    codes: np.ndarray
    words: list[str]


def _column(batch: pa.Table, field: pa.Field, kind: type[Table], source: str) -> Parsed:
    if field.name == c.SOURCE:
        return Parsed(pa.repeat(source, batch.num_rows), np.zeros(batch.num_rows, dtype=bool))
    if field.name in batch.column_names:
        return parse_column(batch[field.name], field.type, verbatim=field.name in _IDS)
    if not field.nullable:
        found = ", ".join(f"'{name}'" for name in batch.column_names) or "none"
        raise TableError(
            f"the column '{field.name}' is missing (columns found: {found})",
            where=f"table '{kind.name}' of source '{source}'",
            remedy=f"Add a column named '{field.name}'",
        )
    return Parsed(pa.nulls(batch.num_rows, field.type), np.zeros(batch.num_rows, dtype=bool))


def _reasons(parsed: dict[str, Parsed], schema: pa.Schema) -> _Reasons:
    """Say for each row why it cannot be used; the first reason found counts."""
    found = _Reasons(np.full(len(parsed[schema.names[0]].values), -1, dtype=np.int16), [])

    def give(where: np.ndarray, reason: str) -> None:
        if where.any():
            found.codes[where & (found.codes < 0)] = len(found.words)
            found.words.append(reason)

    for field in schema:
        column = parsed[field.name]
        if not field.nullable or (field.name in _SPOILING and c.KIND in parsed):
            give(column.unreadable, f"unreadable {field.name}")
        if not field.nullable and column.values.null_count:
            give(_mask(column.values.is_null()), f"missing {field.name}")
    if c.KIND in parsed:
        kinds = parsed[c.KIND].values
        give(~_mask(pc.is_in(kinds, value_set=pa.array(c.KINDS))), "unknown kind")
        for kind in _NEED_A_VALUE:
            give(_mask(pc.and_(pc.equal(kinds, kind), parsed[c.VALUE].values.is_null())), f"{kind} without a value")
    return found


def _mask(condition: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(condition, fill_value=False).to_numpy(zero_copy_only=False), dtype=bool)


def _tidy_release_dates(parsed: dict[str, Parsed]) -> None:
    """Keep dates of the form 2004, 2004-05 or 2004-05-17, and give each the precision it can have."""
    given, precision = parsed[c.RELEASE_DATE], parsed[c.RELEASE_PRECISION]
    text = pc.replace_substring_regex(given.values, _MIDNIGHT, "")
    dates = pc.if_else(pc.match_substring_regex(text, _PARTIAL_DATE), text, None)
    lost = _mask(pc.and_(given.values.is_valid(), dates.is_null()))
    parsed[c.RELEASE_DATE] = Parsed(dates, given.unreadable | lost)

    own = pc.divide(pc.subtract(pc.utf8_length(dates), 4), 3)
    stated = pc.index_in(pc.utf8_lower(precision.values), value_set=pa.array(_PRECISIONS))
    # A date may be less precise than it looks (1981-01-01 for "in 1981"), never more.
    ranks = pc.if_else(dates.is_null(), None, pc.min_element_wise(own, stated))
    unknown = _mask(pc.and_(precision.values.is_valid(), stated.is_null()))
    parsed[c.RELEASE_PRECISION] = Parsed(pa.array(_PRECISIONS).take(ranks), precision.unreadable | unknown)


def _match_tag_weights(parsed: dict[str, Parsed]) -> None:
    """Drop the weights of a row that do not match its tags one to one."""
    weights = parsed[c.TAG_WEIGHTS]
    same = pc.equal(pc.list_value_length(weights.values), pc.list_value_length(parsed[c.TAGS].values))
    matched = _mask(same)
    lost = _mask(weights.values.is_valid()) & ~matched
    kept = pc.if_else(pa.array(matched), weights.values, pa.scalar(None, weights.values.type))
    parsed[c.TAG_WEIGHTS] = Parsed(kept, weights.unreadable | lost)


def _as_read(batch: pa.Table, table: str, reasons: _Reasons) -> pa.Table:
    """Return the rejected rows as JSON text with their reasons."""
    refused = reasons.codes >= 0
    if not refused.any():
        return REJECTED_SCHEMA.empty_table()
    rows = rows_as_json(batch.filter(pa.array(refused)))
    why = [reasons.words[code] for code in reasons.codes[refused].tolist()]
    return pa.table([[table] * len(rows), rows, why], schema=REJECTED_SCHEMA)


def rows_as_json(rows: pa.Table) -> list[str]:
    """Return each row as a JSON object; NaN, infinities and times stand as text."""
    # Arrow writes times of any year; Python's end with the year 9999.
    for place, field in enumerate(rows.schema):
        if pa.types.is_temporal(field.type):
            rows = rows.set_column(place, field.name, rows[field.name].cast(pa.string()))
    return [
        json.dumps({name: _json_ready(value) for name, value in row.items()}, ensure_ascii=False)
        for row in rows.to_pylist()
    ]


def _json_ready(value: object) -> object:
    """Return a value JSON has a form for; NaN and infinities as text, times in ISO form."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, list):
        return [_json_ready(element) for element in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
