"""Whose export a file is, told by what lies in it: for people who have a zip and should not need to know its name here.

Only names of members and, of a table, the first line are looked at, through the same door as everything else
(``safe_archive``): what that refuses is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, cast

from pipelines.errors import SourceError
from pipelines.sources.exportify import Exportify
from pipelines.sources.exportify.layout import playlist_rows
from pipelines.sources.inputs import Member, is_archive, read_members
from pipelines.sources.lastfm import Lastfm
from pipelines.sources.lastfm.layout import scrobbles
from pipelines.sources.listenbrainz import ListenBrainzExport
from pipelines.sources.person_file import PersonFile
from pipelines.sources.safe_archive import Limits, open_archive
from pipelines.sources.spotify_export import SpotifyExport
from pipelines.sources.spotify_export.members import part_of

#: What is taken from a stranger: more than any person's export has, and little enough to be read while others wait.
STRANGERS_LIMITS: Final = Limits(members=10_000, total_bytes=2 << 30)

_LISTENS: Final = re.compile(r"(?:.*/)?listens/[0-9]{4}/[0-9]{1,2}\.jsonl(?:\.gz)?")
_TABLES: Final = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_REMEDY: Final = (
    "Pass the zip as it was downloaded: from Spotify ('Download your data'), ListenBrainz or Exportify, or scrobbles "
    "from Last.fm as CSV"
)


def recognise(path: Path, limits: Limits = STRANGERS_LIMITS) -> type[PersonFile]:
    """Return the source that reads a file.

    Args:
        path: A zip or a tar, or one table.
        limits: What it may unpack to.

    Raises:
        SourceError: It is damaged or refused, or holds no listening that is known here.
    """
    if not is_archive(path):
        return _kind_of_table(path, path.name, limits)
    names = open_archive(path, limits).names()
    if any(part_of(name) for name in names):
        return SpotifyExport
    if any(_LISTENS.fullmatch(name.lower()) for name in names):
        return ListenBrainzExport
    table = next((name for name in names if name.lower().endswith(_TABLES)), None)
    if table is None:
        raise _unknown(path)
    return _kind_of_table(path, table, limits)


def _kind_of_table(path: Path, table: str, limits: Limits) -> type[PersonFile]:
    """Tell playlists from scrobbles by the first row that can be read as one."""
    for kind, rows_of in _READERS:
        members = read_members(path, lambda name: name == table, what="table", limits=limits)
        with closing(cast("Generator[Member]", members)), suppress(SourceError):
            for member in members:
                next(rows_of(member), None)
                return kind
    raise _unknown(path)


def _scrobbles(member: Member) -> Iterator[dict[str, str]]:
    return scrobbles(member, columns=None, encoding=None)


_READERS: Final = ((Exportify, playlist_rows), (Lastfm, _scrobbles))


def _unknown(path: Path) -> SourceError:
    return SourceError("it holds no listening data of a kind that is known here", where=str(path), remedy=_REMEDY)
