"""What models of latent vectors share: the tracks' vectors, and which tracks are alike by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np

from pipelines.recommenders.base import CandidateList, Recommender, RecommenderConfig
from pipelines.recommenders.ranking import top_k

_TINY = 1e-12


class FactorModel(Recommender):
    """Keeps a latent vector for each track (array ``factors``); a subclass folds listeners in.

    Solves and products are to be done in double precision: in single, a matrix product rounds differently for one
    listener than for many, and equal tracks would change places with the number of listeners asked for at once.
    """

    def __init__(self, config: RecommenderConfig | None = None) -> None:
        super().__init__(config)
        self._factors = np.empty((0, 0))

    @property
    def n_tracks(self) -> int:
        """Size of the catalogue."""
        return len(self.arrays()["factors"])

    def load(self, arrays: Mapping[str, np.ndarray]) -> Self:
        """Take over the tracks' vectors, in double precision."""
        super().load(arrays)
        self._factors = self.arrays()["factors"].astype(np.float64)
        return self

    def similar(self, track: int, k: int) -> CandidateList:
        """Return the tracks whose latent vectors point the same way."""
        norms = np.maximum(np.linalg.norm(self._factors, axis=1), _TINY)
        cosine = (self._factors @ self._factors[track]) / norms / norms[track]
        cosine[cosine <= 0] = -np.inf
        cosine[track] = -np.inf
        return CandidateList(*top_k(cosine[None, :], k))
