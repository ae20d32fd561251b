"""When preferences grew: a matrix of preferences has no time, so what is known of it is kept beside the matrix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from pipelines.sparse import chosen_entries, find, row_of_each, with_data

_US_IN_A_DAY = 86_400e6


@dataclass(frozen=True)
class Additions:
    """Interactions that add to a preference and have a time, in arrays of equal length.

    Attributes:
        rows: Listener of each.
        columns: Track of each.
        amounts: What it adds, in plays (> 0).
        days: When it was, in days since 1970.
    """

    rows: np.ndarray
    columns: np.ndarray
    amounts: np.ndarray
    days: np.ndarray

    @classmethod
    def of(cls, at: pa.ChunkedArray, rows: np.ndarray, columns: np.ndarray, amounts: np.ndarray) -> Additions:
        """Keep the interactions that add something and have a time.

        Args:
            at: Time of each interaction, in microseconds; null where it is not known.
            rows: Listener of each.
            columns: Track of each.
            amounts: What each adds.
        """
        days = at.cast(pa.int64()).to_numpy() / _US_IN_A_DAY
        kept = (amounts > 0) & ~np.isnan(days)
        return cls(rows[kept].astype(np.int32), columns[kept].astype(np.int32), amounts[kept], days[kept])

    @classmethod
    def joined(cls, parts: Iterable[Additions]) -> Additions:
        """Put the additions of several matrices together, which have the same rows and columns."""
        arrays = zip(*((part.rows, part.columns, part.amounts, part.days) for part in parts), strict=True)
        return cls(*(np.concatenate(array) for array in arrays))

    def placed(self, rows: np.ndarray, columns: np.ndarray) -> Additions:
        """Return the same where row i has become ``rows[i]``, and likewise the columns."""
        row, column = rows[self.rows].astype(np.int32), columns[self.columns].astype(np.int32)
        return Additions(row, column, self.amounts, self.days)


@dataclass(frozen=True)
class Timeline:
    """The past of the preferences of a data set.

    Attributes:
        histories: The preferences, listeners x tracks, with sorted rows.
        entries: For each addition, the place in ``histories.data`` of the preference it adds to.
        amounts: What each adds, in plays.
        days: When each was, in days since 1970.
    """

    histories: sp.csr_array
    entries: np.ndarray
    amounts: np.ndarray
    days: np.ndarray

    @classmethod
    def of(
        cls, histories: sp.csr_array, additions: Additions, rows: np.ndarray, columns: np.ndarray
    ) -> Timeline | None:
        """Find the preference each addition belongs to; those of preferences that were left out are left out too.

        Args:
            histories: The preferences that were kept.
            additions: The additions, by the listeners and tracks there were before.
            rows: Which listeners were kept, ascending.
            columns: Which tracks were kept, ascending.

        Returns:
            None where no addition is left: nothing is known of any time.
        """
        row, column = find(additions.rows, rows), find(additions.columns, columns)
        wanted = np.where((row < 0) | (column < 0), -1, row * len(columns) + column)
        entries = find(wanted, row_of_each(histories) * len(columns) + histories.indices)
        kept = entries >= 0
        if not kept.any():
            return None
        return cls(histories, entries[kept], additions.amounts[kept], additions.days[kept])

    def last(self) -> sp.csr_array:
        """Return the day of each preference's last addition, in the places of ``histories``; NaN if none is known."""
        return with_data(self.histories, self._latest(np.ones(len(self.days), dtype=bool)))

    def between(self, start: float, end: float) -> tuple[sp.csr_array, sp.csr_array]:
        """Return what was added from day ``start`` up to but not on ``end``.

        Returns:
            The strengths of the preferences added to, in plays of that time alone, and in their places the day of the
            last addition of that time; both listeners x tracks.
        """
        within = (self.days >= start) & (self.days < end)
        latest = self._latest(within)
        sums = np.bincount(self.entries[within], weights=self.amounts[within], minlength=self.histories.nnz)
        added = ~np.isnan(latest)
        strengths = chosen_entries(with_data(self.histories, sums.astype(np.float32)), added)
        return strengths, with_data(strengths, latest[added])

    def _latest(self, within: np.ndarray) -> np.ndarray:
        """Return, for each preference, the latest day among the chosen additions."""
        latest = np.full(self.histories.nnz, np.nan)
        np.fmax.at(latest, self.entries[within], self.days[within])
        return latest
