"""A file a person passed becomes listening, and every row of it is accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.accumulate import Joining, join_interactions, known_interactions
from pipelines.data.cleaning import clean
from pipelines.data.listening import Listening, together
from pipelines.data.tables import InteractionTable
from pipelines.errors import NotEnoughDataError, SourceError
from pipelines.sources.person_file import PersonFile
from pipelines.sources.recognising import recognise

KNOWN: Final = "known from an earlier import"
IMPOSSIBLE: Final = "a time or a length that cannot be"

#: Nobody had their plays written down before.
_FIRST_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER: Final = timedelta(days=1)
_LONGEST_PLAY_MS: Final = 86_400_000.0
_NONE: Final = c.INTERACTION_SCHEMA.empty_table()


@dataclass(frozen=True)
class ReadFile:
    """What came of a file.

    Attributes:
        source: Which kind of export it is.
        listening: All that is kept of this source for the listener, what was there before included.
        read: How many entries the file holds.
        kept: The rows that are new, ``INTERACTION_SCHEMA``.
        left_out: How many entries are not kept, by reason; ``read`` is those and the kept rows.
    """

    source: str
    listening: Listening
    read: int
    kept: pa.Table
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class Owner:
    """Whose data are read.

    Attributes:
        listener: The id the service knows them by.
        consent: The id of the consent the rows rest on.
    """

    listener: str
    consent: str


def read_file(
    path: Path,
    owner: Owner,
    earlier: Callable[[str], Listening],
    *,
    now: datetime,
    progress: Callable[[float], None] = lambda _: None,
) -> ReadFile:
    """Read a file; what was read before counts once.

    Args:
        path: The file.
        owner: Whose it is.
        earlier: Gives what is kept of a source already.
        now: The time; nothing was played after it.
        progress: Told which part of the file has been read, about.

    Raises:
        SourceError: It is damaged, refused, or not listening.
    """
    kind = recognise(path)
    options = kind.options_type.model_validate({"archive": path, "consent": owner.consent})
    source = _Watched(kind(options), path, progress)
    try:
        cleaned = clean(source)
    except NotEnoughDataError as error:
        raise SourceError(error.what, where=str(path), remedy=error.remedy) from error
    counts = cleaned.counts[InteractionTable.name]
    rows = _owned(cleaned.tables.interactions.data, owner)
    possible = _possible(rows, now)
    before = earlier(source.name)
    usable = rows.filter(pa.array(possible))
    known = known_interactions(before.rows, usable)
    left_out = sum(map(Counter, (counts.left_out, counts.rejected, counts.merged)), Counter[str]())
    left_out += Counter({IMPOSSIBLE: int((~possible).sum()), KNOWN: int(known.sum())})
    joined = join_interactions(before.rows, usable, Joining(source.name, frozenset()))
    listening = together([Listening.of(joined.rows, cleaned.tables.tracks.data), Listening.of(_NONE, before.tracks)])
    return ReadFile(source.name, listening, counts.read, usable.filter(pa.array(~known)), dict(left_out))


class _Watched:
    """A source whose reading is watched: nobody knows how many rows a packed file has, so that is guessed."""

    #: Of an export's zip, for one play.
    _PACKED_BYTES: Final = 60

    def __init__(self, source: PersonFile, path: Path, progress: Callable[[float], None]) -> None:
        self._source = source
        self._progress = progress
        self._guess = 1 + path.stat().st_size // self._PACKED_BYTES
        self.name = source.name
        self.left_out: Mapping[str, Mapping[str, int]] = source.left_out

    def interactions(self) -> Iterator[pa.Table]:
        rows = 0
        for batch in self._source.interactions():
            rows += batch.num_rows
            self._progress(min(1.0, rows / self._guess))
            yield batch

    def tracks(self) -> Iterator[pa.Table]:
        return self._source.tracks()

    def playlists(self) -> Iterator[pa.Table]:
        # What stands in a playlist is among the interactions; the lists themselves are not kept here.
        return iter(())


def _owned(rows: pa.Table, owner: Owner) -> pa.Table:
    """Return rows under the listener's own id."""
    place = rows.schema.get_field_index(c.USER_ID)
    return rows.set_column(place, rows.schema.field(place), pa.repeat(owner.listener, rows.num_rows))


def _possible(rows: pa.Table, now: datetime) -> np.ndarray:
    """Tell which rows can be: not in the future, not before there were records, not longer than a day."""
    first, last = (pa.scalar(moment, rows.schema.field(c.AT).type) for moment in (_FIRST_DAY, now + _CLOCKS_DIFFER))
    at, value = rows[c.AT], rows[c.VALUE]
    in_time = pc.and_(pc.greater_equal(at, first), pc.less_equal(at, last))
    in_length = pc.and_(pc.greater_equal(value, 0.0), pc.less_equal(value, _LONGEST_PLAY_MS))
    possible = pc.and_(pc.fill_null(in_time, fill_value=True), pc.fill_null(in_length, fill_value=True))
    return np.asarray(possible.to_numpy(), dtype=bool)
