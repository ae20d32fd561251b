"""How many recordings of each source are known from another one too: reported with every ingestion, never hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.entities.evidence import RULE
from pipelines.data.entities.matches import Matches


@dataclass(frozen=True)
class JoinRate:
    """What became of one source's tracks.

    Attributes:
        source: The source.
        tracks: How many track ids it knows.
        joined: How many of them are recordings that another source knows too.
        rules: How many go by another track's id, by the rule that joined them (others share their id or lend it).
    """

    source: str
    tracks: int
    joined: int
    rules: Mapping[str, int]

    @property
    def share(self) -> float:
        """The joined part of the tracks, between 0 and 1."""
        return self.joined / self.tracks if self.tracks else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**asdict(self), "share": round(self.share, 4)}

    def __str__(self) -> str:
        """Return the rate as a phrase."""
        return f"{self.joined:,} of {self.tracks:,} of {self.source} ({self.share:.1%})"


def join_rates(tracks: pa.Table, matches: Matches) -> tuple[JoinRate, ...]:
    """Return the rate of every source, by name.

    Args:
        tracks: Rows with the track ids and sources of a snapshot, one a track and source.
        matches: What was found to be the same.
    """
    elsewhere = known_elsewhere(tracks, matches)
    places = pc.index_in(tracks[c.TRACK_ID], value_set=matches.data[c.TRACK_ID].combine_chunks())
    frame = pd.DataFrame(
        {
            "source": tracks[c.SOURCE].to_numpy(),
            "elsewhere": elsewhere,
            "rule": matches.data[RULE].take(places).to_numpy(),
        }
    )
    return tuple(
        JoinRate(
            str(source),
            len(rows),
            int(rows["elsewhere"].sum()),
            {str(rule): int(count) for rule, count in rows["rule"].value_counts().sort_index().items()},
        )
        for source, rows in frame.groupby("source")
    )


def known_elsewhere(tracks: pa.Table, matches: Matches) -> np.ndarray:
    """Return a mask of the rows whose recording another source knows too; arguments as for ``join_rates``."""
    recordings = matches.canonical(tracks[c.TRACK_ID]).dictionary_encode().indices.to_numpy()
    sources = tracks[c.SOURCE].combine_chunks().dictionary_encode().indices.to_numpy()
    by_recording = pd.Series(sources).groupby(recordings)
    return np.asarray(by_recording.transform("min") != by_recording.transform("max"), dtype=bool)
