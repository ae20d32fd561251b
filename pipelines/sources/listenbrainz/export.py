"""One person's export from ListenBrainz.

The zip as downloaded holds ``listens/<year>/<month>.jsonl``, ``feedback.jsonl``, ``pinned_recording.jsonl`` and
``user.json``; older exports are single files with one JSON array, of listens or of feedback. What a file holds is told
by its name. The person's name there (``user.json``, ``user_name``) is never read.

Feedback names recordings by ids alone. It becomes a like (score 1) or a dislike (-1) of the track of the listen with
the same id; where the export has no such listen nothing is known about the track, and the feedback is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.provenance import Provenance
from pipelines.sources.distinct import DistinctRows
from pipelines.sources.inputs import checksum_of, read_members
from pipelines.sources.json_records import json_records
from pipelines.sources.listenbrainz.feedback import Feedback
from pipelines.sources.listenbrainz.fields import SCHEMA, fields_of
from pipelines.sources.listenbrainz.listens import NOW_PLAYING, is_now_playing, plays, track_ids, track_rows
from pipelines.sources.person_file import PersonFile

PINNED: Final = "pinned recordings"
_LISTENS, _FEEDBACK, _PINNED = "listens", "feedback", "pinned"
_WHAT: Final = "ListenBrainz export (zip, folder, .jsonl or .json)"


class ListenBrainzExport(PersonFile):
    """The listens and the feedback of one person, as ListenBrainz gives them out.

    Raises:
        ConfigError: No file was named, or the listener's name cannot be one.
    """

    name: ClassVar[str] = "listenbrainz-export"
    title: ClassVar[str] = "ListenBrainz export"
    what: ClassVar[str] = f"a {_WHAT}"

    def provenance(self) -> Provenance:
        """Say that it is a person's own export; the file's name holds theirs, so it is not kept."""
        return Provenance(
            source=self.name,
            origin="a person's own export from ListenBrainz",
            licence="the person's own data",
            checksum=checksum_of(self._path),
        )

    def interactions(self) -> Iterator[pa.Table]:
        """Yield one play for each listen, then the likes and dislikes."""
        left_out = self.left_out["interactions"]
        left_out.clear()
        left_out += Counter({PINNED: sum(fields.num_rows for fields in self._fields(_PINNED))})
        feedback = Feedback(self._fields(_FEEDBACK))
        for fields in self._fields(_LISTENS):
            tracks = track_ids(fields)
            feedback.look_at(fields, tracks)
            playing = is_now_playing(fields, tracks)
            left_out += Counter({NOW_PLAYING: pc.sum(playing).as_py() or 0})
            yield self._of_person(plays(fields, tracks).filter(pc.invert(playing)))
        for rows in feedback.rows(left_out):
            yield self._of_person(rows)

    def tracks(self) -> Iterator[pa.Table]:
        """Yield the tracks of the listens; what is said again in the same words is not repeated."""
        distinct = DistinctRows()
        for fields in self._fields(_LISTENS):
            yield distinct.new_rows(track_rows(fields))

    def _of_person(self, rows: pa.Table) -> pa.Table:
        """Say whose rows they are and what consent they rest on."""
        person = pa.array([self._person] * rows.num_rows, pa.string())
        consent = pa.array([self._consent] * rows.num_rows, pa.string())
        return rows.append_column(c.USER_ID, person).append_column(c.CONSENT, consent)

    def _fields(self, kind: str) -> Iterator[pa.Table]:
        """Yield the fields of all files of one kind."""
        for member in read_members(self._path, lambda name: _kind_of(name) is not None, what=_WHAT):
            if _kind_of(member.name, default=_LISTENS) == kind:
                for records in json_records(member.stream, SCHEMA, where=member.where):
                    yield from fields_of(records, member)


def _kind_of(name: str, default: str | None = None) -> str | None:
    """Tell by its name what a file holds; a JSON file without a known name holds listens."""
    path = PurePosixPath(name.lower().removesuffix(".gz"))
    if path.name == "user.json":
        return None
    for kind in (_FEEDBACK, _PINNED):
        if kind in path.name:
            return kind
    return _LISTENS if path.suffix in {".jsonl", ".json", ".listens"} else default
