"""Hybrid SLIM: the flagship with side information (artists, tags, genres, era, audio) in its Gram matrix.

SSLIM (Ning & Karypis 2012), Add-EASE (Jeunen, Van Balen & Goethals 2020). A track nobody has played still shares
artists, tags or genres with others, so it gets neighbours and weights: cold tracks are scored by content. Their weights
come out small, as nobody speaks for them, and they would hardly ever be shown: they are made as strong as those of the
middle one of the played tracks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.recommenders.base import RecommenderConfig, TrainingData
from pipelines.recommenders.gram import coarse
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.sparse import with_data


class HybridConfig(SlimConfig):
    """Hyper-parameters of the hybrid.

    Attributes:
        artists: Weight of the artist block, in units of the mean diagonal of the co-occurrence matrix; likewise below.
        tags: Weight of the tag block.
        genres: Weight of the genre block.
        era: Weight of the release-era block.
        audio: Weight of the audio block.
        new: Strength of the tracks nobody has played, counted in that of the middle one of the played tracks; more puts
            new tracks before played ones more often. 0 leaves them as weak as they are.
    """

    artists: float = Field(default=1.0, ge=0)
    tags: float = Field(default=1.0, ge=0)
    genres: float = Field(default=0.5, ge=0)
    era: float = Field(default=0.0, ge=0)
    audio: float = Field(default=0.0, ge=0)
    new: float = Field(default=1.0, ge=0)


class HybridSlim(Slim):
    """SLIM-ridge on co-occurrence plus weighted side information."""

    name: ClassVar[str] = "hybrid"
    title: ClassVar[str] = "Hybrid SLIM"
    config_type: ClassVar[type[RecommenderConfig]] = HybridConfig
    config: HybridConfig
    scores_cold_tracks: ClassVar[bool] = True

    def side_information(self) -> Mapping[str, float]:
        """Return the weight of each block of side information."""
        return self.config.model_dump(include={"artists", "tags", "genres", "era", "audio"})

    def finished(self, weights: sp.csr_array, data: TrainingData) -> sp.csr_array:
        """Return the weights with those of tracks nobody has played brought to the strength of the middle track."""
        unplayed = np.bincount(data.histories.indices, minlength=data.n_tracks) == 0
        strengths = np.sqrt(
            np.bincount(weights.indices, weights=np.square(weights.data, dtype=np.float64), minlength=data.n_tracks)
        )
        lifted = unplayed & (strengths > 0)
        if not self.config.new or not lifted.any():
            return weights
        middle = coarse(float(np.median(strengths[~unplayed]))) if not unplayed.all() else 1.0
        factors = np.where(lifted, self.config.new * middle / np.where(lifted, strengths, 1.0), 1.0)
        return with_data(weights, (weights.data * factors[weights.indices]).astype(weights.dtype))
