"""A long-tailed world of any size, for benchmarks: listeners with a few tastes, and in each of them a few artists.

Speed is only worth measuring where accuracy means something: the tracks that go together can be found, as in real data.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

#: Tastes of one listener: the first is half of what is played, the next a quarter, ...
_TASTES = 4
#: Artists of one taste, and how many of them (with repetition) a listener who has the taste plays.
_ARTISTS_PER_TASTE, _FAVOURITES = 10, 3
_TRACKS_PER_ARTIST = 20
#: Share of plays outside the own tastes, where the artists whom everybody knows lie.
_ELSEWHERE = 0.15
#: The shortest history drawn.
_SHORTEST = 5


def long_tailed(n_tracks: int, n_listeners: int, plays: int, seed: int = 0) -> sp.csr_array:
    """Return listeners x tracks with the number of times each was drawn.

    Lengths of histories are log-normal. The popularity of an artist's tracks falls like a power of their rank. How
    many tracks a listener or a track meets does not depend on the size, as long as plays, listeners and tracks keep
    their proportions: the work to be done grows with them, not with their square.

    Args:
        n_tracks: Size of the catalogue.
        n_listeners: How many histories.
        plays: How many plays to draw; those of the same track by the same listener are one entry.
        seed: Seed of the world.
    """
    rng = np.random.default_rng(seed)
    size = min(_TRACKS_PER_ARTIST, n_tracks)
    n_artists = n_tracks // size
    n_tastes = max(1, n_artists // _ARTISTS_PER_TASTE)
    lengths = rng.lognormal(size=n_listeners)
    lengths = np.maximum(_SHORTEST, np.round(lengths / lengths.sum() * plays)).astype(np.int64)
    listener = np.repeat(np.arange(n_listeners, dtype=np.int32), lengths)
    n = len(listener)
    taste = rng.integers(n_tastes, size=(n_listeners, _TASTES, 1))
    favourites = taste * _ARTISTS_PER_TASTE + rng.integers(_ARTISTS_PER_TASTE, size=(n_listeners, _TASTES, _FAVOURITES))
    which = np.minimum(rng.geometric(0.5, n) - 1, _TASTES - 1), rng.integers(_FAVOURITES, size=n)
    artist = np.minimum(favourites[listener, *which], n_artists - 1)
    everybody = (n_artists * rng.random(n) ** 2).astype(np.int64)
    artist = np.where(rng.random(n) < _ELSEWHERE, everybody, artist)
    # A density that falls like rank ** -1/2.
    rank = (size * rng.random(n) ** 2).astype(np.int64)
    track = rng.permutation(n_tracks).astype(np.int32)[artist * size + rank]
    plays_of = sp.coo_array((np.ones(n, dtype=np.float32), (listener, track)), shape=(n_listeners, n_tracks))
    histories = sp.csr_array(plays_of)
    histories.sum_duplicates()
    return histories
