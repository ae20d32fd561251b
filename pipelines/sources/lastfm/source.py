"""The source ``lastfm``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.names import named_track_ids
from pipelines.data.provenance import Provenance
from pipelines.sources.base import PersonOptions, SourceOptions
from pipelines.sources.csv_text import one_element_lists
from pipelines.sources.distinct import DistinctRows
from pipelines.sources.inputs import checksum_of, read_members
from pipelines.sources.lastfm.layout import (
    ALBUM,
    ARTIST,
    MBID,
    NAMES,
    TIME,
    TRACK,
    chosen_columns,
    scrobbles,
    standard_time,
)
from pipelines.sources.person_file import PersonFile
from pipelines.sources.track_ids import recording_ids

NOW_PLAYING: Final = "no time: still playing when the file was written"
_WHAT: Final = "CSV of scrobbles"
_BATCH_ROWS: Final = 1 << 16
_TEXT: Final = pa.schema([(name, pa.string()) for name in (*NAMES, c.LINE)])


class LastfmOptions(PersonOptions):
    """How the file is written.

    Attributes:
        columns: Of a file without a header: what its columns are, of artist, track, album, track_mbid, time, and ``-``
            for any other; separated by commas.
        encoding: Of a file that is not UTF-8 and has no byte order mark, say cp1252.
    """

    columns: str | None = None
    encoding: str | None = None


class Lastfm(PersonFile):
    """The scrobbles of one person.

    Raises:
        ConfigError: No file was named, or an option is impossible.
    """

    name: ClassVar[str] = "lastfm"
    title: ClassVar[str] = "Last.fm scrobbles (CSV)"
    what: ClassVar[str] = f"a {_WHAT}"
    options_type: ClassVar[type[SourceOptions]] = LastfmOptions

    def __init__(self, options: SourceOptions | None = None) -> None:
        super().__init__(options)
        chosen = self.options if isinstance(self.options, LastfmOptions) else LastfmOptions()
        self._encoding = chosen.encoding
        self._columns = None if chosen.columns is None else chosen_columns(chosen.columns)

    def provenance(self) -> Provenance:
        """Say that it is a person's own data; the file's name may hold theirs, so it is not kept."""
        return Provenance(
            source=self.name,
            origin="a person's own scrobbles from Last.fm (CSV)",
            licence="the person's own data; non-commercial use by the terms of Last.fm",
            checksum=checksum_of(self._path),
        )

    def interactions(self) -> Iterator[pa.Table]:
        """Yield one play for each scrobble."""
        left_out = self.left_out["interactions"]
        left_out.clear()
        for rows in self._scrobbles():
            tracks = _track_ids(rows)
            playing = pc.and_(pc.equal(rows[TIME], ""), pc.is_valid(tracks))
            left_out += Counter({NOW_PLAYING: pc.sum(playing).as_py() or 0})
            table = pa.table(
                {
                    c.USER_ID: pa.array([self._person] * rows.num_rows, pa.string()),
                    c.TRACK_ID: tracks,
                    c.AT: pa.array([standard_time(text) for text in rows[TIME].to_pylist()], pa.string()),
                    c.KIND: pa.repeat(c.PLAY, rows.num_rows),
                    c.CONSENT: pa.array([self._consent] * rows.num_rows, pa.string()),
                    c.LINE: rows[c.LINE],
                }
            )
            yield table.filter(pc.invert(playing))

    def tracks(self) -> Iterator[pa.Table]:
        """Yield what the scrobbles say about their tracks, each track once for each album."""
        distinct = DistinctRows()
        for rows in self._scrobbles():
            table = pa.table(
                {
                    c.TRACK_ID: _track_ids(rows),
                    c.TITLE: rows[TRACK],
                    c.ARTISTS: one_element_lists(rows[ARTIST]),
                    c.ALBUM: rows[ALBUM],
                }
            )
            yield distinct.new_rows(table.filter(pc.is_valid(table[c.TRACK_ID])))

    def _scrobbles(self) -> Iterator[pa.Table]:
        """Yield the rows of all files, every column as text."""
        for member in read_members(self._path, _is_csv, what=_WHAT):
            rows = scrobbles(member, columns=self._columns, encoding=self._encoding)
            while batch := list(islice(rows, _BATCH_ROWS)):
                yield pa.Table.from_pylist(batch, schema=_TEXT)


def _track_ids(rows: pa.Table) -> pa.Array:
    """Return the recording's MusicBrainz id where there is one, else a hash of artist and title; null without those."""
    artist, track = (pc.if_else(pc.equal(rows[name], ""), None, rows[name]) for name in (ARTIST, TRACK))
    named = named_track_ids(Lastfm.name, artist, track)
    return pc.if_else(pc.is_valid(named), pc.coalesce(recording_ids(rows[MBID].combine_chunks()), named), None)


def _is_csv(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith((".csv", ".tsv", ".txt"))
