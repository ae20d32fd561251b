"""A source of another package: what portable players with Rockbox write into .scrobbler.log while they play.

A line a track (AUDIOSCROBBLER/1.1): artist, album, title, number, seconds, L (listened) or S (skipped), Unix time.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import ClassVar

import pyarrow as pa

from pipelines.data import columns as c
from pipelines.data.names import named_track_ids
from pipelines.data.provenance import Provenance
from pipelines.errors import SourceError
from pipelines.sources.inputs import checksum_of
from pipelines.sources.person_file import PersonFile

FIELDS = (c.ARTISTS, c.ALBUM, c.TITLE, "number", "seconds", c.KIND, c.AT)
KINDS = {"L": c.PLAY, "S": c.SKIP}
EVENTS = pa.schema([(name, pa.string()) for name in (c.USER_ID, c.TRACK_ID, c.AT, c.KIND, c.CONSENT)])
TRACKS = pa.schema([(name, pa.string()) for name in (c.TRACK_ID, c.TITLE, c.ARTISTS, c.ALBUM)])


class Rockbox(PersonFile):
    """The plays and skips of one person's portable player."""

    name: ClassVar[str] = "rockbox"
    title: ClassVar[str] = "Rockbox scrobbler log"
    what: ClassVar[str] = "a .scrobbler.log"

    def provenance(self) -> Provenance:
        """Say that it is a person's own data."""
        origin = "a person's own portable player"
        return Provenance(self.name, origin, licence="the person's own data", checksum=checksum_of(self._path))

    def interactions(self) -> Iterator[pa.Table]:
        """Yield a play or a skip for each line; lines that are neither are counted and left out."""
        lines = self._lines()
        told = [line for line in lines if line.get(c.KIND) in KINDS and line.get(c.AT, "").isdigit()]
        self.left_out["interactions"]["lines that are neither play nor skip"] = len(lines) - len(told)
        for line in told:
            line |= {c.USER_ID: self._person, c.CONSENT: self._consent, c.KIND: KINDS[line[c.KIND]]}
            line[c.AT] = datetime.fromtimestamp(int(line[c.AT]), UTC).isoformat()
        yield pa.Table.from_pylist(told, EVENTS)

    def tracks(self) -> Iterator[pa.Table]:
        """Yield what the lines say of their tracks; a track of another source with the same name is the same track."""
        yield pa.Table.from_pylist(self._lines(), TRACKS)

    def _lines(self) -> list[dict[str, str]]:
        text = self._path.read_text(encoding="utf-8", errors="replace")
        if not text.startswith("#AUDIOSCROBBLER/1."):
            raise SourceError("it is no scrobbler log", where=self._path.name, remedy="Pass a .scrobbler.log")
        lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
        rows = [dict(zip(FIELDS, line, strict=False)) for line in lines]
        names = [pa.array([row.get(name) for row in rows], pa.string()) for name in (c.ARTISTS, c.TITLE)]
        ids = named_track_ids(self.name, *names).to_pylist()
        return [row | {c.TRACK_ID: track_id} for row, track_id in zip(rows, ids, strict=True)]
