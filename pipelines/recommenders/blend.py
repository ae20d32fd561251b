"""Blend: a weighted sum of other recommenders, the weights learned on listeners whom the parts have not seen.

Stacking (Wolpert 1992) with weights that are not negative (Breiman 1996, "Stacked regressions"), learned list by list
(``pipelines.recommenders.listwise``). A score is a sum over the parts of sums over the listener's own tracks, so
explanations are exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.recommenders.base import (
    CandidateList,
    Contribution,
    Explains,
    Recommender,
    RecommenderConfig,
    TrainingData,
)
from pipelines.recommenders.ensemble import Ensemble, EnsembleConfig, root_mean_square
from pipelines.recommenders.listwise import Lists, conditional_logit
from pipelines.recommenders.ranking import top_k
from pipelines.recommenders.stacking import Examples, examples_of
from pipelines.sparse import from_triples

_WEIGHTS = "weights"


class BlendConfig(EnsembleConfig):
    """Hyper-parameters of the blend.

    Attributes:
        ridge: How strongly the weights are held near 0, for parts whose scores say the same.
    """

    ridge: float = Field(default=1e-3, ge=0)


class Blend(Recommender):
    """A track's score is a weighted sum of its scores by several recommenders, each list in its own unit."""

    name: ClassVar[str] = "blend"
    title: ClassVar[str] = "Blend"
    config_type: ClassVar[type[RecommenderConfig]] = BlendConfig
    config: BlendConfig
    scores_cold_tracks: ClassVar[bool] = True

    def __init__(self, config: RecommenderConfig | None = None) -> None:
        super().__init__(config)
        self.parts = Ensemble(self.config.parts)

    @property
    def n_tracks(self) -> int:
        """Size of the catalogue."""
        self.arrays()
        return self.parts.models[0].n_tracks

    def fit(self, data: TrainingData) -> Self:
        """Learn the weights on listeners held apart, then fit every part on everybody."""
        return self.fit_from(examples_of(data, self.config), data)

    def fit_from(self, examples: Sequence[Examples], data: TrainingData) -> Self:
        """Learn the weights from lists that are there already, then fit every part on ``data``."""
        lists = [found.lists for found in examples]
        n_parts = len(self.config.parts)
        weights = conditional_logit(Lists.joined(lists), self.config.ridge) if lists else np.ones(n_parts)
        self.parts = Ensemble(self.config.parts).fit(data)
        self._arrays = {_WEIGHTS: weights, **self.parts.arrays()}
        return self

    @property
    def weights(self) -> np.ndarray:
        """What a unit of each part's score counts."""
        return self.arrays()[_WEIGHTS]

    def load(self, arrays: Mapping[str, np.ndarray]) -> Self:
        """Take over the weights and the parts' arrays."""
        self.parts = Ensemble(self.config.parts).load(arrays)
        return super().load(arrays)

    def score(self, histories: sp.csr_array) -> np.ndarray:
        """Return the weighted sums; an empty history scores 0 everywhere."""
        total = np.zeros(histories.shape, dtype=np.float32)
        for weight, (values, unit) in zip(self.weights, self.parts.scores(histories), strict=True):
            total += (weight / unit).astype(np.float32) * values
        return total

    def contributions(self, history: sp.csr_array, track: int) -> list[Contribution]:
        """Return each history track's part of the score of ``track``, summed over the parts, largest first."""
        amounts = dict.fromkeys(history.indices.tolist(), 0.0)
        for weight, model in zip(self.weights, self.parts.models, strict=True):
            if weight == 0 or not isinstance(model, Explains):
                continue
            unit = float(weight / root_mean_square(model.score(history))[0, 0])
            for part in model.contributions(history, track):
                amounts[part.track] += unit * part.amount
        ordered = sorted(amounts.items(), key=lambda item: -item[1])
        return [Contribution(own, amount) for own, amount in ordered if amount != 0]

    def similar(self, track: int, k: int) -> CandidateList:
        """Return what is recommended to somebody who plays ``track`` and nothing else."""
        one = from_triples(np.ones(1), np.zeros(1, dtype=np.int64), np.array([track]), (1, self.n_tracks))
        scores = self.score(one)
        scores[scores <= 0] = -np.inf
        scores[0, track] = -np.inf
        return CandidateList(*top_k(scores, k))
