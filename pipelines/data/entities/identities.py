"""A catalogue as what its tracks can be recognised by, in columns of codes, one entry a track."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.names import name_keys, normalise_titles
from pipelines.data.tables import TrackCatalogue

_SPOTIFY: Final = "spotify:track:"
_MUSICBRAINZ: Final = "mbid:"
_ISRC: Final = r"^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$"
_MBID: Final = r"^mbid:(?P<mbid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$"
_NAMED: Final = r":[0-9a-f]{20}$"
#: Both names are there, and neither is blank.
_NAME: Final = r"^[^\t]+\t[^\t]+$"
#: Authorities are bits of a 64-bit number; more than that many share bits, which can only keep tracks apart.
_BITS: Final = 62

#: The code of a track that lacks what the codes are about.
NONE: Final = -1


@dataclass(frozen=True)
class Identities:
    """What the tracks of a catalogue can be recognised by; every array has one entry a track.

    Attributes:
        rows: The catalogue, sorted by track id, so that nothing below depends on the order it came in.
        isrc: The code of the ISRC; tracks with the same ISRC have the same code.
        mbid: The code of the MusicBrainz recording.
        authority: A bit for whoever tells this track from others: Spotify, MusicBrainz or the source.
        length: Milliseconds, NaN where unknown.
        missing: How many columns have no value.
    """

    rows: pa.Table
    isrc: np.ndarray
    mbid: np.ndarray
    authority: np.ndarray
    length: np.ndarray
    missing: np.ndarray

    @classmethod
    def of(cls, catalogue: TrackCatalogue) -> Identities:
        """Read a catalogue."""
        rows = catalogue.data.take(pc.sort_indices(catalogue.data[c.TRACK_ID])).combine_chunks()
        return cls(
            rows=rows,
            isrc=_codes(isrcs(rows)),
            mbid=_codes(mbids(rows)),
            authority=_authority(rows),
            length=rows[c.DURATION_MS].cast(pa.float64()).to_numpy(zero_copy_only=False),
            missing=sum((column.is_null().to_numpy().astype(np.int64) for column in rows.columns), _zeros(rows)),
        )

    def __len__(self) -> int:
        """Return the number of tracks."""
        return int(self.rows.num_rows)

    @cached_property
    def ids(self) -> np.ndarray:
        """Track ids, sorted."""
        ids: np.ndarray = self.rows[c.TRACK_ID].to_numpy()
        return ids

    @cached_property
    def name(self) -> np.ndarray:
        """The code of main artist and title, worked out when it is asked for: it costs most of all."""
        return _codes(_names(self.rows))

    @cached_property
    def _index(self) -> pd.Index:
        index: pd.Index = pd.Index(self.ids, dtype=object)
        return index

    def positions(self, ids: list[str]) -> np.ndarray:
        """Return the place of each id, -1 where there is no such track."""
        return self._index.get_indexer(pd.Index(ids, dtype=object)).astype(np.int64)

    @cached_property
    def preference(self) -> np.ndarray:
        """Return each track's place in the order in which tracks lend their id and their data to a recording.

        First the ids a service knows its own tracks by, then Spotify's, then MusicBrainz's, then those that are made of
        a name; of the same kind first the most complete row, then the first id.
        """
        ids = self.rows[c.TRACK_ID]
        named = _mask(pc.match_substring_regex(ids, _NAMED))
        kind = np.select([named, *_public(self.rows)], [3, 1, 2], 0)
        place = np.empty(len(self), dtype=np.int64)
        place[np.lexsort((np.arange(len(self)), self.missing, kind))] = np.arange(len(self))
        return place


def isrcs(rows: pa.Table) -> pa.ChunkedArray:
    """Return ISRCs in their plain form, null where there is none or it has not the standard's form."""
    plain = pc.utf8_upper(pc.replace_substring_regex(rows[c.ISRC], r"[\s-]", ""))
    return pc.if_else(pc.match_substring_regex(plain, _ISRC), plain, None)


def mbids(rows: pa.Table) -> pa.ChunkedArray:
    """Return the MusicBrainz recordings that track ids name, in lower case."""
    return pc.utf8_lower(pc.struct_field(pc.extract_regex(rows[c.TRACK_ID], _MBID), "mbid"))


def _names(rows: pa.Table) -> pa.ChunkedArray:
    main = pc.binary_join(pc.list_slice(rows[c.ARTISTS], 0, 1), "")
    keys = name_keys(main, rows[c.TITLE])
    return pc.if_else(pc.match_substring_regex(keys, _NAME), keys, None)


def _authority(rows: pa.Table) -> np.ndarray:
    """Return a bit for whoever gave out the id: in one catalogue, two ids are two tracks."""
    spotify, musicbrainz = _public(rows)
    codes = _codes(rows[c.SOURCE])
    number = np.select([spotify, musicbrainz], [0, 1], 2 + codes % (_BITS - 2))
    return np.left_shift(np.int64(1), number.astype(np.int64))


def _public(rows: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    ids = rows[c.TRACK_ID]
    return _mask(pc.starts_with(ids, _SPOTIFY)), _mask(pc.starts_with(ids, _MUSICBRAINZ))


def _codes(texts: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return a number for each different text, ``NONE`` where there is none."""
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    indices = pc.fill_null(whole.dictionary_encode().indices, NONE)
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def exact_titles(rows: pa.Table) -> np.ndarray:
    """Return a code for each title as it is spelled, but for case and blanks."""
    return _codes(pc.utf8_lower(pc.utf8_trim_whitespace(rows[c.TITLE])))


def albums(rows: pa.Table) -> np.ndarray:
    """Return a code for each album, without its edition."""
    return _codes(normalise_titles(rows[c.ALBUM]))


def _mask(condition: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.fill_null(condition, fill_value=False).to_numpy(), dtype=bool)


def _zeros(rows: pa.Table) -> np.ndarray:
    return np.zeros(rows.num_rows, dtype=np.int64)
