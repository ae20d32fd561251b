"""What is compared of listening: bins of each feature, of the rows themselves and of the tracks they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue

HOUR: Final = "hour"
PLAYED: Final = "played_ms"
YEAR: Final = "release_year"
#: Features without an order; the others have a Kolmogorov-Smirnov distance as well.
UNORDERED: Final = (c.KIND,)
MISSING: Final = -1

#: Quarter octaves from a second to an hour and a half.
_LENGTHS = 1_000 * 2.0 ** (np.arange(51) / 4)
_UNIT = np.linspace(0, 1, 41)[1:-1]
#: Inner edges of the bins; a number on an edge belongs to the bin above.
_EDGES: Final[Mapping[str, np.ndarray]] = {
    PLAYED: _LENGTHS,
    c.DURATION_MS: _LENGTHS,
    YEAR: np.arange(1950.0, 2040.0),
    **dict.fromkeys(c.AUDIO_FEATURES, _UNIT),
    c.LOUDNESS: np.linspace(-60, 5, 66)[1:-1],
    c.TEMPO: np.linspace(0, 250, 51)[1:-1],
}
_OF_ROWS: Final = (c.KIND, HOUR, PLAYED)
_OF_TRACKS: Final = (c.DURATION_MS, YEAR, *c.AUDIO_FEATURES)
FEATURES: Final = (*_OF_ROWS, *_OF_TRACKS)
_MIDNIGHTS = 24


def bins_of(feature: str) -> int:
    """Return how many bins a feature has."""
    if feature == c.KIND:
        return len(c.KINDS)
    return _MIDNIGHTS if feature == HOUR else len(_EDGES[feature]) + 1


def row_bins(rows: pa.Table) -> dict[str, np.ndarray]:
    """Return the bin of each interaction, by feature of the rows; ``MISSING`` where it has none."""
    kind = _numbers(pc.index_in(rows[c.KIND], value_set=pa.array(c.KINDS)), MISSING)
    played = _binned(rows[c.VALUE], _EDGES[PLAYED])
    return {
        c.KIND: kind,
        HOUR: _numbers(pc.hour(rows[c.AT]), MISSING),
        PLAYED: np.where(kind == c.KINDS.index(c.PLAY), played, MISSING),
    }


@dataclass(frozen=True)
class KnownTracks:
    """A catalogue as it is looked up by row.

    Attributes:
        catalogue: The tracks.
    """

    catalogue: TrackCatalogue

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.catalogue)

    @cached_property
    def bins(self) -> dict[str, np.ndarray]:
        """The bin of each track, by feature; ``MISSING`` where it has none."""
        data = self.catalogue.data
        year = pc.cast(pc.utf8_slice_codeunits(data[c.RELEASE_DATE], 0, 4), pa.float64())
        columns = {name: data[name] for name in (c.DURATION_MS, *c.AUDIO_FEATURES)} | {YEAR: year}
        return {name: _binned(columns[name], _EDGES[name]) for name in _OF_TRACKS}

    @cached_property
    def silent(self) -> np.ndarray:
        """Whether nothing is known of how a track sounds."""
        known = [self.bins[name] != MISSING for name in c.AUDIO_FEATURES]
        return np.asarray(~np.logical_or.reduce(known))

    def places(self, rows: pa.Table) -> np.ndarray:
        """Return the place of each interaction's track; ``MISSING`` where it is not known."""
        return _numbers(pc.index_in(rows[c.TRACK_ID], value_set=self._ids), MISSING)

    @cached_property
    def _ids(self) -> pa.Array:
        return self.catalogue.data[c.TRACK_ID].combine_chunks()


def _binned(column: pa.ChunkedArray, edges: np.ndarray) -> np.ndarray:
    values = column.cast(pa.float64(), safe=False).to_numpy()
    return np.where(np.isnan(values), MISSING, np.searchsorted(edges, values, side="right"))


def _numbers(column: pa.ChunkedArray, missing: int) -> np.ndarray:
    return np.asarray(column.cast(pa.int64()).fill_null(missing).to_numpy())
