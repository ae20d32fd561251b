"""The dump of all listens that ListenBrainz publishes.

A dump is a tar of files ``<year>/<month>.listens`` with a listen a line; an incremental dump has the same form and the
listens that were added since the one before. Listens that people deleted are in no incremental dump: they are gone only
after a full dump has been read into a new home.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.provenance import Provenance
from pipelines.sources.base import Reading, Source, SourceOptions
from pipelines.sources.distinct import DistinctRows
from pipelines.sources.inputs import checksum_of, named_input, read_members
from pipelines.sources.json_records import json_records
from pipelines.sources.listenbrainz.fields import SCHEMA, fields_of
from pipelines.sources.listenbrainz.listens import (
    NOW_PLAYING,
    PREFIX,
    is_now_playing,
    plays,
    track_ids,
    track_rows,
)
from pipelines.sources.safe_archive import Limits

#: A full dump holds over a billion listens of half a kB each.
_LIMITS: Final = Limits(total_bytes=8 << 40)
_WHAT: Final = "files of listens (.listens or .jsonl)"
_HASHED_NAME: Final = 20


class ListenBrainz(Source):
    """Listens of everybody who uses ListenBrainz.

    Listeners are known by their numbers. Where a record has only the name a person chose, a hash of it takes its place.

    Raises:
        ConfigError: No file was named.
    """

    name: ClassVar[str] = "listenbrainz"
    title: ClassVar[str] = "ListenBrainz dump"
    reading: ClassVar[Reading] = Reading.POPULATION

    def __init__(self, options: SourceOptions | None = None) -> None:
        super().__init__(options)
        self._path = named_input(self.options, source=self.name, what="a dump (tar.zst, tar, folder or .listens file)")

    def provenance(self) -> Provenance:
        """Name the file; dumps are in the public domain."""
        return Provenance(
            source=self.name,
            origin=f"ListenBrainz dump: {self._path.name}",
            licence="CC0 1.0",
            checksum=checksum_of(self._path),
        )

    def interactions(self) -> Iterator[pa.Table]:
        """Yield one play for each listen."""
        left_out = self.left_out["interactions"]
        left_out.clear()
        for fields in self._fields():
            tracks = track_ids(fields)
            playing = is_now_playing(fields, tracks)
            left_out += Counter({NOW_PLAYING: pc.sum(playing).as_py() or 0})
            yield plays(fields, tracks).append_column(c.USER_ID, _listeners(fields)).filter(pc.invert(playing))

    def tracks(self) -> Iterator[pa.Table]:
        """Yield the tracks of the listens; what is said again in the same words is not repeated."""
        distinct = DistinctRows()
        for fields in self._fields():
            yield distinct.new_rows(track_rows(fields))

    def _fields(self) -> Iterator[pa.Table]:
        for member in read_members(self._path, _is_listens, what=_WHAT, limits=_LIMITS):
            for records in json_records(member.stream, SCHEMA, where=member.where):
                yield from fields_of(records, member)


def _is_listens(name: str) -> bool:
    return name.removesuffix(".gz").endswith((".listens", ".jsonl"))


def _listeners(fields: pa.Table) -> pa.Array:
    """Return the id of each listener; null where the record names none."""
    numbers = fields["user"].combine_chunks().cast(pa.string())
    names = fields["user_name"].combine_chunks().dictionary_encode()
    hashed = pa.array([_hashed(name) for name in names.dictionary.to_pylist()], pa.string()).take(names.indices)
    return pc.binary_join_element_wise(PREFIX, pc.coalesce(numbers, hashed), ":")


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:_HASHED_NAME]
