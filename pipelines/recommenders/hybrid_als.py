"""Hybrid ALS: matrix factorisation with side information (artists, tags, genres, era, audio) as further listeners.

Collective matrix factorisation (Singh & Gordon 2008): listeners x tracks and features x tracks are factorised together
and share the tracks' vectors. A feature is a listener who has played the tracks that have it, so nothing else changes:
listeners are folded in from their histories, and explanations stay exact. A track nobody has played still has its
artist and tags, so it gets a vector.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.recommenders.als import ALS, ALSConfig
from pipelines.recommenders.base import RecommenderConfig, TrainingData


class HybridALSConfig(ALSConfig):
    """Hyper-parameters of hybrid ALS.

    Attributes:
        artists: Weight of the artist block: a track's only artist is worth a preference of this weight; likewise below.
        tags: Weight of the tag block.
        genres: Weight of the genre block.
        era: Weight of the release-era block.
        audio: Weight of the audio block.
    """

    artists: float = Field(default=3.0, ge=0)
    tags: float = Field(default=3.0, ge=0)
    genres: float = Field(default=1.5, ge=0)
    era: float = Field(default=0.0, ge=0)
    audio: float = Field(default=0.0, ge=0)


class HybridALS(ALS):
    """Scores are products of latent vectors, learned from plays and from what is known of the tracks."""

    name: ClassVar[str] = "hybrid-als"
    title: ClassVar[str] = "Hybrid ALS"
    config_type: ClassVar[type[RecommenderConfig]] = HybridALSConfig
    config: HybridALSConfig
    scores_cold_tracks: ClassVar[bool] = True

    def rows_of(self, data: TrainingData) -> sp.csr_array:
        """Return the weighed histories with features as further listeners below them.

        A feature of a single track is left out: it says nothing about which tracks go together.
        """
        weights = self.config.model_dump(include={"artists", "tags", "genres", "era", "audio"})
        parts = [super().rows_of(data)]
        for name, block in data.items.items():
            if weights.get(name, 0.0) > 0:
                features = sp.csr_array(block.T)
                parts.append(sp.csr_array(features[np.diff(features.indptr) > 1]) * np.float32(weights[name]))
        return sp.csr_array(sp.vstack(parts, format="csr", dtype=np.float32))
