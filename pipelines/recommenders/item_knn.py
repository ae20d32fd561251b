"""Item kNN: tracks are alike when the same listeners play them.

Sarwar et al. 2001; Deshpande & Karypis 2004. The classic neighbourhood model, and a baseline a challenger must beat.
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
from pipelines.sparse import from_triples


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


def neighbour_weights(neighbours: np.ndarray, similarity: np.ndarray) -> sp.csr_array:
    """Return tracks x tracks weights in which the history track i gives ``similarity`` to its neighbours j."""
    n_tracks = len(neighbours)
    present = neighbours != PAD
    rows = np.broadcast_to(np.arange(n_tracks)[:, None], neighbours.shape)
    return from_triples(similarity[present], rows[present], neighbours[present], (n_tracks, n_tracks))
