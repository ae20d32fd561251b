"""Cleaning: whatever a source yields in, three typed tables out, and an account of every row.

The rules:

- Every column is parsed to its schema type (``pipelines.data.parsing``). A row is rejected where a required column is
  missing or unreadable, where a value or a time is given and unreadable, where the kind is unknown, and where a play
  count or a rating has no value. In other columns what is unreadable becomes missing, and is counted.
- The ``source`` column is the name of the source that was read, whatever stands in a file: permitted uses hang on it.
- A release date has the form 2004, 2004-05 or 2004-05-17, and tells its own precision where none is given. Weights that
  do not match their tags one to one are unreadable.
- Rows that say the same are merged (``pipelines.data.deduplication``).
- Where a source has no track table, a catalogue is built from the ids in its interactions and playlists.

What a value may be (no negative play times, nothing in the future, every track in the catalogue) is not decided here:
the gate, in ``validation``, puts rows that break such rules into quarantine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.atomic import new_file
from pipelines.data import columns as c
from pipelines.data.buckets import BUCKETS
from pipelines.data.deduplication import Merged, merge_interactions, merge_playlists, merge_tracks
from pipelines.data.raw_tables import DividedTables, RawTables
from pipelines.data.row_buffer import RowBuffer
from pipelines.data.row_parsing import REASON, REJECTED_SCHEMA, parse_batch
from pipelines.data.spool import Spool, write_buckets
from pipelines.data.tables import InteractionTable, PlaylistTable, Table, Tables, TrackCatalogue
from pipelines.errors import NotEnoughDataError
from pipelines.parallel import even_spans, is_here, spread


@dataclass(frozen=True)
class TableCounts:
    """What became of one table's rows: ``read + built = kept + all left out + all rejected + all merged``.

    Attributes:
        read: Rows the source found.
        built: Rows made here, because the source has no such table.
        kept: Rows in the cleaned table.
        left_out: Rows that are not what the table holds, by reason (a podcast among the plays, say).
        rejected: Rows that cannot be used, by reason.
        merged: Rows that went into another one, by rule.
        emptied: For each column, unreadable values that became missing in rows that were kept or merged.
    """

    read: int = 0
    built: int = 0
    kept: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    merged: Mapping[str, int] = field(default_factory=dict)
    emptied: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: TableCounts) -> TableCounts:
        """Add up the accounts of two parts of a table."""

        def both(name: str) -> Any:
            mine, theirs = getattr(self, name), getattr(other, name)
            return mine + theirs if isinstance(mine, int) else dict(Counter(mine) + Counter(theirs))

        return TableCounts(*(both(each.name) for each in fields(self)))

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)


@dataclass(frozen=True)
class Intake:
    """What was read of a source, row by row usable; the interactions still have to be merged.

    Attributes:
        source: The source.
        interactions: Its interactions, to be had listener by listener.
        tracks: The catalogue, merged.
        playlists: The playlist rows, merged.
        rejected: The rows that cannot be used: table, row (as it was read, as JSON text), reason.
        counts: The account of each table, by its name; that of the interactions counts them before merging.
    """

    source: str
    interactions: Spool
    tracks: TrackCatalogue
    playlists: PlaylistTable
    rejected: RowBuffer
    counts: Mapping[str, TableCounts]


@dataclass(frozen=True)
class Cleaned:
    """The result of cleaning one source in memory.

    Attributes:
        tables: The typed rows.
        rejected: The rows that cannot be used: table, row (as it was read, as JSON text), reason.
        counts: The account of each table, by its name.
    """

    tables: Tables
    rejected: pa.Table
    counts: Mapping[str, TableCounts]


def clean(source: RawTables) -> Cleaned:
    """Read a source to its end and clean it, in memory.

    Raises:
        SourceError: The source cannot be read.
        TableError: A required column is missing.
        NotEnoughDataError: Not one interaction can be used.
    """
    intake = read(source)
    merged = merge_interactions(intake.interactions.rows_of(range(BUCKETS)))
    name = InteractionTable.name
    counts = replace(intake.counts[name], kept=merged.rows.num_rows, merged=dict(merged.merged))
    return Cleaned(
        tables=Tables(InteractionTable(merged.rows), intake.tracks, intake.playlists),
        rejected=pa.concat_tables([REJECTED_SCHEMA.empty_table(), *intake.rejected]),
        counts={**intake.counts, name: counts},
    )


def read(source: RawTables, folder: Path | None = None, *, may_be_empty: Callable[[], bool] = lambda: False) -> Intake:
    """Read a source to its end and parse every row.

    Args:
        source: The source.
        folder: An empty folder for what does not fit in memory; None to hold everything in memory.
        may_be_empty: Tells, once all was read, whether there may be nothing; what is there has to be usable anyway.

    Raises:
        SourceError: The source cannot be read.
        TableError: A required column is missing.
        NotEnoughDataError: Not one interaction can be used.
        OSError: The disk is full or the folder cannot be written.
    """
    rejected = RowBuffer(REJECTED_SCHEMA, folder / "rejected.arrows" if folder else None)
    spool = Spool(folder)
    account = _read_interactions(source, spool, rejected, folder)
    if not spool.rows and (account.rejected or not may_be_empty()):
        raise _nothing_left(account, source.name)
    tracks = _read_whole(source, source.tracks(), TrackCatalogue, merge_tracks, rejected)
    playlists = _read_whole(source, source.playlists(), PlaylistTable, merge_playlists, rejected)
    if not tracks.counts.read:
        tracks = _catalogue_of_ids(spool, playlists.rows, source.name)
    counts = {InteractionTable.name: account, TrackCatalogue.name: tracks.counts, PlaylistTable.name: playlists.counts}
    return Intake(
        source=source.name,
        interactions=spool,
        tracks=TrackCatalogue(tracks.rows),
        playlists=PlaylistTable(playlists.rows),
        rejected=rejected,
        counts=counts,
    )


def _read_interactions(source: RawTables, spool: Spool, rejected: RowBuffer, folder: Path | None) -> TableCounts:
    """Read and parse the interactions; on a cluster, which has to see the folder and the input, in pieces."""
    if folder is None or is_here() or not isinstance(source, DividedTables) or source.pieces() == 1:
        return _parse(source, source.interactions(), InteractionTable, spool.add, rejected)
    account = TableCounts()
    for piece in spread(_parse_piece, (source, folder), even_spans(source.pieces(), 1)):
        spool.take(piece.file, piece.counts.kept)
        rejected.add(piece.rejected)
        account += piece.counts
    return account


@dataclass(frozen=True)
class _Piece:
    """A piece of the interactions that was parsed.

    Attributes:
        file: Where its usable rows are, by bucket.
        rejected: The others.
        counts: The account of it.
    """

    file: Path
    rejected: pa.Table
    counts: TableCounts


def _parse_piece(shared: tuple[DividedTables, Path], start: int, stop: int) -> _Piece:
    """Parse a piece and leave its rows in the folder; done again, it leaves the same file."""
    source, folder = shared
    rows, rejected = [InteractionTable.schema.empty_table()], RowBuffer(REJECTED_SCHEMA)
    batches = chain.from_iterable(source.piece(number) for number in range(start, stop))
    counts = _parse(source, batches, InteractionTable, rows.append, rejected)
    file = folder / f"piece-{start:05d}.arrow"
    with new_file(file) as sink:
        write_buckets(sink, pa.concat_tables(rows))
    return _Piece(file, pa.concat_tables([REJECTED_SCHEMA.empty_table(), *rejected]), counts)


@dataclass(frozen=True)
class _WholeTable:
    rows: pa.Table
    counts: TableCounts


def _read_whole(
    source: RawTables,
    batches: Iterable[pa.Table],
    kind: type[Table],
    merge: Callable[[pa.Table], Merged],
    rejected: RowBuffer,
) -> _WholeTable:
    """Read a table that is held in memory, and merge its rows."""
    rows = [kind.schema.empty_table()]
    counts = _parse(source, batches, kind, rows.append, rejected)
    merged = merge(pa.concat_tables(rows).combine_chunks())
    return _WholeTable(merged.rows, replace(counts, kept=merged.rows.num_rows, merged=dict(merged.merged)))


def _parse(
    source: RawTables,
    batches: Iterable[pa.Table],
    kind: type[Table],
    keep: Callable[[pa.Table], None],
    rejected: RowBuffer,
) -> TableCounts:
    """Parse a table batch by batch and return its account, before any rows are merged."""
    read = kept = 0
    reasons: Counter[str] = Counter()
    emptied: Counter[str] = Counter()
    for batch in batches:
        parsed = parse_batch(batch, kind, source.name)
        keep(parsed.rows)
        rejected.add(parsed.rejected)
        read += batch.num_rows
        kept += parsed.rows.num_rows
        reasons.update(parsed.rejected[REASON].to_pylist())
        emptied += parsed.emptied
    left_out = dict(source.left_out.get(kind.name, {}))
    return TableCounts(
        read=read + sum(left_out.values()),
        kept=kept,
        left_out=left_out,
        rejected=dict(reasons),
        emptied=dict(emptied),
    )


def _catalogue_of_ids(interactions: Spool, playlists: pa.Table, source: str) -> _WholeTable:
    """Build a catalogue in which a track's title is its id."""
    ids = pc.unique(pa.chunked_array([interactions.track_ids(), *playlists[c.TRACK_ID].chunks], pa.string()))
    built = parse_batch(pa.table({c.TRACK_ID: ids, c.TITLE: ids}), TrackCatalogue, source)
    return _WholeTable(built.rows, TableCounts(built=len(ids), kept=len(ids)))


def _nothing_left(counts: TableCounts, source: str) -> NotEnoughDataError:
    if not counts.read:
        return NotEnoughDataError("it has not one interaction", where=f"source '{source}'", remedy="Pass other data")
    reason, rows = max((counts.rejected or counts.left_out).items(), key=lambda entry: entry[1])
    return NotEnoughDataError(
        f"not one of {counts.read:,} interactions can be used; the most frequent reason: '{reason}' ({rows:,} of them)",
        where=f"source '{source}'",
        remedy="Mend the rows, or check that the columns hold what their names say",
    )
