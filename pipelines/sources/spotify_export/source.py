"""The source: a Spotify export as three tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Final

import pyarrow as pa

from pipelines.data import columns as c
from pipelines.data.provenance import Provenance
from pipelines.data.tables import InteractionTable, PlaylistTable
from pipelines.sources.base import SourceOptions
from pipelines.sources.person_file import PersonFile
from pipelines.sources.spotify_export.batches import joined
from pipelines.sources.spotify_export.catalogue import Catalogue
from pipelines.sources.spotify_export.export import Export
from pipelines.sources.spotify_export.rules import judge

#: Joins the many small playlists.
_BATCH_BYTES: Final = 1 << 20


class SpotifyExport(PersonFile):
    """One person's export: basic, extended or both, zipped or not.

    Raises:
        ConfigError: No export was named, or the listener's name is impossible.
    """

    name: ClassVar[str] = "spotify-export"
    title: ClassVar[str] = "Spotify export"
    what: ClassVar[str] = "the zip Spotify sent, or the folder it unpacks to"

    def __init__(self, options: SourceOptions | None = None) -> None:
        super().__init__(options)
        self._catalogue: Catalogue | None = None

    def check(self) -> None:
        """Check that the export can be opened and holds something about listening."""
        self._export()

    def provenance(self) -> Provenance:
        """Say that it is a person's own export; the file's name may hold theirs, so it is not kept."""
        return Provenance(
            source=self.name,
            origin="a person's own export from Spotify",
            licence="the listener's own data, used with their consent; Spotify's user guidelines apply",
            checksum=self._export().checksum(),
        )

    def interactions(self) -> Iterator[pa.Table]:
        """Yield plays and skips, saved and banned tracks, and the tracks of playlists."""
        return joined(self._interactions(), _BATCH_BYTES)

    def _interactions(self) -> Iterator[pa.Table]:
        left_out = self._begin_account(InteractionTable.name)
        export, catalogue = self._export(), Catalogue()
        self.notes = export.notes()
        for plays in export.plays(left_out):
            judged = judge(plays)
            left_out.update(judged.left_out)
            kept = judged.kept_of(plays)
            catalogue.add(kept.track_id, kept.title, kept.artist, kept.album)
            yield self._rows(kept.track_id, judged.kinds, kept.at, kept.length)
        for kind, found in export.library(left_out):
            catalogue.add(found.track_id, found.title, found.artist, found.album)
            yield self._rows(found.track_id, _everywhere(kind, len(found.track_id)), found.at)
        for each in export.playlists(self._person, left_out):
            found = each.tracks
            catalogue.add(found.track_id, found.title, found.artist, found.album)
            yield self._rows(found.track_id, _everywhere(c.PLAYLIST_ADD, len(found.track_id)), found.at)
        self._catalogue = catalogue

    def tracks(self) -> Iterator[pa.Table]:
        """Yield the tracks that interactions and playlists name, all in one batch."""
        if self._catalogue is None:
            for _ in self.interactions():
                pass
        if self._catalogue is not None:
            yield self._catalogue.table()

    def playlists(self) -> Iterator[pa.Table]:
        """Yield the tracks of each playlist in order."""
        left_out = self._begin_account(PlaylistTable.name)
        for each in self._export().playlists(self._person, left_out):
            found, rows = each.tracks, len(each.tracks.track_id)
            yield pa.table(
                {
                    c.PLAYLIST_ID: pa.repeat(each.playlist_id, rows),
                    c.OWNER: pa.repeat(self._person, rows),
                    c.NAME: pa.repeat(pa.scalar(each.name, pa.string()), rows),
                    c.POSITION: found.position,
                    c.TRACK_ID: found.track_id,
                    c.ADDED_AT: found.at,
                }
            )

    def _export(self) -> Export:
        return Export(self._path, self.name)

    def _begin_account(self, table: str) -> Counter[str]:
        """Forget what the reading before left out of a table."""
        self.left_out[table] = Counter()
        return self.left_out[table]

    def _rows(self, track_ids: pa.Array, kinds: pa.Array, at: pa.Array, value: pa.Array | None = None) -> pa.Table:
        """Return interactions of this person."""
        rows = len(track_ids)
        return pa.table(
            {
                c.USER_ID: _everywhere(self._person, rows),
                c.TRACK_ID: track_ids,
                c.AT: at,
                c.KIND: kinds,
                c.VALUE: value if value is not None else pa.nulls(rows, pa.int64()),
                c.CONSENT: _everywhere(self._consent, rows),
            }
        )


def _everywhere(text: str | None, rows: int) -> pa.DictionaryArray:
    """Return the same text in every row, held once."""
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), pa.array([text], pa.string()))
