"""Content: tracks are alike when their artists, tags, genres, era or sound are. Needs no other listener.

Lops, de Gemmis & Semeraro 2011. Nearest neighbours by cosine of the weighted side information (scikit-learn).
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.recommenders.base import RecommenderConfig, TrainingData
from pipelines.recommenders.item_item import ItemItemConfig, ItemItemModel
from pipelines.recommenders.item_knn import neighbour_weights
from pipelines.recommenders.ranking import PAD
from pipelines.sparse import empty

#: A cosine this small is rounding, not likeness.
_SAME_AS_NOTHING = 1e-6


class ContentConfig(ItemItemConfig):
    """Hyper-parameters of the content model.

    Attributes:
        neighbours: How many nearest tracks each track keeps.
        artists: Weight of the artist block in the cosine; likewise below.
        tags: Weight of the tag block.
        genres: Weight of the genre block.
        era: Weight of the release-era block.
        audio: Weight of the audio block.
    """

    neighbours: int = Field(default=200, ge=1)
    artists: float = Field(default=1.0, ge=0)
    tags: float = Field(default=1.0, ge=0)
    genres: float = Field(default=0.5, ge=0)
    era: float = Field(default=0.1, ge=0)
    audio: float = Field(default=0.1, ge=0)


class Content(ItemItemModel):
    """A track's score is the sum of its content similarity with the listener's tracks."""

    name: ClassVar[str] = "content"
    title: ClassVar[str] = "Content"
    config_type: ClassVar[type[RecommenderConfig]] = ContentConfig
    config: ContentConfig
    scores_cold_tracks: ClassVar[bool] = True

    def fit(self, data: TrainingData) -> Self:
        """Find each track's nearest tracks by what is known about them."""
        # A served bundle must not import scikit-learn.
        from sklearn.neighbors import NearestNeighbors

        known = self.config.model_dump()
        blocks = [block * np.sqrt(known[name]) for name, block in data.items.items() if known.get(name, 0) > 0]
        if not blocks:
            return self.keep(empty(data.n_tracks, data.n_tracks))
        features = sp.csr_array(sp.hstack(blocks, format="csr"))
        k = min(self.config.neighbours, data.n_tracks - 1)
        index = NearestNeighbors(n_neighbors=k + 1, metric="cosine", algorithm="brute").fit(features)
        distance, neighbours = index.kneighbors(features)
        similarity = (1.0 - distance).astype(np.float32)
        itself = neighbours == np.arange(data.n_tracks)[:, None]
        unknown = np.diff(features.indptr) == 0
        neighbours[itself | (similarity <= _SAME_AS_NOTHING) | unknown[:, None]] = PAD
        return self.keep(neighbour_weights(neighbours, similarity))
