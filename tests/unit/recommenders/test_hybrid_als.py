"""Hybrid ALS: what is factorised, by hand; and what a track has of it that nobody has played."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from pipelines.recommenders.als import ALS, ALSConfig
from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.hybrid_als import HybridALS, HybridALSConfig
from pipelines.testing.worlds import two_tastes


def rows(*values):
    return sp.csr_array(np.array(values, dtype=np.float32))


def test_features_are_listeners_below_the_others():
    # Two tracks of one artist, one by another; two tags, of which the first is on all tracks.
    artists, tags = rows([1, 0], [1, 0], [0, 1]), rows([0.6, 0.8], [1, 0], [1, 0])
    data = TrainingData(rows([5, 0, 2], [0, 1, 0]), {"artists": artists, "tags": tags, "unheard-of": artists})
    found = HybridALS(HybridALSConfig(artists=3.0, tags=10.0)).rows_of(data).toarray()
    # The second artist and the second tag have one track each: they tell nothing.
    np.testing.assert_allclose(found, [[1, 0, 1], [0, 1, 0], [3, 3, 0], [6, 10, 10]])


def test_without_side_information_it_is_als():
    data = replace(two_tastes(), items={})
    plain, hybrid = ALS(ALSConfig(factors=4)).fit(data), HybridALS(HybridALSConfig(factors=4)).fit(data)
    assert (hybrid.arrays()["factors"] == plain.arrays()["factors"]).all()


def test_a_track_nobody_has_played_stands_with_its_artists_listeners():
    data = two_tastes()
    artists = data.items["artists"].toarray()
    twin = int(np.flatnonzero(artists[1:] @ artists[0])[0]) + 1
    played = data.histories.toarray()
    played[:, 0] = 0
    without = replace(data, histories=sp.csr_array(played), items={"artists": data.items["artists"]})
    history = np.zeros((1, data.n_tracks), dtype=np.float32)
    history[0, twin] = 1
    plain = ALS(ALSConfig(factors=6)).fit(without).score(sp.csr_array(history))[0]
    hybrid = HybridALS(HybridALSConfig(factors=6)).fit(without).score(sp.csr_array(history))[0]
    assert plain[0] == 0
    others = data.histories.toarray()[:, twin] == 0
    other_taste = data.histories.toarray()[others].any(axis=0) & ~data.histories.toarray()[~others].any(axis=0)
    assert other_taste.any()
    assert hybrid[0] > hybrid[other_taste].max()
