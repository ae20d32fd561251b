"""Times of any form as microseconds in UTC.

- Text: ISO 8601, date and time separated by ``T`` or a blank, with or without seconds and fractions; a date alone is
  its midnight. Without an offset a time is UTC.
- Numbers, and text of nine digits or more: seconds since 1970; from 1e11 on milliseconds, from 1e14 on microseconds,
  from 1e17 on nanoseconds.
- Years outside 1 to 9999 cannot be read.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

UTC_MICROSECONDS: Final = pa.timestamp("us", tz="UTC")

_ISO = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]{1,6})?[0-9]*"
    r" ?(?:Z|z|UTC)?([+-][0-9]{2}:?[0-9]{2})?)?$"
)
_EPOCH = r"^-?[0-9]{9,}(\.[0-9]+)?$"
_EARLIEST = -62_135_596_800_000_000  # 0001-01-01
_LATEST = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999
#: A number below the first size counts seconds, one below the second milliseconds, and so on.
_EPOCH_SIZES = np.array([1e11, 1e14, 1e17])
_EPOCH_SCALES = np.array([1e6, 1e3, 1.0, 1e-3])
_MICROSECONDS_IN = {"s": 1_000_000, "ms": 1_000, "us": 1}


def parse_time_text(text: pa.Array) -> pa.Array:
    """Return the time each text tells, null where it tells none."""
    epoch = pc.if_else(pc.match_substring_regex(text, _EPOCH), text, None)
    iso = pc.if_else(pc.match_substring_regex(text, _ISO), text, None)
    # Brought to one form, so that one fast parser reads them all.
    standard = pc.utf8_rtrim_whitespace(pc.replace_substring_regex(iso, _ISO, r"\1 \2\3\4\5"))
    read = pd.DatetimeIndex(pd.to_datetime(standard.to_pandas(), format="ISO8601", utc=True, errors="coerce"))
    counts = read.tz_convert(None).as_unit("us").asi8
    return pc.coalesce(epoch_to_time(epoch.cast(pa.float64())), _microseconds(counts, np.asarray(read.notna())))


def epoch_to_time(numbers: pa.Array) -> pa.Array:
    """Return the time that lies so many seconds (or parts of them, by size) after 1970; null where out of range."""
    values = numbers.to_numpy(zero_copy_only=False)
    unit = np.searchsorted(_EPOCH_SIZES, np.abs(values), side="right")
    microseconds = np.round(values * _EPOCH_SCALES[unit])
    known = np.abs(microseconds) <= _LATEST
    return _microseconds(np.where(known, microseconds, 0).astype(np.int64), known)


def timestamp_to_time(times: pa.Array) -> pa.Array:
    """Return timestamps or dates of any unit and zone in UTC; those without a zone are in UTC already."""
    moments = times.cast(pa.timestamp("ms")) if pa.types.is_date(times.type) else times
    counts = pc.fill_null(moments.cast(pa.int64()), 0).to_numpy()
    known = moments.is_valid().to_numpy(zero_copy_only=False)
    if moments.type.unit == "ns":
        return _microseconds(counts // 1_000, known)
    factor = _MICROSECONDS_IN[moments.type.unit]
    small = np.abs(counts) <= _LATEST // factor
    return _microseconds(np.where(small, counts, 0) * factor, known & small)


def _microseconds(counts: np.ndarray, known: np.ndarray) -> pa.Array:
    """Return counts since 1970 as times, null where they are not known or no calendar has them."""
    possible = known & (counts >= _EARLIEST) & (counts <= _LATEST)
    return pa.array(counts, pa.int64(), mask=~possible).cast(UTC_MICROSECONDS)
