"""The listeners of a synthetic world and their planted tastes.

A taste is a few favourite scenes with weights (one drawn by how popular scenes are, the others mostly related to it),
and in each of them artists the listener follows. Over the two years a listener drifts from a first taste to a second
one, in which some favourites have changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sources.synthetic.catalogue import Catalogue, artists_of
from pipelines.sources.synthetic.world import (
    BLOCK_LISTENERS,
    DAY_US,
    END_US,
    START_US,
    Stream,
    WorldSize,
    draw,
    generator,
)

#: Share of the plays in a favourite scene that are of an artist the listener follows.
LOYALTY = 0.65

_FAVOURITES = 5
_FOLLOWED = 2
_CHANGING = 2
_RELATED = 0.7
_CONCENTRATION = 0.7
_FEWEST_PLAYS = 12
_MOST_PLAYS = 20  # times the average
_FROM_THE_START = 0.6
_LATEST_JOIN = 0.7  # of the two years
_RATERS = 0.2


@dataclass(frozen=True)
class Taste:
    """What listeners like.

    Attributes:
        scenes: Favourite scenes, listeners x favourites.
        artists: Artists followed in each, listeners x favourites x artists.
        weights: How much they like each favourite, listeners x favourites; those of a listener sum to 1.
    """

    scenes: np.ndarray
    artists: np.ndarray
    weights: np.ndarray

    def over_scenes(self, scenes: int) -> np.ndarray:
        """Return the weights as listeners x scenes."""
        dense = np.zeros((len(self.scenes), scenes))
        np.add.at(dense, (np.arange(len(dense))[:, None], self.scenes), self.weights)
        return dense

    def over_artists(self, artists: int) -> np.ndarray:
        """Return the weights, shared among the artists followed, as listeners x artists."""
        dense = np.zeros((len(self.artists), artists))
        share = (self.weights / self.artists.shape[2])[:, :, None]
        np.add.at(dense, (np.arange(len(dense))[:, None, None], self.artists), share)
        return dense


@dataclass(frozen=True)
class Listeners:
    """One block of listeners.

    Attributes:
        first: Number of the first listener.
        before: Their taste at the start of the two years.
        after: Their taste at the end.
        plays: How many plays each has.
        joined: When each began, in microseconds since 1970.
        rates: Who gives ratings.
        evening: The hour around which each listens most.
    """

    first: int
    before: Taste
    after: Taste
    plays: np.ndarray
    joined: np.ndarray
    rates: np.ndarray
    evening: np.ndarray

    def __len__(self) -> int:
        """Return the number of listeners in the block."""
        return len(self.plays)

    def knows(self, listener: np.ndarray, scene: np.ndarray) -> np.ndarray:
        """Tell whether a scene is among a listener's favourites of any time."""
        favourites = np.concatenate([self.before.scenes, self.after.scenes], axis=1)
        return np.asarray((favourites[listener] == scene[:, None]).any(axis=1))


def make_listeners(seed: int, size: WorldSize, catalogue: Catalogue, block: int) -> Listeners:
    """Make one block of listeners."""
    rng = generator(seed, Stream.LISTENERS, block)
    first = block * BLOCK_LISTENERS
    count = min(BLOCK_LISTENERS, size.listeners - first)
    before, after = _tastes(count, catalogue, rng)
    activity = rng.lognormal(-0.25, 0.7, count) * size.plays
    late = START_US + rng.random(count) * _LATEST_JOIN * (END_US - START_US)
    joined = np.where(rng.random(count) < _FROM_THE_START, START_US + rng.random(count) * 20 * DAY_US, late)
    return Listeners(
        first=first,
        before=before,
        after=after,
        plays=np.clip(activity, _FEWEST_PLAYS, _MOST_PLAYS * size.plays).astype(np.int64),
        joined=joined.astype(np.int64),
        rates=rng.random(count) < _RATERS,
        evening=rng.normal(18.5, 3.0, count),
    )


def _tastes(count: int, catalogue: Catalogue, rng: np.random.Generator) -> tuple[Taste, Taste]:
    scenes = _favourites(count, catalogue, rng)
    weights = rng.gamma(_CONCENTRATION, size=(count, _FAVOURITES)) + 0.02
    artists = _followed(scenes, catalogue, rng)
    later = scenes.copy()
    later[:, -_CHANGING:] = _favourites(count, catalogue, rng, around=scenes[:, 0])[:, -_CHANGING:]
    changed = (later != scenes)[:, :, None]
    shifted = 0.5 * weights + 0.5 * rng.gamma(_CONCENTRATION, size=weights.shape)
    return (
        Taste(scenes, artists, weights / weights.sum(axis=1, keepdims=True)),
        Taste(
            later,
            np.where(changed, _followed(later, catalogue, rng), artists),
            shifted / shifted.sum(axis=1, keepdims=True),
        ),
    )


def _followed(scenes: np.ndarray, catalogue: Catalogue, rng: np.random.Generator) -> np.ndarray:
    everywhere = np.repeat(scenes[:, :, None], _FOLLOWED, axis=2)
    return artists_of(everywhere, len(catalogue.artists), len(catalogue.scenes), rng)


def _favourites(
    count: int, catalogue: Catalogue, rng: np.random.Generator, around: np.ndarray | None = None
) -> np.ndarray:
    """Draw favourite scenes, listeners x favourites: some by popularity, most related to the first one."""
    popular = draw(np.cumsum(catalogue.scenes.appeals()), rng.random((count, _FAVOURITES)))
    centre = popular[:, 0] if around is None else around
    kin = catalogue.related[centre[:, None], rng.integers(0, catalogue.related.shape[1], popular.shape)]
    chosen = np.where(rng.random(popular.shape) < _RELATED, kin, popular)
    chosen[:, 0] = centre
    return np.asarray(chosen)
