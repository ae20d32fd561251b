"""ALS: implicit-feedback matrix factorisation by alternating least squares.

Hu, Koren & Volinsky 2008, fitted by the ``implicit`` library. Only the track factors are kept: a listener's factors are
folded in from the history at scoring time, so a bundle serves without the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol, Self, runtime_checkable

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.parallel import engine_at_work
from pipelines.recommenders.base import (
    Contribution,
    RecommenderConfig,
    TrainingData,
)
from pipelines.recommenders.factors import FactorModel
from pipelines.recommenders.weighting import Weighting, weigh

#: With fewer preferences threads cost more than they save, many times more where other work keeps the cores busy.
_THREADS_PAY_FROM = 1_000_000


class ALSConfig(RecommenderConfig):
    """Hyper-parameters of ALS.

    Attributes:
        factors: Length of the latent vectors.
        reg: L2 regularisation of both sides.
        alpha: Confidence of a preference of weight 1 (that of an absent one is 1), as ``implicit`` defines it.
        epochs: Alternations.
        weighting: Transform of the strengths.
        seed: Seed of the starting factors.
    """

    factors: int = Field(default=64, ge=1)
    reg: float = Field(default=1.0, gt=0)
    alpha: float = Field(default=5.0, gt=0)
    epochs: int = Field(default=15, ge=1)
    weighting: Weighting = Weighting.BINARY
    seed: int = Field(default=0, ge=0)


@runtime_checkable
class Factorises(Protocol):
    """An engine that alternates by itself, with factors that no single machine has to hold."""

    def track_factors(self, weighed: sp.csr_array, config: ALSConfig) -> np.ndarray:
        """Return the factors of the tracks, tracks x factors; those of a track nobody has are 0.

        Args:
            weighed: Listeners x tracks, entries > 0.
            config: The hyper-parameters.
        """
        ...


class ALS(FactorModel):
    """Scores are products of latent vectors; the listener's vector is solved for from the history."""

    name: ClassVar[str] = "als"
    title: ClassVar[str] = "ALS"
    config_type: ClassVar[type[RecommenderConfig]] = ALSConfig
    config: ALSConfig

    def __init__(self, config: RecommenderConfig | None = None) -> None:
        super().__init__(config)
        self._shared = np.empty((0, 0))

    def fit(self, data: TrainingData) -> Self:
        """Fit with ``implicit``, or with the engine at work where that can do it."""
        rows = self.rows_of(data)
        engine = engine_at_work()
        factors = engine.track_factors(rows, self.config) if isinstance(engine, Factorises) else self._fitted(rows)
        return self.load({"factors": np.nan_to_num(np.asarray(factors, dtype=np.float32))})

    def rows_of(self, data: TrainingData) -> sp.csr_array:
        """Return what is factorised, rows x tracks: here, the weighed histories."""
        return weigh(data.histories, self.config.weighting)

    def _fitted(self, weighed: sp.csr_array) -> np.ndarray:
        """Return what ``implicit`` finds; its BLAS is held to one thread: three times faster than letting it fight."""
        # A served bundle imports neither of these, so they are not imported with the module.
        from implicit.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=min(self.config.factors, *weighed.shape),
                regularization=self.config.reg,
                alpha=self.config.alpha,
                iterations=self.config.epochs,
                random_state=self.config.seed,
                use_gpu=False,
                num_threads=0 if weighed.nnz >= _THREADS_PAY_FROM else 1,
            )
            model.fit(sp.csr_matrix(weighed), show_progress=False)
        factors: np.ndarray = model.item_factors
        return factors

    def load(self, arrays: Mapping[str, np.ndarray]) -> Self:
        """Take over the track factors and prepare the part of every solve that all listeners share."""
        super().load(arrays)
        self._shared = self._factors.T @ self._factors + self.config.reg * np.eye(self._factors.shape[1])
        return self

    def score(self, histories: sp.csr_array) -> np.ndarray:
        """Return histories x tracks scores; an empty history scores 0 everywhere."""
        listeners = self._fold_in(weigh(histories, self.config.weighting))
        scores: np.ndarray = (listeners @ self._factors.T).astype(np.float32)
        return scores

    def contributions(self, history: sp.csr_array, track: int) -> list[Contribution]:
        """Return each history track's part of a score (Hu et al. 2008, section 5); the parts sum to the score."""
        weighed = weigh(history, self.config.weighting)
        mine = self._factors[weighed.indices]
        confidence = self.config.alpha * weighed.data.astype(np.float64)
        smoothed = np.linalg.solve(self._system(mine, confidence), self._factors[track])
        amounts = confidence * (mine @ smoothed)
        order = np.argsort(-amounts, kind="stable")
        return [Contribution(int(weighed.indices[i]), float(amounts[i])) for i in order]

    def _fold_in(self, weighed: sp.csr_array) -> np.ndarray:
        """Solve each listener's vector from the history."""
        vectors = np.zeros((weighed.shape[0], self._factors.shape[1]))
        for row in range(weighed.shape[0]):
            start, end = weighed.indptr[row : row + 2]
            if start == end:
                continue
            mine = self._factors[weighed.indices[start:end]]
            confidence = self.config.alpha * weighed.data[start:end].astype(np.float64)
            vectors[row] = np.linalg.solve(self._system(mine, confidence), mine.T @ confidence)
        return vectors

    def _system(self, mine: np.ndarray, confidence: np.ndarray) -> np.ndarray:
        """Return Y'Y + Y'(C - I)Y + reg I: the left side of a listener's normal equations."""
        system: np.ndarray = self._shared + (mine.T * (confidence - 1.0)) @ mine
        return system
