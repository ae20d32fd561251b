"""BPR: matrix factorisation that learns to put a listener's tracks before the others.

Rendle et al. 2009 (Bayesian personalised ranking from implicit feedback), fitted by the ``implicit`` library on one
thread: on several its updates overwrite each other, and no two fits are the same. Only the tracks' factors and biases
are kept: a listener's factors are folded in from the history at scoring time, so a bundle serves without the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.recommenders.base import RecommenderConfig, TrainingData
from pipelines.recommenders.factors import FactorModel
from pipelines.sparse import with_data


class BPRConfig(RecommenderConfig):
    """Hyper-parameters of BPR.

    Attributes:
        factors: Length of the latent vectors.
        learning_rate: Step of the stochastic gradient.
        reg: L2 regularisation of both sides, in training.
        epochs: Passes; each draws as many pairs as there are preferences.
        fold_in_reg: L2 regularisation of a folded-in listener, in units of the mean squared length of a track's
            factors: it weighs as much as that many tracks.
        seed: Seed of the starting factors and the pairs drawn.
    """

    factors: int = Field(default=64, ge=1)
    learning_rate: float = Field(default=0.05, gt=0)
    reg: float = Field(default=0.03, ge=0)
    epochs: int = Field(default=100, ge=1)
    fold_in_reg: float = Field(default=4.0, gt=0)
    seed: int = Field(default=0, ge=0)


class BPR(FactorModel):
    """Scores rise with the product of latent vectors plus the track's bias; the listener's vector is solved for.

    Rendle et al. learn a vector for every listener they know. An unseen history gets the vector whose products with the
    factors of its tracks come nearest to 1: a ridge regression, so it is exact and repeatable. The tracks it does not
    hold take no part. As zeros, which ALS needs, they cost two thirds of the accuracy here: BPR has pushed them away
    already, when it learned the factors.
    """

    name: ClassVar[str] = "bpr"
    title: ClassVar[str] = "BPR"
    config_type: ClassVar[type[RecommenderConfig]] = BPRConfig
    config: BPRConfig

    def __init__(self, config: RecommenderConfig | None = None) -> None:
        super().__init__(config)
        self._bias = np.empty(0)
        self._ridge = np.empty((0, 0))

    def fit(self, data: TrainingData) -> Self:
        """Fit with ``implicit``; a preference is a preference here, however strong."""
        # A served bundle does not import the library, so it is not imported with the module.
        from implicit.bpr import BayesianPersonalizedRanking

        model = BayesianPersonalizedRanking(
            factors=min(self.config.factors, *data.histories.shape),
            learning_rate=self.config.learning_rate,
            regularization=self.config.reg,
            iterations=self.config.epochs,
            random_state=self.config.seed,
            num_threads=1,
            use_gpu=False,
        )
        model.fit(sp.csr_matrix(_pattern(data.histories)), show_progress=False)
        # The library keeps a track's bias as its last factor.
        learned = np.asarray(model.item_factors, dtype=np.float32)
        return self.load({"factors": learned[:, :-1].copy(), "bias": learned[:, -1].copy()})

    def load(self, arrays: Mapping[str, np.ndarray]) -> Self:
        """Take over the tracks' factors and prepare the ridge of every fold-in."""
        super().load(arrays)
        self._bias = self.arrays()["bias"].astype(np.float64)
        squared_length = float((self._factors**2).sum(axis=1).mean()) or 1.0
        self._ridge = self.config.fold_in_reg * squared_length * np.eye(self._factors.shape[1])
        return self

    def score(self, histories: sp.csr_array) -> np.ndarray:
        """Return histories x tracks chances, by the model, of being preferred to a track whose product and bias are 0.

        The logistic function does not change the order. It makes scores positive, which for a served list means that
        the model speaks for a track. An empty history gets the biases alone.
        """
        products = self._fold_in(histories) @ self._factors.T + self._bias
        scores: np.ndarray = (1.0 / (1.0 + np.exp(-products))).astype(np.float32)
        return scores

    def _fold_in(self, histories: sp.csr_array) -> np.ndarray:
        """Solve each listener's vector from the history."""
        vectors = np.zeros((histories.shape[0], self._factors.shape[1]))
        for row in range(histories.shape[0]):
            start, end = histories.indptr[row : row + 2]
            if start == end:
                continue
            mine = self._factors[histories.indices[start:end]]
            vectors[row] = np.linalg.solve(mine.T @ mine + self._ridge, mine.sum(axis=0))
        return vectors


def _pattern(histories: sp.csr_array) -> sp.csr_array:
    """Return a copy in which every preference is 1; the library sorts what it is given."""
    return with_data(histories.copy(), np.ones(histories.nnz, dtype=np.float32))
