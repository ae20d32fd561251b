"""What cleaning reads: the three tables of a source, as they come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, runtime_checkable

import pyarrow as pa


class RawTables(Protocol):
    """What cleaning reads: a ``pipelines.sources.base.Source``, or anything with its three tables."""

    @property
    def name(self) -> str:
        """What goes into the ``source`` column."""

    @property
    def left_out(self) -> Mapping[str, Mapping[str, int]]:
        """Parts of the input that become no row, by table and reason; complete once the batches have been read."""

    def interactions(self) -> Iterator[pa.Table]:
        """Yield batches of interactions."""

    def tracks(self) -> Iterator[pa.Table]:
        """Yield batches of tracks."""

    def playlists(self) -> Iterator[pa.Table]:
        """Yield batches of playlist rows."""


@runtime_checkable
class DividedTables(RawTables, Protocol):
    """A source whose interactions can be read in pieces, each by itself and anywhere."""

    def pieces(self) -> int:
        """Return how many there are."""
        ...

    def piece(self, number: int) -> Iterator[pa.Table]:
        """Yield the batches of one; all pieces in order are what ``interactions`` yields."""
        ...
