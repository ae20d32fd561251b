"""A recommender of another package: RP3beta, two random steps from track to listener to track.

Paudel, Christoffel, Newell & Bernstein 2017. Recommended is where walks from a listener's tracks end most often;
popular tracks are held back, since every walk finds them.
"""

from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.recommenders.base import RecommenderConfig, TrainingData
from pipelines.recommenders.item_item import ItemItemConfig, ItemItemModel
from pipelines.recommenders.item_knn import neighbour_weights
from pipelines.recommenders.ranking import top_k_of_entries
from pipelines.recommenders.weighting import Weighting


class WalksConfig(ItemItemConfig):
    """Hyper-parameters of the walks.

    Attributes:
        neighbours: How many tracks each track leads to.
        beta: How much popular tracks are held back: shares are divided by the number of listeners to this power.
    """

    weighting: Weighting = Weighting.BINARY
    neighbours: int = Field(default=200, ge=1)
    beta: float = Field(default=0.6, ge=0, le=1)


class Walks(ItemItemModel):
    """A track's score is how often walks from the listener's tracks end there."""

    name: ClassVar[str] = "walks"
    title: ClassVar[str] = "Random walks (RP3beta)"
    config_type: ClassVar[type[RecommenderConfig]] = WalksConfig
    config: WalksConfig

    def fit(self, data: TrainingData) -> Self:
        """Walk from each track to its listeners and on to their tracks, all walks at once."""
        played = data.histories.astype(bool).astype(np.float32)
        listeners = np.asarray(played.sum(axis=0)).ravel()
        ends = sp.csr_array(in_equal_parts(sp.csr_array(played.T)) @ in_equal_parts(played))
        ends.data /= np.maximum(listeners, 1)[ends.indices] ** self.config.beta
        ends.setdiag(0)
        tracks, shares = top_k_of_entries(ends, self.config.neighbours)
        return self.keep(neighbour_weights(tracks, shares))


def in_equal_parts(matrix: sp.csr_array) -> sp.csr_array:
    """Return the matrix with rows that sum to 1, or to 0 where they are empty."""
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    return sp.csr_array(sp.diags_array(1 / np.maximum(sums, 1)) @ matrix)
