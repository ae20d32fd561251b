"""SLIM-ridge: sparse item-item ridge regression on each track's nearest tracks, the flagship.

Ning & Karypis 2011 (SLIM), Steck 2019 (EASE): see ``pipelines.recommenders.ridge``.
"""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field

from pipelines.recommenders.base import RecommenderConfig, TrainingData
from pipelines.recommenders.gram import Gram, co_occurrence, mean_diagonal
from pipelines.recommenders.item_item import ItemItemConfig, ItemItemModel
from pipelines.recommenders.ridge import nearest_tracks, solve_neighbourhoods
from pipelines.recommenders.weighting import weigh


class SlimConfig(ItemItemConfig):
    """Hyper-parameters of SLIM-ridge.

    Attributes:
        neighbours: K, how many tracks each track is regressed on.
        reg: The ridge, in units of the mean diagonal of the Gram matrix (the mean strength of a track), so that the
            same number suits small and large data sets.
    """

    neighbours: int = Field(default=200, ge=1)
    reg: float = Field(default=3.0, gt=0)


class Slim(ItemItemModel):
    """Each track's score is a ridge regression on the listener's tracks, restricted to its nearest tracks."""

    name: ClassVar[str] = "slim"
    title: ClassVar[str] = "SLIM-ridge"
    config_type: ClassVar[type[RecommenderConfig]] = SlimConfig
    config: SlimConfig

    def fit(self, data: TrainingData) -> Self:
        """Build the Gram matrix, choose neighbours and solve."""
        gram = Gram(co_occurrence(weigh(data.histories, self.config.weighting)))
        return self.fit_gram(gram, unit=mean_diagonal(gram.diagonal))

    def fit_gram(self, gram: Gram, unit: float) -> Self:
        """Solve on a given Gram matrix; ``unit`` is what ``reg`` is counted in."""
        neighbours, _ = nearest_tracks(gram, min(self.config.neighbours, max(1, gram.n_tracks - 1)))
        return self.keep(solve_neighbourhoods(gram, neighbours, self.config.reg * unit))
