"""The fixed parts of a synthetic world: its size, its calendar and its sources of chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final

import numpy as np

#: The two years in which listening happens. Nothing reads the clock: the same seed gives the same rows for ever.
START: Final = datetime(2024, 7, 1, tzinfo=UTC)
END: Final = datetime(2026, 6, 30, tzinfo=UTC)
DAY_US: Final = 86_400_000_000
START_US: Final = int(START.timestamp()) * 1_000_000
END_US: Final = int(END.timestamp()) * 1_000_000

#: Listeners are generated in blocks of this many, each block from a seed of its own: memory stays bounded, and the
#: rows do not depend on how they are batched or which blocks are read.
BLOCK_LISTENERS: Final = 512


@dataclass(frozen=True)
class WorldSize:
    """How large a world is.

    Attributes:
        listeners: Number of listeners.
        tracks: Number of tracks.
        plays: Plays of a listener, on average.
    """

    listeners: int
    tracks: int
    plays: int


SIZES: Final = {
    "tiny": WorldSize(30, 120, 60),
    "small": WorldSize(800, 2_500, 150),
    "medium": WorldSize(5_000, 15_000, 200),
    "large": WorldSize(50_000, 100_000, 200),
    "100m": WorldSize(500_000, 500_000, 200),
}


class Stream(IntEnum):
    """Independent sources of chance, so that a change in one part leaves the others as they were."""

    NAMES = 0
    CATALOGUE = 1
    SOUND = 2
    TAGS = 3
    LISTENERS = 4
    LISTENING = 5
    REACTIONS = 6
    PLAYLISTS = 7
    DIRT = 8


def generator(seed: int, stream: Stream, part: int = 0) -> np.random.Generator:
    """Return the source of chance for one part of the world."""
    return np.random.default_rng([seed, int(stream), part])


def draw(cumulative: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """Return for each chance in [0, 1) the position it falls on in cumulative weights."""
    found = np.searchsorted(cumulative, chances * cumulative[-1], side="right")
    return np.asarray(np.minimum(found, len(cumulative) - 1))
