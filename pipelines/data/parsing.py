"""Typed parse of one column: whatever a source gives in, an Arrow type out, and a mark on what could not be read.

Rules, the same for every source:

- Blanks around a text are cut off; a blank text is missing. Text other than ids is brought to Unicode form NFC.
- Numbers may be text (``1.5``, ``-2e3``, ``inf``; ``nan``, ``na``, ``n/a``, ``null`` and ``none`` are missing). NaN is
  missing. Infinities stay: the gate finds them. A whole number may be written ``7.0``; ``7.5`` is unreadable as one.
- Numbers used as ids or text are written without a fraction where they have none: ``12`` for 12.0.
- Booleans: true, t, yes, y, 1 and false, f, no, n, 0 in any case.
- Times: see ``pipelines.data.times``.
- Lists: a list, or text separated by ``|``. Blank elements are dropped; an empty list is missing.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data.times import epoch_to_time, parse_time_text, timestamp_to_time

_NUMBER = r"(?i)^[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|inf|infinity)$"
_NO_NUMBER = r"(?i)^[+-]?(nan|na|n/a|null|none)$"
_TRUE = r"(?i)^(true|t|yes|y|1|1\.0)$"
_FALSE = r"(?i)^(false|f|no|n|0|0\.0)$"
_LIST_SEPARATOR = "|"
#: From here on a float64 no longer tells neighbouring whole numbers apart.
_EXACT = 2.0**53


@dataclass(frozen=True)
class Parsed:
    """One parsed column.

    Attributes:
        values: The values, null where missing or unreadable.
        unreadable: True where there was a value that could not be read.
    """

    values: pa.Array
    unreadable: np.ndarray


def parse_column(column: pa.Array | pa.ChunkedArray, wanted: pa.DataType, *, verbatim: bool = False) -> Parsed:
    """Parse one column.

    Args:
        column: Values of any type.
        wanted: Text, boolean, number, timestamp in UTC, or a list of texts or numbers.
        verbatim: Leave text as it is but for the blanks around it (for ids).
    """
    if pa.types.is_dictionary(column.type):
        return _parse_once(column, wanted, verbatim=verbatim)
    given = _plain(column)
    if pa.types.is_binary(given.type) or pa.types.is_large_binary(given.type):
        text = _decoded(given)
        parsed = parse_column(text.values, wanted, verbatim=verbatim)
        return Parsed(parsed.values, parsed.unreadable | text.unreadable)
    try:
        return _parse(given, wanted, verbatim=verbatim)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        # A storage type that has no reading as the wanted one, such as a struct as a number.
        return _unreadable(given, wanted)


def _parse(given: pa.Array, wanted: pa.DataType, *, verbatim: bool) -> Parsed:
    if pa.types.is_list(wanted):
        return _lists(given, wanted.value_type)
    if pa.types.is_string(wanted):
        return _texts(given, normalise=not verbatim)
    if pa.types.is_boolean(wanted):
        return _booleans(given)
    if pa.types.is_timestamp(wanted):
        return _times(given, wanted)
    return _numbers(given, wanted)


def _parse_once(column: pa.Array | pa.ChunkedArray, wanted: pa.DataType, *, verbatim: bool) -> Parsed:
    """Parse the values of a dictionary, each of which may stand in many rows."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    of_value = parse_column(array.dictionary, wanted, verbatim=verbatim)
    unreadable = pa.array(of_value.unreadable).take(array.indices).fill_null(False)  # noqa: FBT003 - Arrow's signature
    return Parsed(of_value.values.take(array.indices), unreadable.to_numpy(zero_copy_only=False))


def _plain(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Undo encodings of storage: chunks, large and fixed lists."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    kind = array.type
    if pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return array.cast(pa.list_(kind.value_type))
    return array


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _decoded(given: pa.Array) -> Parsed:
    """Read bytes as UTF-8; some programs write the texts of a Parquet file so."""
    texts: list[str | None] = []
    for value in given.to_pylist():
        try:
            texts.append(None if value is None else value.decode())
        except UnicodeDecodeError:
            texts.append(None)
    return _marked(given, pa.array(texts, pa.string()))


def _marked(given: pa.Array, values: pa.Array, missing: pa.Array | None = None) -> Parsed:
    """Mark what was given, is no way to say "missing", and has no value."""
    lost = pc.and_(pc.is_valid(given), pc.is_null(values))
    if missing is not None:
        lost = pc.and_not(lost, pc.fill_null(missing, fill_value=False))
    return Parsed(values, lost.to_numpy(zero_copy_only=False))


def _unreadable(given: pa.Array, wanted: pa.DataType) -> Parsed:
    return _marked(given, pa.nulls(len(given), wanted))


def _texts(given: pa.Array, *, normalise: bool = False) -> Parsed:
    if pa.types.is_floating(given.type):
        given = pc.if_else(pc.is_nan(given), None, given)
        whole = pc.and_(pc.equal(given, pc.trunc(given)), pc.less(pc.abs(given), _EXACT))
        integers = pc.if_else(whole, given, None).cast(pa.int64())
        return _marked(given, pc.coalesce(integers.cast(pa.string()), given.cast(pa.string())))
    text = pc.utf8_trim_whitespace(given.cast(pa.string()))
    text = pc.if_else(pc.equal(text, ""), None, text)
    return Parsed(_composed(text) if normalise else text, np.zeros(len(given), dtype=bool))


def _composed(text: pa.Array) -> pa.Array:
    """Bring texts to NFC. Arrow's own function, asked for NFC, takes letters and accents apart (seen in version 25)."""
    foreign = pc.fill_null(pc.invert(pc.string_is_ascii(text)), fill_value=False)
    composed = [unicodedata.normalize("NFC", value) for value in text.filter(foreign).to_pylist()]
    return pc.replace_with_mask(text, foreign, pa.array(composed, pa.string())) if composed else text


def _numbers(given: pa.Array, wanted: pa.DataType) -> Parsed:
    """Read as float64; where whole numbers are wanted, check that they are whole and fit."""
    if _is_text(given.type):
        text = _texts(given).values
        digits = pc.if_else(pc.match_substring_regex(text, _NUMBER), pc.utf8_ltrim(text, "+"), None)
        numbers = _marked(text, digits.cast(pa.float64()), pc.match_substring_regex(text, _NO_NUMBER))
    else:
        floats = given.cast(pa.int8() if pa.types.is_boolean(given.type) else given.type).cast(pa.float64(), safe=False)
        numbers = _marked(given, pc.if_else(pc.is_nan(floats), None, floats), pc.is_nan(floats))
    if pa.types.is_floating(wanted):
        return Parsed(numbers.values.cast(wanted, safe=False), numbers.unreadable)
    whole = _whole(numbers.values, wanted)
    return Parsed(whole.values, numbers.unreadable | whole.unreadable)


def _whole(numbers: pa.Array, wanted: pa.DataType) -> Parsed:
    limits = np.iinfo(wanted.to_pandas_dtype())
    above = pc.greater_equal(numbers, max(float(limits.min), -_EXACT))
    below = pc.less_equal(numbers, min(float(limits.max), _EXACT))
    fits = pc.and_(pc.equal(numbers, pc.trunc(numbers)), pc.and_(above, below))
    return _marked(numbers, pc.if_else(fits, numbers, None).cast(wanted))


def _booleans(given: pa.Array) -> Parsed:
    if pa.types.is_boolean(given.type):
        return _marked(given, given)
    text = _texts(given).values
    yes = pc.match_substring_regex(text, _TRUE)
    known = pc.or_(yes, pc.match_substring_regex(text, _FALSE))
    return _marked(text, pc.if_else(known, yes, None), pc.match_substring_regex(text, _NO_NUMBER))


def _times(given: pa.Array, wanted: pa.DataType) -> Parsed:
    if _is_text(given.type):
        text = _texts(given).values
        return _marked(text, parse_time_text(text).cast(wanted))
    if pa.types.is_timestamp(given.type) or pa.types.is_date(given.type):
        return _marked(given, timestamp_to_time(given).cast(wanted))
    numbers = _numbers(given, pa.float64()).values
    return _marked(numbers, epoch_to_time(numbers).cast(wanted))


def _lists(given: pa.Array, element: pa.DataType) -> Parsed:
    if not pa.types.is_list(given.type):
        given = pc.split_pattern(_texts(given).values, _LIST_SEPARATOR)
    parents = pc.list_parent_indices(given).to_numpy()
    elements = parse_column(pc.list_flatten(given), element, verbatim=False)
    # A blank text can be dropped; a number that is missing leaves the others in the wrong places.
    holes = (
        elements.unreadable if pa.types.is_string(element) else elements.values.is_null().to_numpy(zero_copy_only=False)
    )
    broken = np.bincount(parents[holes], minlength=len(given)) > 0
    keep = elements.values.is_valid().to_numpy(zero_copy_only=False) & ~broken[parents]
    lengths = np.bincount(parents[keep], minlength=len(given))
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    values = pa.ListArray.from_arrays(offsets, elements.values.filter(pa.array(keep)), mask=pa.array(lengths == 0))
    return Parsed(values, broken)
