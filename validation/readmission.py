"""Rows in quarantine as a source, so that they take the way of every other reading: cleaning, gate, trusted rows."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.consent import Consent
from pipelines.data.people import is_person
from pipelines.data.provenance import Provenance
from pipelines.data.reading import Reading
from pipelines.data.row_parsing import ROW, TABLE
from pipelines.data.snapshot import Snapshot
from pipelines.data.tables import InteractionTable, PlaylistTable, TrackCatalogue
from pipelines.errors import SnapshotError
from pipelines.sources.base import Source

_KNOWN_ALREADY: Final = "in the catalogue already"


class QuarantinedRows(Source):
    """Lines of one quarantine entry, read again as rows of the source they came from.

    They join what is there and nothing makes way for them. What a reading has to tell besides is taken from the trusted
    rows: the rest of a playlist, because a list that is read again is what it is now; and one interaction where only
    tracks or playlists come back.

    Args:
        source: The name of the source they came from.
        lines: What is to be read again (``validation.quarantine.QUARANTINE_SCHEMA``).
        trusted: The rows that were let in.

    Raises:
        SnapshotError: Nothing of that source was ever let in.
    """

    name: ClassVar[str] = "quarantine"
    title: ClassVar[str] = "Rows in quarantine"
    reading: ClassVar[Reading] = Reading.PERSON

    def __init__(self, source: str, lines: pa.Table, trusted: Snapshot) -> None:
        super().__init__()
        # One instance speaks for one source, whose name a class would have had to know.
        vars(self)["name"] = source
        self._lines = lines
        self._trusted = trusted
        found = [entry for entry in trusted.provenance if entry.source == source]
        if not found:
            raise SnapshotError(
                f"nothing of '{source}' was let in so far, so its rows have nothing to join",
                where="quarantine",
                remedy="Mend the data or the rules, then ingest the whole of it",
            )
        self._provenance = found[-1]

    def provenance(self) -> Provenance:
        """Return where the source's trusted rows come from."""
        return self._provenance

    def interactions(self) -> Iterator[pa.Table]:
        """Yield the interactions among the lines; where there is none, one that is trusted."""
        own = self._rows(InteractionTable.name)
        yield from _batches(own)
        if not own:
            of_source = (_of(rows.data, self.name) for rows in self._trusted.batches())
            yield from (rows.slice(0, 1) for rows in of_source if rows.num_rows)

    def tracks(self) -> Iterator[pa.Table]:
        """Yield the tracks among the lines.

        The rows that are trusted are counted, because a reading that tells of no track at all would have its catalogue
        made from the ids of its interactions, and then every track would be known.
        """
        trusted = _of(self._trusted.sourced_tracks().data, self.name)
        if pc.any(pc.not_equal(trusted[c.TITLE], trusted[c.TRACK_ID])).as_py():
            self.left_out[TrackCatalogue.name][_KNOWN_ALREADY] = trusted.num_rows
        yield from _batches(self._rows(TrackCatalogue.name))

    def playlists(self) -> Iterator[pa.Table]:
        """Yield the playlist rows among the lines, after the trusted rows of the same lists."""
        own = self._rows(PlaylistTable.name)
        trusted = _of(self._trusted.playlists().data, self.name)
        ids = pa.array({str(row.get(c.PLAYLIST_ID)) for row in own}, pa.string())
        same = trusted.filter(pc.is_in(trusted[c.PLAYLIST_ID], value_set=ids))
        if same.num_rows:
            yield same
        yield from _batches(own)

    def _rows(self, table: str) -> list[dict[str, Any]]:
        rows = self._lines.filter(pc.equal(self._lines[TABLE], table))[ROW]
        return [_as_it_was(json.loads(row)) for row in rows.to_pylist()]


def may_come_back(line: Mapping[str, Any], source: str, reading: Reading, standing: Iterable[Consent]) -> bool:
    """Tell whether nobody has to agree to a line's return, or somebody did and stands by it.

    Args:
        line: A line of quarantine.
        source: The source it came from.
        reading: What a reading of that source is.
        standing: The consents that stand.
    """
    row = json.loads(line[ROW])
    about = row.get(c.USER_ID) or row.get(c.OWNER) or ""
    own = [each for each in standing if each.source == source]
    if line[TABLE] == TrackCatalogue.name:
        return reading is not Reading.PERSON or bool(own)
    if not is_person(str(about)) and row.get(c.CONSENT) is None:
        return True
    same_id = [each for each in own if line[TABLE] == PlaylistTable.name or each.consent_id == row.get(c.CONSENT)]
    return any(each.person == about for each in same_id)


def _as_it_was(row: dict[str, Any]) -> dict[str, Any]:
    """Give back the value JSON has no word for: as text it would count as missing, and no rule would find it."""
    return {**row, c.VALUE: math.nan} if row.get(c.VALUE) == "nan" else row


def _of(rows: pa.Table, source: str) -> pa.Table:
    return rows.filter(pc.equal(rows[c.SOURCE], source))


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[pa.Table]:
    """Yield rows in batches in which every value of a column is of one type, so that each is read as it was written."""
    alike: defaultdict[tuple[tuple[str, str], ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        alike[tuple((name, type(value).__name__) for name, value in row.items())].append(row)
    for shape, same in alike.items():
        yield pa.table({name: _column([row[name] for row in same], kind) for name, kind in shape})


def _column(values: list[Any], kind: str) -> pa.Array:
    if kind == "NoneType":
        return pa.nulls(len(values), pa.string())
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):  # numbers too large, objects, lists of this and that
        return pa.array([json.dumps(value, ensure_ascii=False) for value in values], pa.string())
