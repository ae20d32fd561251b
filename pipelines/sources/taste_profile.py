"""The Taste Profile subset joined to Spotify's audio features: real play counts of single tracks.

The files have no public address. They are ``taste_profile_interactions.csv.gz`` (user_id, track_id, plays) and
``taste_profile_tracks.csv.gz`` (sid, title, artist, duration and audio features) in one folder; tracks are named by
their Spotify URI, so that they meet a person's own export under the same id.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.hashing import hash_file, hash_json
from pipelines.data.provenance import Provenance
from pipelines.errors import SourceError
from pipelines.sources.base import Reading, Source
from pipelines.sources.csv_text import one_element_lists
from pipelines.sources.tabular import check_file, table_batches

_INTERACTIONS = "taste_profile_interactions.csv.gz"
_TRACKS = "taste_profile_tracks.csv.gz"
_URI = "spotify:track"


class TasteProfile(Source):
    """Play counts of 1,223 listeners and 2,491 tracks."""

    name: ClassVar[str] = "taste-profile"
    title: ClassVar[str] = "Echo Nest Taste Profile with Spotify audio features"
    reading: ClassVar[Reading] = Reading.WORLD

    def provenance(self) -> Provenance:
        """Return the origin and the checksum of both files."""
        paths = [self._path(_INTERACTIONS), self._path(_TRACKS)]
        return Provenance(
            source=self.name,
            origin="Echo Nest Taste Profile subset, joined to Spotify tracks by title and artist",
            licence="research use; the terms of the audio features are partly unstated",
            checksum=hash_json([hash_file(path) for path in paths]),
        )

    def interactions(self) -> Iterator[pa.Table]:
        """Yield one row for each listener and track, with the number of plays."""
        for batch in table_batches(self._path(_INTERACTIONS), required=(c.USER_ID, c.TRACK_ID, c.PLAYS)):
            yield pa.table(
                {
                    c.USER_ID: batch[c.USER_ID],
                    c.TRACK_ID: _uris(batch[c.TRACK_ID]),
                    c.KIND: pa.repeat(c.PLAY_COUNT, batch.num_rows),
                    c.VALUE: batch[c.PLAYS],
                }
            )

    def tracks(self) -> Iterator[pa.Table]:
        """Yield title, artist, duration and audio features of each track."""
        for batch in table_batches(self._path(_TRACKS), required=("sid", c.TITLE, "artist", *c.AUDIO_FEATURES)):
            rows = batch.drop_columns(["sid", "artist"])
            yield rows.append_column(c.TRACK_ID, _uris(batch["sid"])).append_column(
                c.ARTISTS, one_element_lists(batch["artist"])
            )

    def _path(self, name: str) -> Path:
        """Find one of the two files from whichever of them, or of their folder, the options name."""
        archive = self.options.archive
        if archive is None:
            raise SourceError(
                "this data set has no public address",
                where=f"source '{self.name}'",
                remedy=f"Pass the folder of {_INTERACTIONS} and {_TRACKS}: --archive FOLDER (make: ARCHIVE=FOLDER)",
            )
        path = (archive if archive.is_dir() else archive.parent) / name
        check_file(path)
        return path


def _uris(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(_URI, pc.utf8_trim_whitespace(ids), ":")
