"""Popularity: every listener gets what most listeners play. The baseline every other model must beat."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp

from pipelines.recommenders.base import Recommender, RecommenderConfig, TrainingData


class Popularity(Recommender):
    """Scores a track by the share of listeners who play it, whatever the history."""

    name: ClassVar[str] = "popularity"
    title: ClassVar[str] = "Popularity"
    config_type: ClassVar[type[RecommenderConfig]] = RecommenderConfig

    @property
    def n_tracks(self) -> int:
        """Size of the catalogue."""
        return len(self.arrays()["listeners"])

    def fit(self, data: TrainingData) -> Self:
        """Count the listeners of each track."""
        counts = np.bincount(data.histories.indices, minlength=data.n_tracks)
        self._arrays = {"listeners": (counts / max(1, data.histories.shape[0])).astype(np.float32)}
        return self

    def score(self, histories: sp.csr_array) -> np.ndarray:
        """Return the same scores for every history."""
        return np.tile(self.arrays()["listeners"], (histories.shape[0], 1))
