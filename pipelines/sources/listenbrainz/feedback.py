"""Likes and dislikes that name recordings by ids alone, joined to the tracks of the listens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.parsing import parse_column
from pipelines.sources.track_ids import recording_ids

TAKEN_BACK: Final = "feedback taken back (score 0)"
UNKNOWN_RECORDING: Final = "feedback on a recording without a listen in the export"


class Feedback:
    """The feedback of one person, and what the listens tell about its recordings.

    Args:
        fields: The fields of all feedback records; there are a few thousand at most, so they are held in memory.
    """

    def __init__(self, fields: Iterable[pa.Table]) -> None:
        self._fields = list(fields)
        self._msids = self._wanted("own_msid")
        self._recordings = recording_ids(self._wanted("own_mbid"))
        self._track_of: dict[str, str] = {}
        self._heard: set[str] = set()

    def _wanted(self, name: str) -> pa.Array:
        values = pa.chunked_array([fields[name].combine_chunks() for fields in self._fields], pa.string())
        return pc.drop_null(values).combine_chunks()

    def look_at(self, fields: pa.Table, tracks: pa.Array) -> None:
        """Remember which tracks of these listens feedback was given on."""
        msids = pc.coalesce(fields["msid"].combine_chunks(), fields["own_msid"].combine_chunks())
        wanted = pc.and_(pc.is_in(msids, value_set=self._msids), pc.is_valid(tracks))
        self._track_of.update(zip(msids.filter(wanted).to_pylist(), tracks.filter(wanted).to_pylist(), strict=True))
        self._heard.update(tracks.filter(pc.is_in(tracks, value_set=self._recordings)).to_pylist())

    def rows(self, left_out: Counter[str]) -> Iterator[pa.Table]:
        """Yield track, kind, time and line of each like and dislike, once all listens have been looked at.

        Args:
            left_out: Takes the number of those that become no row, by reason.
        """
        for fields in self._fields:
            scores, tracks = parse_column(fields["score"], pa.float64()).values, self._tracks(fields)
            taken_back = pc.fill_null(pc.equal(scores, 0.0), fill_value=False)
            unknown = pc.and_(pc.is_null(tracks), _names_a_recording(fields))
            counts = {TAKEN_BACK: taken_back, UNKNOWN_RECORDING: pc.and_not(unknown, taken_back)}
            left_out += Counter({reason: pc.sum(rows).as_py() or 0 for reason, rows in counts.items()})
            rows = pa.table(
                {
                    c.TRACK_ID: tracks,
                    c.KIND: pc.if_else(
                        pc.equal(scores, 1.0), c.LIKE, pc.if_else(pc.equal(scores, -1.0), c.DISLIKE, None)
                    ),
                    c.AT: fields["created"],
                    c.LINE: fields[c.LINE],
                }
            )
            yield rows.filter(pc.invert(pc.or_(taken_back, unknown)))

    def _tracks(self, fields: pa.Table) -> pa.Array:
        """Return the track of each record, null where no listen is of it."""
        recordings = recording_ids(fields["own_mbid"].combine_chunks()).to_pylist()
        msids = fields["own_msid"].to_pylist()
        found = [
            recording if recording in self._heard else self._track_of.get(msid)
            for recording, msid in zip(recordings, msids, strict=True)
        ]
        return pa.array(found, pa.string())


def _names_a_recording(fields: pa.Table) -> pa.Array:
    either = pc.or_(pc.is_valid(fields["own_msid"]), pc.is_valid(fields["own_mbid"]))
    return either.combine_chunks()
