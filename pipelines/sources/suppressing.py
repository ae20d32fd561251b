"""A source without the people who were forgotten: what is read every night does not bring them back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.reading import Reading
from pipelines.sources.base import Source

#: Why such rows are left out.
FORGOTTEN: Final = "of people who asked to be forgotten"


class Suppressed:
    """A source as cleaning reads it, without some people.

    Args:
        source: The source.
        is_forgotten: Tells of an id whether it is that of somebody who asked to be forgotten.
    """

    def __init__(self, source: Source, is_forgotten: Callable[[str], bool]) -> None:
        self._source = source
        self._is_forgotten = is_forgotten
        self._known: dict[object, bool] = {}
        self._own: defaultdict[str, Counter[str]] = defaultdict(Counter)

    @property
    def name(self) -> str:
        """The source's name."""
        return self._source.name

    @property
    def left_out(self) -> dict[str, Counter[str]]:
        """What the source left out, and what was left out here."""
        tables = {*self._source.left_out, *self._own}
        nothing: Counter[str] = Counter()
        return {each: self._source.left_out.get(each, nothing) + self._own.get(each, nothing) for each in tables}

    def interactions(self) -> Iterator[pa.Table]:
        """Yield interactions."""
        return self._without(self._source.interactions(), "interactions", c.USER_ID)

    def tracks(self) -> Iterator[pa.Table]:
        """Yield tracks, as they are."""
        return self._source.tracks()

    def playlists(self) -> Iterator[pa.Table]:
        """Yield playlist rows."""
        return self._without(self._source.playlists(), "playlists", c.OWNER)

    def _without(self, batches: Iterator[pa.Table], table: str, column: str) -> Iterator[pa.Table]:
        for rows in batches:
            if column not in rows.column_names:
                yield rows
                continue
            stays = self._stays(rows[column])
            gone = rows.num_rows - int(stays.sum())
            if gone:
                self._own[table][FORGOTTEN] += gone
            yield rows.filter(pa.array(stays)) if gone else rows

    def _stays(self, people: pa.ChunkedArray) -> np.ndarray:
        """Say of each row whether it stays; an id is looked up once, however many rows have it."""
        for person in pc.unique(people).to_pylist():
            if person not in self._known:
                # A batch may still hold numbers for ids, and spaces around them: cleaning comes later.
                self._known[person] = person is not None and self._is_forgotten(str(person).strip())
        if not any(self._known.values()):
            return np.ones(len(people), dtype=bool)
        return np.array([not self._known[person] for person in people.to_pylist()], dtype=bool)


def may_come_back(source: Source) -> bool:
    """Tell whether a source's rows are new by nature: a person who consents again, or uses the service again."""
    return source.reading in {Reading.PERSON, Reading.EVENTS}
