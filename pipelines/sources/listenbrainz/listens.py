"""Listens as rows: which track a listen is of, and what it says about that track."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.names import named_track_ids
from pipelines.data.parsing import parse_column
from pipelines.sources.csv_text import one_element_lists
from pipelines.sources.listenbrainz.fields import CREDITS
from pipelines.sources.track_ids import isrcs, recording_ids, spotify_track_ids

#: The prefix of ids of listeners, and of tracks that are known by their names only.
PREFIX: Final = "listenbrainz"
NOW_PLAYING: Final = "playing now, not yet a listen"
_MS = 1000.0


def track_ids(fields: pa.Table) -> pa.Array:
    """Return the track of each listen by the strongest id it has; null where it names none.

    A MusicBrainz recording the player sent goes before the one ListenBrainz found for it, both before a Spotify id, and
    that before a hash of artist and title.
    """
    sent, found = recording_ids(_text(fields, "mbid")), recording_ids(_text(fields, "mapped_mbid"))
    spotify = spotify_track_ids(_text(fields, "spotify"))
    public = pc.coalesce(sent, found, spotify)
    unknown = pc.is_null(public)
    names = fields.filter(unknown)
    named = named_track_ids(PREFIX, _text(names, "artist"), _text(names, "title"))
    return pc.replace_with_mask(public, unknown, named)


def times(fields: pa.Table) -> pa.Array:
    """Return when each listen was, as it stands there."""
    time, old = fields["time"].combine_chunks(), fields["old_time"].combine_chunks()
    return pc.coalesce(time, old)


def is_now_playing(fields: pa.Table, tracks: pa.Array) -> pa.Array:
    """Tell which records name a track and no time: what was being played when the data were fetched."""
    return pc.and_(pc.is_null(times(fields)), pc.is_valid(tracks))


def plays(fields: pa.Table, tracks: pa.Array) -> pa.Table:
    """Return track, kind, time and line of one play for each listen; nobody recorded how long it lasted."""
    return pa.table(
        {
            c.TRACK_ID: tracks,
            c.KIND: pa.repeat(c.PLAY, fields.num_rows),
            c.AT: times(fields),
            c.LINE: fields[c.LINE],
        }
    )


def track_rows(fields: pa.Table) -> pa.Table:
    """Return what each listen says about its track; nothing for one that names none."""
    ids = track_ids(fields)
    title = pc.coalesce(_text(fields, "mapped_title"), _text(fields, "title"))
    single = one_element_lists(pa.chunked_array([_text(fields, "artist")]))
    credits_ = fields[CREDITS].combine_chunks()
    taken_apart = pc.greater(pc.fill_null(pc.list_value_length(credits_), 0), 0)
    seconds = pc.multiply(_number(fields, "duration_s"), _MS)
    table = pa.table(
        {
            c.TRACK_ID: ids,
            c.TITLE: title,
            c.ARTISTS: pc.if_else(taken_apart, credits_, single),
            c.ALBUM: _text(fields, "album"),
            c.ISRC: isrcs(_text(fields, "isrc")),
            c.DURATION_MS: pc.round(pc.coalesce(_number(fields, "duration_ms"), seconds)),
        }
    )
    return table.filter(pc.is_valid(ids))


def _text(fields: pa.Table, name: str) -> pa.Array:
    """Return a field as text; null where it is blank."""
    text = pc.utf8_trim_whitespace(fields[name].combine_chunks())
    return pc.if_else(pc.equal(text, ""), None, text)


def _number(fields: pa.Table, name: str) -> pa.Array:
    """Return a field as a number; a length of zero is how players say that they do not know."""
    numbers = parse_column(fields[name], pa.float64()).values
    return pc.if_else(pc.equal(numbers, 0.0), None, numbers)
