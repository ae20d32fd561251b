"""Dense EASE, the reference the sparse models are measured against; too large for production by design.

Steck 2019, "Embarrassingly shallow autoencoders for sparse data": B = -P / diag(P) with P = (X'X + reg I)^-1, zeros on
the diagonal. Memory and time grow with the square and the cube of the number of tracks.
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.recommenders.base import Recommender, RecommenderConfig, TrainingData
from pipelines.recommenders.weighting import Weighting, weigh


class EaseConfig(RecommenderConfig):
    """Hyper-parameters of EASE.

    Attributes:
        reg: The ridge, in the units of X'X.
        weighting: Transform of the strengths.
    """

    reg: float = Field(default=500.0, gt=0)
    weighting: Weighting = Weighting.LOG


class DenseEase(Recommender):
    """The full item-item ridge regression, by one dense inverse."""

    name: ClassVar[str] = "ease"
    title: ClassVar[str] = "EASE (dense)"
    config_type: ClassVar[type[RecommenderConfig]] = EaseConfig
    config: EaseConfig

    @property
    def n_tracks(self) -> int:
        """Size of the catalogue."""
        return len(self.arrays()["weights"])

    def fit(self, data: TrainingData) -> Self:
        """Invert the regularised Gram matrix."""
        X = weigh(data.histories, self.config.weighting).astype(np.float64)
        gram = (X.T @ X).toarray()
        gram[np.diag_indices_from(gram)] += self.config.reg
        inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0.0)
        self._arrays = {"weights": weights.astype(np.float32)}
        return self

    def score(self, histories: sp.csr_array) -> np.ndarray:
        """Return the histories times the weights."""
        scores: np.ndarray = weigh(histories, self.config.weighting) @ self.arrays()["weights"]
        return scores.astype(np.float32, copy=False)
