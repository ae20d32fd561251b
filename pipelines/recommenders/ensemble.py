"""Several recommenders as one: what the blend and the ranker share.

A part's scores are only comparable within a list, so each list is divided by its root mean square over the catalogue.
A score of 0 stays 0 ("nothing is known"), and a sum over the listener's own tracks stays such a sum: explanations stay
exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field, field_validator, model_validator

from pipelines.recommenders import recommender_type
from pipelines.recommenders.base import Explains, Recommender, RecommenderConfig, TrainingData


class PartConfig(RecommenderConfig):
    """One part.

    Attributes:
        recommender: Its name.
        params: Its hyper-parameters; others keep their defaults.
    """

    recommender: str
    params: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        """Refuse a part that does not exist, cannot be made, or cannot say where its scores come from."""
        kind = recommender_type(self.recommender)
        kind.config_type(**self.params)
        _require(issubclass(kind, Explains), f"'{self.recommender}' cannot be a part: it does not explain its scores")
        return self

    def build(self) -> Recommender:
        """Return the part, unfitted."""
        kind = recommender_type(self.recommender)
        return kind(kind.config_type(**self.params))


def default_parts() -> tuple[PartConfig, ...]:
    """Return the flagship in both weightings, as which is better depends on the data, and what errs in other places."""
    return (
        PartConfig(recommender="hybrid", params={"weighting": "log", "tags": 3.0, "popularity": 0.05}),
        PartConfig(recommender="hybrid", params={"weighting": "binary", "reg": 6.0, "popularity": 0.05}),
        PartConfig(recommender="hybrid-als"),
    )


class EnsembleConfig(RecommenderConfig):
    """Hyper-parameters of every model that is made of others.

    Attributes:
        parts: What it is made of; each part has to explain its scores.
        folds: The listeners are held apart in so many groups, each scored by parts that have not seen it.
        divisions: How often each of their histories is divided anew into what is given and what has to be found.
        depth: What is learned from, and what a ranker puts in order: the best ``depth`` tracks of each part.
        seed: Seed of the groups and of what is given.
    """

    parts: tuple[PartConfig, ...] = Field(default_factory=default_parts, min_length=1)
    folds: int = Field(default=3, ge=2)
    divisions: int = Field(default=1, ge=1)
    depth: int = Field(default=100, ge=1, le=1_000)
    seed: int = Field(default=0, ge=0)

    @field_validator("parts")
    @classmethod
    def _no_ensembles(cls, parts: tuple[PartConfig, ...]) -> tuple[PartConfig, ...]:
        """Refuse parts that are made of parts: the work would grow with a power of the folds."""
        for part in parts:
            made_of_parts = issubclass(recommender_type(part.recommender).config_type, EnsembleConfig)
            _require(not made_of_parts, f"'{part.recommender}' cannot be a part: it is made of parts itself")
        return parts


def _require(kept: bool, otherwise: str) -> None:  # noqa: FBT001 - a condition
    """Raise what pydantic reports as a problem of the value."""
    if not kept:
        raise ValueError(otherwise)


class Ensemble:
    """Recommenders that are fitted, scored and stored together."""

    def __init__(self, configs: Sequence[PartConfig]) -> None:
        self.models = tuple(config.build() for config in configs)

    def fit(self, data: TrainingData) -> Self:
        """Fit every part on the same data."""
        for model in self.models:
            model.fit(data)
        return self

    def scores(self, histories: sp.csr_array) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield each part's scores, and by what each list has to be divided (1 where all its scores are 0)."""
        for model in self.models:
            values = model.score(histories)
            yield values, root_mean_square(values)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays of all parts, each name with the part's position before it."""
        return {
            f"part{position}_{name}": array
            for position, model in enumerate(self.models)
            for name, array in model.arrays().items()
        }

    def load(self, arrays: Mapping[str, np.ndarray]) -> Self:
        """Take over what ``arrays`` gave; others are passed over."""
        for position, model in enumerate(self.models):
            prefix = f"part{position}_"
            own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
            model.load(own)
        return self


def root_mean_square(scores: np.ndarray) -> np.ndarray:
    """Return the root mean square of each row, as a column; 1 for a row of zeros."""
    lengths: np.ndarray = np.sqrt(np.square(scores, dtype=np.float64).mean(axis=1, keepdims=True))
    return np.where(lengths > 0, lengths, 1.0)
