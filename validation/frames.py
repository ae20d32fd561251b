"""The checked frames: one column a rule, under the rule's name, with the values the rule speaks of.

A missing value is missing in the frame and passes every rule but ``Given``. Some things are made plain on the way: a
text that only has to be there is 1, or missing where it is blank; NaN counts as infinite (no range holds it); a value
that belongs to one kind of interaction is missing in the rows of every other kind; and for a rule of the kind ``Holds``
the frame has what contradicts it: the unknown track id, the date that is none.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from validation.distinct_texts import of_texts

_DATE_FORM = r"^[0-9]{4}(-[0-9]{2}){0,2}$"
_NEEDS_VALUE = (c.PLAY_COUNT, c.RATING)
_FIRST_TIME, _LAST_TIME = (
    pa.scalar(datetime(year, 1, 1, tzinfo=UTC), pa.timestamp("us", tz="UTC")) for year in (1, 9999)
)


def interactions_frame(rows: pa.Table, catalogue: pa.ChunkedArray) -> pa.Table:
    """Return what the rules of the interaction table read.

    Args:
        rows: The interactions, their texts plain or held once (``validation.distinct_texts``).
        catalogue: The ids of the tracks that passed.
    """
    kind = rows[c.KIND]
    value = _numbers(rows[c.VALUE])

    def of(*wanted: str, otherwise: float | None = None) -> pa.ChunkedArray:
        chosen = of_texts(kind, lambda kinds: pc.is_in(kinds, value_set=pa.array(wanted)))
        return pc.if_else(chosen, value, otherwise)

    return _frame(
        user_id=_given(rows[c.USER_ID]),
        track_id=_given(rows[c.TRACK_ID]),
        source=_given(rows[c.SOURCE]),
        kind=kind.cast(pa.string()),
        known_track=_unknown(rows[c.TRACK_ID], catalogue),
        value=of(*_NEEDS_VALUE, otherwise=0.0),
        play_ms=of(c.PLAY),
        play_count=of(c.PLAY_COUNT),
        rating=of(c.RATING),
        at=_times(rows[c.AT]),
    )


def tracks_frame(rows: pa.Table) -> pa.Table:
    """Return what the rules of the track catalogue read."""
    numbers = (*c.AUDIO_FEATURES, c.KEY, c.MODE, c.TIME_SIGNATURE)
    date = _release_dates(rows[c.RELEASE_DATE])
    return _frame(
        track_id=_given(rows[c.TRACK_ID]),
        unique_id=rows[c.TRACK_ID],
        source=_given(rows[c.SOURCE]),
        title=_given(rows[c.TITLE]),
        artists=_given(pc.binary_join(rows[c.ARTISTS], " ")),
        duration_ms=_numbers(rows[c.DURATION_MS]),
        release_date=pc.if_else(pc.is_valid(date), None, rows[c.RELEASE_DATE]),
        released=date,
        release_date_precision=rows[c.RELEASE_PRECISION],
        isrc=rows[c.ISRC],
        tag_weights=_tags_without_weights(rows[c.TAGS], rows[c.TAG_WEIGHTS]),
        **{name: _numbers(rows[name]) for name in numbers},
    )


def playlists_frame(rows: pa.Table, catalogue: pa.ChunkedArray) -> pa.Table:
    """Return what the rules of the playlist table read; arguments as for interactions."""
    return _frame(
        playlist_id=_given(rows[c.PLAYLIST_ID]),
        track_id=_given(rows[c.TRACK_ID]),
        source=_given(rows[c.SOURCE]),
        known_track=_unknown(rows[c.TRACK_ID], catalogue),
        position=_numbers(rows[c.POSITION]),
        added_at=_times(rows[c.ADDED_AT]),
    )


def _frame(**columns: pa.ChunkedArray | pa.Array) -> pa.Table:
    return pa.table(columns)


def _unknown(ids: pa.ChunkedArray, catalogue: pa.ChunkedArray) -> pa.ChunkedArray:
    return of_texts(ids, lambda each: pc.if_else(pc.is_in(each, value_set=catalogue), None, each))


def _given(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return 1 where there is a text: the rule asks no more, and nobody's id leaves the table."""
    return of_texts(text, lambda each: pc.if_else(pc.equal(pc.utf8_trim_whitespace(each), ""), None, 1.0))


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    numbers = column.cast(pa.float64(), safe=False)
    return pc.if_else(pc.is_nan(numbers), np.inf, numbers)


def _times(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cut times to the years 1 to 9999; Arrow knows others, which nothing after it can show."""
    from_year_1 = pc.if_else(pc.less(column, _FIRST_TIME), _FIRST_TIME, column)
    return pc.if_else(pc.greater(from_year_1, _LAST_TIME), _LAST_TIME, from_year_1)


def _release_dates(column: pa.ChunkedArray) -> pa.Array:
    """Read YYYY, YYYY-MM and YYYY-MM-DD as the first day they can mean; null where it is no day of the calendar."""
    form = pc.and_not(pc.match_substring_regex(column, _DATE_FORM), pc.starts_with(column, "0000"))
    well_formed = pc.if_else(form, column, None)
    first_day = pc.utf8_slice_codeunits(pc.binary_join_element_wise(well_formed, "-01-01", ""), 0, 10)
    days = pd.to_datetime(first_day.to_pandas(), format="%Y-%m-%d", errors="coerce").to_numpy("datetime64[us]")
    return pa.array(days).cast(pa.timestamp("us", tz="UTC"))


def _tags_without_weights(tags: pa.ChunkedArray, weights: pa.ChunkedArray) -> pa.Array:
    """Return the tags whose weights are not as many as they are, or not all finite and 0 or more; else null."""
    listed = weights.combine_chunks()
    same_length = pc.equal(_length(tags).combine_chunks(), _length(listed))
    elements = pc.list_flatten(listed)
    good = pc.fill_null(pc.and_(pc.is_finite(elements), pc.greater_equal(elements, 0)), fill_value=False)
    rows_of_bad = pc.list_parent_indices(listed).filter(pc.invert(good)).to_numpy()
    all_good = np.bincount(rows_of_bad, minlength=len(listed)) == 0
    fine = pc.or_(pc.is_null(listed), pc.and_(same_length, pa.array(all_good)))
    return pc.if_else(fine, None, pc.coalesce(pc.binary_join(tags.combine_chunks(), "|"), ""))


def _length(lists: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    return pc.fill_null(pc.list_value_length(lists), 0)
