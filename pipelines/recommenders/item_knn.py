"""Item kNN: tracks are alike when the same listeners play them.

Sarwar et al. 2001; Deshpande & Karypis 2004. The classic neighbourhood model, and a baseline a challenger must beat.
With BM25 (Robertson & Walker 1994) instead of counts and the inner product instead of the cosine it is the nearest
neighbour model of the ``implicit`` library, a stronger baseline where plays are counted.
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.recommenders.base import RecommenderConfig, TrainingData
from pipelines.recommenders.gram import gram_of
from pipelines.recommenders.item_item import ItemItemConfig, ItemItemModel
from pipelines.recommenders.ranking import PAD
from pipelines.recommenders.weighting import Weighting, weigh
from pipelines.sparse import from_triples, with_data


class ItemKNNConfig(ItemItemConfig):
    """Hyper-parameters of item kNN.

    Attributes:
        neighbours: How many nearest tracks each track keeps.
        weighting: Transform of the strengths.
    """

    neighbours: int = Field(default=200, ge=1)
    weighting: Weighting = Weighting.BINARY


class ItemKNN(ItemItemModel):
    """A track's score is the sum of its cosines with the listener's tracks."""

    name: ClassVar[str] = "item-knn"
    title: ClassVar[str] = "Item kNN (cosine)"
    config_type: ClassVar[type[RecommenderConfig]] = ItemKNNConfig
    config: ItemKNNConfig

    def fit(self, data: TrainingData) -> Self:
        """Keep each track's nearest tracks by cosine."""
        k = min(self.config.neighbours, max(1, data.n_tracks - 1))
        neighbours, cosines = gram_of(weigh(data.histories, self.config.weighting), k).nearest(k)
        return self.keep(neighbour_weights(neighbours, cosines))


class ItemKNNBM25Config(ItemKNNConfig):
    """Hyper-parameters of item kNN with BM25 weights.

    Attributes:
        k1: How far further plays still count: a preference weighs at most k1 + 1 times what it does by being there.
        b: How much the plays of much played tracks are held back, from 0 (not at all) to 1.
    """

    weighting: Weighting = Weighting.LOG
    k1: float = Field(default=1.2, ge=0)
    b: float = Field(default=0.75, ge=0, le=1)


class ItemKNNBM25(ItemItemModel):
    """A track's score is the sum of its inner products, in BM25 weights, with the listener's tracks."""

    name: ClassVar[str] = "item-knn-bm25"
    title: ClassVar[str] = "Item kNN (BM25)"
    config_type: ClassVar[type[RecommenderConfig]] = ItemKNNBM25Config
    config: ItemKNNBM25Config

    def fit(self, data: TrainingData) -> Self:
        """Keep each track's nearest tracks by cosine, with their inner products."""
        k = min(self.config.neighbours, max(1, data.n_tracks - 1))
        gram = gram_of(bm25(weigh(data.histories, self.config.weighting), self.config.k1, self.config.b), k)
        neighbours, cosines = gram.nearest(k)
        lengths = np.sqrt(gram.diagonal)
        products = cosines * lengths[:, None] * lengths[neighbours]
        return self.keep(neighbour_weights(neighbours, products))


def bm25(weighed: sp.csr_array, k1: float, b: float) -> sp.csr_array:
    """Return weights in which tracks are the documents and listeners the terms (Robertson & Walker 1994).

    ``w * (k1 + 1) / (k1 * (1 - b + b * length / mean length) + w) * log(tracks / (1 + tracks of the listener))``: a
    listener of few tracks says more about which go together.

    Args:
        weighed: Listeners x tracks; the length of a track is the sum of its column.
        k1: See ``ItemKNNBM25Config``.
        b: See ``ItemKNNBM25Config``.
    """
    n_tracks = weighed.shape[1]
    lengths = np.bincount(weighed.indices, weights=weighed.data, minlength=n_tracks)
    mean = lengths.mean() if lengths.any() else 1.0
    held_back = k1 * (1.0 - b + b * lengths / mean)
    per_listener = np.diff(weighed.indptr)
    # Who plays the whole catalogue tells nothing; the logarithm would even turn negative there.
    telling = np.log(np.maximum(1.0, n_tracks / (1.0 + per_listener)))
    data = weighed.data * (k1 + 1.0) / (held_back[weighed.indices] + weighed.data) * np.repeat(telling, per_listener)
    return with_data(weighed, data.astype(np.float32))


def neighbour_weights(neighbours: np.ndarray, similarity: np.ndarray) -> sp.csr_array:
    """Return tracks x tracks weights in which the history track i gives ``similarity`` to its neighbours j."""
    n_tracks = len(neighbours)
    present = neighbours != PAD
    rows = np.broadcast_to(np.arange(n_tracks)[:, None], neighbours.shape)
    return from_triples(similarity[present], rows[present], neighbours[present], (n_tracks, n_tracks))
