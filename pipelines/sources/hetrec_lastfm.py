"""The HetRec 2011 Last.fm archive as published: play counts of artists, and the tags listeners gave them.

The items of this data set are artists, so an artist stands in the catalogue as one track that bears its name. An
artist's tags come with the number of listeners who gave them. Plays have no times; tag events do, see
``HetrecLastfm.tag_events``.

A file ``hetrec_artist_audio_features.csv.gz`` beside the archive, where there is one, adds the mean audio features of
an artist's tracks (artistID, then the features by Spotify's names). Its means of key and mode say nothing, so they
are left out.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.hashing import hash_file
from pipelines.data.provenance import Provenance
from pipelines.errors import SourceError
from pipelines.sources.archive import PublishedArchive, local_copy
from pipelines.sources.base import Reading, Source
from pipelines.sources.csv_text import CsvFormat, csv_batches, one_element_lists
from pipelines.sources.tabular import table_batches

PUBLISHED = PublishedArchive(
    url="http://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip",
    sha256="6738f48195667ff03caaab4d32ca9a3133d8cc026b7c3cdaf6ce1010e913c59c",
)
AUDIO_FEATURES_FILE = "hetrec_artist_audio_features.csv.gz"

_TAG = "tag"


class HetrecLastfm(Source):
    """Play counts of 1,892 listeners and 17,632 artists, and 186,479 tag events."""

    name: ClassVar[str] = "hetrec-lastfm"
    title: ClassVar[str] = "HetRec 2011 Last.fm"
    reading: ClassVar[Reading] = Reading.WORLD

    def provenance(self) -> Provenance:
        """Return origin and terms as the archive's readme states them, and the checksum of the archive."""
        archive = self._archive()
        features = archive.parent / AUDIO_FEATURES_FILE
        added = f"; artist audio features from {features.name} ({hash_file(features)})" if features.is_file() else ""
        return Provenance(
            source=self.name,
            origin=f"{PUBLISHED.url}{added}",
            licence="non-commercial use; cite Last.fm and the HetRec 2011 workshop",
            checksum=hash_file(archive),
        )

    def interactions(self) -> Iterator[pa.Table]:
        """Yield one row for each listener and artist, with the number of plays."""
        for batch in self._member("user_artists.dat", ("userID", "artistID", "weight")):
            yield pa.table(
                {
                    c.USER_ID: self._qualified(batch["userID"]),
                    c.TRACK_ID: self._qualified(batch["artistID"]),
                    c.KIND: pa.repeat(c.PLAY_COUNT, batch.num_rows),
                    c.VALUE: batch["weight"],
                }
            )

    def tracks(self) -> Iterator[pa.Table]:
        """Yield one row for each artist, with its tags, the most given first, and audio features where known."""
        artists = pa.concat_tables(self._member("artists.dat", ("id", "name")))
        rows = pa.table(
            {
                c.TRACK_ID: self._qualified(artists["id"]),
                c.TITLE: artists["name"],
                c.ARTISTS: one_element_lists(artists["name"]),
            }
        )
        for side in (tags_of_tracks(self.tag_events()), *self._audio_features()):
            rows = _with_columns_of(side, rows)
        yield rows

    def tag_events(self) -> Iterator[pa.Table]:
        """Yield who gave which artist which tag, and when: user_id, track_id, tag, at.

        Raises:
            SourceError: As for the other tables.
        """
        names = pa.concat_tables(self._member("tags.dat", ("tagID", "tagValue"), encoding="latin-1"))
        for batch in self._member("user_taggedartists-timestamps.dat", ("userID", "artistID", "tagID", "timestamp")):
            positions = pc.index_in(batch["tagID"], value_set=names["tagID"].combine_chunks())
            yield pa.table(
                {
                    c.USER_ID: self._qualified(batch["userID"]),
                    c.TRACK_ID: self._qualified(batch["artistID"]),
                    _TAG: names["tagValue"].take(positions),
                    c.AT: _times(batch["timestamp"]),
                }
            )

    def _archive(self) -> Path:
        return local_copy(PUBLISHED, self.options)

    def _member(self, name: str, required: Sequence[str], encoding: str = "utf-8") -> Iterator[pa.Table]:
        """Yield the rows of one file of the archive as text."""
        path = self._archive()
        shape = CsvFormat(delimiters="\t", quotes=False, encoding=encoding)
        try:
            with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
                yield from csv_batches(stream, where=f"{path}: {name}", required=required, shape=shape)
        except KeyError as error:
            raise SourceError(
                f"it holds no '{name}'", where=str(path), remedy=f"Pass the archive as published: {PUBLISHED.url}"
            ) from error
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise SourceError(
                f"it is not a readable zip archive ({error})", where=str(path), remedy="Fetch the archive again"
            ) from error

    def _audio_features(self) -> Iterator[pa.Table]:
        """Yield the features that lie beside the archive; nothing where there are none."""
        path = self._archive().parent / AUDIO_FEATURES_FILE
        if path.is_file():
            table = pa.concat_tables(table_batches(path, required=("artistID", *c.AUDIO_FEATURES)))
            ids = self._qualified(table["artistID"])
            yield table.select(list(c.AUDIO_FEATURES)).append_column(c.TRACK_ID, ids)

    def _qualified(self, ids: pa.ChunkedArray) -> pa.ChunkedArray:
        return pc.binary_join_element_wise(self.name, ids, ":")


def tags_of_tracks(events: Iterator[pa.Table]) -> pa.Table:
    """Return the tags of each track and how many listeners gave each, the most given first, then by name."""
    given = pa.concat_tables(events).select([c.USER_ID, c.TRACK_ID, _TAG]).to_pandas().dropna().drop_duplicates()
    counts = given.groupby([c.TRACK_ID, _TAG], as_index=False).size()
    ordered = counts.sort_values([c.TRACK_ID, "size", _TAG], ascending=[True, False, True])
    tracks, lengths = np.unique(ordered[c.TRACK_ID].to_numpy(dtype=object), return_counts=True)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    return pa.table(
        {
            c.TRACK_ID: pa.array(tracks, pa.string()),
            c.TAGS: pa.ListArray.from_arrays(offsets, pa.array(ordered[_TAG], pa.string())),
            c.TAG_WEIGHTS: pa.ListArray.from_arrays(offsets, pa.array(ordered["size"], pa.float32())),
        }
    )


def _with_columns_of(side: pa.Table, rows: pa.Table) -> pa.Table:
    """Add the columns of ``side`` to the rows with the same track id; nulls where it has none."""
    positions = pc.index_in(rows[c.TRACK_ID], value_set=side[c.TRACK_ID].combine_chunks())
    found = side.drop_columns([c.TRACK_ID]).take(positions)
    return pa.table([*rows.columns, *found.columns], names=[*rows.column_names, *found.column_names])


def _times(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read milliseconds since 1970; null where the text is no number."""
    numbers = pc.if_else(pc.match_substring_regex(texts, r"^-?[0-9]{1,18}$"), texts, None)
    return numbers.cast(pa.int64()).cast(pa.timestamp("ms", tz="UTC"))
