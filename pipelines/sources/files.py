"""Anybody's tables: CSV (plain or gzip) or Parquet.

Interactions need ``user_id`` and ``track_id``. What a row says is told by its other columns:

- ``kind`` (and ``value``): taken as they stand, see ``pipelines.data.columns``;
- ``plays``: the row is a number of plays;
- neither: the row is one play, with its time where there is a column ``at``.

Tracks need ``track_id``; lists (artists, genres, tags) are separated by ``|`` in a CSV. Playlists need ``playlist_id``
and ``track_id``. Ids are taken as they stand, so that histories for ``crossfade recommend`` use the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from pipelines.data import columns as c
from pipelines.data.hashing import hash_file, hash_json
from pipelines.data.provenance import Provenance
from pipelines.errors import ConfigError, SourceError
from pipelines.sources.base import Source, SourceOptions
from pipelines.sources.tabular import check_file, row_group, row_groups, table_batches


class FilesOptions(SourceOptions):
    """Which files to read.

    Attributes:
        interactions: Who played what; required.
        tracks: The catalogue; without one, tracks are known by their id only.
        playlists: Which track stands in which playlist.
        licence: The terms the files are used under, kept with every model trained on them.
    """

    interactions: Path | None = None
    tracks: Path | None = None
    playlists: Path | None = None
    licence: str = "the owner's own data"


class Files(Source):
    """Tables in local files.

    Raises:
        ConfigError: No interactions file was named, or an archive was.
    """

    name: ClassVar[str] = "files"
    title: ClassVar[str] = "Files (CSV or Parquet)"
    options_type: ClassVar[type[SourceOptions]] = FilesOptions

    def __init__(self, options: SourceOptions | None = None) -> None:
        super().__init__(options)
        chosen = self.options if isinstance(self.options, FilesOptions) else FilesOptions()
        if chosen.interactions is None:
            raise ConfigError(
                "no interactions file was named",
                where="source 'files'",
                remedy="Pass --interactions FILE (CSV or Parquet with user_id and track_id)",
            )
        if chosen.archive is not None:
            raise ConfigError(
                "it reads no archive", where="source 'files'", remedy="Name the tables: --interactions, --tracks"
            )
        # A piece may be read by a process that works in another folder.
        self._interactions = chosen.interactions.absolute()
        self._tracks = chosen.tracks
        self._playlists = chosen.playlists
        self._licence = chosen.licence

    def check(self) -> None:
        """Check that every file that was named can be opened."""
        for path in self._paths():
            check_file(path)

    def provenance(self) -> Provenance:
        """Name the files; the checksum covers all of them."""
        self.check()
        paths = self._paths()
        return Provenance(
            source=self.name,
            origin="files: " + ", ".join(path.name for path in paths),
            licence=self._licence,
            checksum=hash_json([hash_file(path) for path in paths]),
        )

    def interactions(self) -> Iterator[pa.Table]:
        """Yield the rows of the interactions file with their kind spelled out."""
        for batch in table_batches(self._interactions, required=(c.USER_ID, c.TRACK_ID)):
            yield _with_kind(batch, where=str(self._interactions))

    def pieces(self) -> int:
        """Return how many pieces the interactions can be read in: the row groups of a Parquet file; a CSV is one."""
        return row_groups(self._interactions)

    def piece(self, number: int) -> Iterator[pa.Table]:
        """Yield one piece of the interactions."""
        for batch in row_group(self._interactions, number, required=(c.USER_ID, c.TRACK_ID)):
            yield _with_kind(batch, where=str(self._interactions))

    def tracks(self) -> Iterator[pa.Table]:
        """Yield the rows of the tracks file; nothing where none was named."""
        if self._tracks is not None:
            yield from table_batches(self._tracks, required=(c.TRACK_ID,))

    def playlists(self) -> Iterator[pa.Table]:
        """Yield the rows of the playlists file; nothing where none was named."""
        if self._playlists is not None:
            yield from table_batches(self._playlists, required=(c.PLAYLIST_ID, c.TRACK_ID))

    def _paths(self) -> list[Path]:
        return [path for path in (self._interactions, self._tracks, self._playlists) if path is not None]


def _with_kind(batch: pa.Table, *, where: str) -> pa.Table:
    """Say what a row means where its columns imply it."""
    names = batch.column_names
    if c.KIND in names and c.PLAYS not in names:
        return batch
    if c.KIND in names or c.VALUE in names:
        raise SourceError(
            "its columns say in two ways, or in none, what a row means",
            where=where,
            remedy="Give 'plays', or 'kind' and 'value', or none of the three",
        )
    if c.PLAYS in names:
        renamed = batch.rename_columns([c.VALUE if name == c.PLAYS else name for name in names])
        return renamed.append_column(c.KIND, pa.repeat(c.PLAY_COUNT, batch.num_rows))
    if c.AT in names:
        return batch.append_column(c.KIND, pa.repeat(c.PLAY, batch.num_rows))
    counted = batch.append_column(c.VALUE, pa.repeat(1, batch.num_rows))
    return counted.append_column(c.KIND, pa.repeat(c.PLAY_COUNT, batch.num_rows))
