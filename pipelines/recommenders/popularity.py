"""Popularity: every listener gets what most listeners play. The baselines every other model must beat.

Cremonesi, Koren & Turrin 2010 (all-time); Ji, Sun, Zhang & Li 2020, "A re-visit of the popularity baseline" (what is
popular is popular at a time).
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.recommenders.base import Recommender, RecommenderConfig, TrainingData
from pipelines.recommenders.recency import halvings


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
        counts = np.bincount(data.histories.indices, weights=self.worth(data), minlength=data.n_tracks)
        self._arrays = {"listeners": (counts / max(1, data.histories.shape[0])).astype(np.float32)}
        return self

    def score(self, histories: sp.csr_array) -> np.ndarray:
        """Return the same scores for every history."""
        return np.tile(self.arrays()["listeners"], (histories.shape[0], 1))

    def worth(self, _data: TrainingData) -> np.ndarray | None:
        """Return what each preference counts, in the order of ``histories.data``; None where all count 1."""
        return None


class RecentPopularityConfig(RecommenderConfig):
    """Hyper-parameters of recent popularity.

    Attributes:
        half_life: Days after which a listener counts half.
    """

    half_life: float = Field(default=30.0, gt=0)


class RecentPopularity(Popularity):
    """Scores a track by its listeners, each counted by how lately they played it; all-time where no time is known."""

    name: ClassVar[str] = "popularity-recent"
    title: ClassVar[str] = "Popularity, recent"
    config_type: ClassVar[type[RecommenderConfig]] = RecentPopularityConfig
    config: RecentPopularityConfig

    def worth(self, data: TrainingData) -> np.ndarray | None:
        """Return 2 ** (-age / half-life), ages counted back from the latest day in the data."""
        if data.times is None or not data.times.nnz:
            return None
        days = data.times.data
        return halvings(np.fmax.reduce(days) - days, self.config.half_life)
