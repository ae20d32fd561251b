"""SLIM-ridge: sparse item-item ridge regression on each track's nearest tracks, the flagship.

Ning & Karypis 2011 (SLIM), Steck 2019 (EASE): see ``pipelines.recommenders.ridge``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.recommenders.base import RecommenderConfig, TrainingData
from pipelines.recommenders.forgetting import replaced, stale_tracks
from pipelines.recommenders.gram import Entries, coarse, gram_of, with_side_information
from pipelines.recommenders.item_item import ItemItemConfig, ItemItemModel
from pipelines.recommenders.ridge import solve_neighbourhoods
from pipelines.recommenders.truncated_gram import squared_lengths
from pipelines.recommenders.weighting import scale_listeners, weigh
from pipelines.sparse import with_data


class SlimConfig(ItemItemConfig):
    """Hyper-parameters of SLIM-ridge.

    Attributes:
        neighbours: K, how many tracks each track is regressed on.
        reg: The ridge, in units of the mean diagonal of the Gram matrix (the mean strength of a track, see ``coarse``),
            so that the same number suits small and large data sets.
        listener_power: How much long histories are held back in training: each is divided by its length to this power.
        track_power: How much popular tracks are held back in training: each track's column is divided by its length to
            this power, and the weights are scaled back afterwards.
        popularity: How much popular tracks are put forward in scoring: each track's weights are multiplied by its
            number of listeners, counted in the mean track's, to this power.
    """

    neighbours: int = Field(default=100, ge=1)
    reg: float = Field(default=4.0, gt=0)
    listener_power: float = Field(default=0.5, ge=0, le=1)
    track_power: float = Field(default=0.25, ge=0, le=1)
    popularity: float = Field(default=0.0, ge=0, le=1)


class Slim(ItemItemModel):
    """Each track's score is a ridge regression on the listener's tracks, restricted to its nearest tracks."""

    name: ClassVar[str] = "slim"
    title: ClassVar[str] = "SLIM-ridge"
    config_type: ClassVar[type[RecommenderConfig]] = SlimConfig
    config: SlimConfig

    def fit(self, data: TrainingData) -> Self:
        """Build the Gram matrix, choose neighbours, solve, and undo the scaling of the tracks."""
        problem = self._problem(data)
        near = problem.neighbourhoods()
        return self.keep(self.finished(problem.solved(near), data), edge=near.edge)

    def forget(self, data: TrainingData, listeners: np.ndarray) -> Self:
        """Return the model fitted without some listeners; only regressions that changed are solved again.

        See ``pipelines.recommenders.forgetting``. Where the removal moves a unit of the whole data set, every
        regression changes, and it is a training like any other.
        """
        remaining = data.without(listeners)
        before, after = self._problem(data), self._problem(remaining)
        touched = np.zeros(data.n_tracks, dtype=bool)
        touched[data.histories[listeners].indices] = True
        model = type(self)(self.config)
        if "edge" not in self.arrays() or not after.has_units_of(before, ~touched):
            return model.fit(remaining)
        near = after.neighbourhoods()
        stale = stale_tracks(self.weights, near.tracks, touched, self.arrays()["edge"], near.edge)
        solved = after.solved(near, np.flatnonzero(stale))
        return model.keep(model.finished(replaced(self.weights, solved, stale), remaining), edge=near.edge)

    def finished(self, weights: sp.csr_array, data: TrainingData) -> sp.csr_array:
        """Return the solved weights as they are to be kept; here, as they are. Finishing twice is finishing once."""
        del data
        return weights

    def side_information(self) -> Mapping[str, float]:
        """Return the weight of each block of side information in the Gram matrix; none here."""
        return {}

    def _problem(self, data: TrainingData) -> _Problem:
        """Age, weigh and scale the histories, put side information below them, and count the ridge in their unit."""
        histories = self.aged(data.histories, data.times)
        weighed = scale_listeners(weigh(histories, self.config.weighting), self.config.listener_power)
        scale = _track_scale(squared_lengths(weighed), self.config.track_power)
        played = with_data(weighed, (weighed.data * scale[weighed.indices]).astype(np.float32))
        unit = coarse(float(squared_lengths(played).mean()))
        return _Problem(
            rows=with_side_information(played, data.items, self.side_information(), unit),
            scale=scale,
            forward=_popularity(data.histories) ** self.config.popularity,
            reg=self.config.reg * unit,
            neighbours=min(self.config.neighbours, max(1, data.n_tracks - 1)),
        )


@dataclass(frozen=True)
class _Neighbourhoods:
    """Which tracks each is regressed on, and what their regressions read.

    Attributes:
        gram: What is held of the Gram matrix.
        tracks: Tracks x K, the nearest of each; ``PAD`` where there are fewer.
        cosines: Their cosines.
        edge: The last track with which each track's entry is held.
    """

    gram: Entries
    tracks: np.ndarray
    cosines: np.ndarray
    edge: np.ndarray


@dataclass(frozen=True)
class _Problem:
    """The regressions that are to be solved.

    Attributes:
        rows: Listeners, and features as listeners, x tracks; weighed and scaled.
        scale: What each track's column was multiplied by.
        forward: What each track's weights are multiplied by in the end.
        reg: The ridge, in the units of the Gram matrix.
        neighbours: How many tracks each is regressed on.
    """

    rows: sp.csr_array
    scale: np.ndarray
    forward: np.ndarray
    reg: float
    neighbours: int

    def neighbourhoods(self) -> _Neighbourhoods:
        """Build the Gram matrix and choose neighbours; what it held for that alone is given back."""
        gram = gram_of(self.rows, self.neighbours)
        return _Neighbourhoods(gram.entries, *gram.nearest(self.neighbours), gram.edge)

    def solved(self, near: _Neighbourhoods, tracks: np.ndarray | None = None) -> sp.csr_array:
        """Return the weights of some tracks (all where they are not given), with the scaling undone."""
        weights = solve_neighbourhoods(near.gram, near.tracks, near.cosines, self.reg, tracks)
        return _scaled(weights, self.scale, self.forward / self.scale)

    def has_units_of(self, other: _Problem, tracks: np.ndarray) -> bool:
        """Say whether the ridge is the same, and so are the factors of some tracks (a boolean for each)."""
        same_scale = np.array_equal(self.scale[tracks], other.scale[tracks])
        return self.reg == other.reg and same_scale and np.array_equal(self.forward[tracks], other.forward[tracks])


def _track_scale(diagonal: np.ndarray, power: float) -> np.ndarray:
    """Return each track's factor: its length to the power -``power``.

    A track nobody plays has no length; it counts as one of the least played.
    """
    lengths = np.sqrt(diagonal)
    played = lengths[lengths > 0]
    factors: np.ndarray = np.where(lengths > 0, lengths, coarse(played.min() if len(played) else 1.0)) ** -power
    return factors


def _popularity(histories: sp.csr_array) -> np.ndarray:
    """Return each track's number of listeners over that of the mean track, both counted with one listener more."""
    listeners = 1.0 + np.bincount(histories.indices, minlength=histories.shape[1])
    share: np.ndarray = listeners / coarse(listeners.mean())
    return share


def _scaled(matrix: sp.csr_array, rows: np.ndarray, columns: np.ndarray) -> sp.csr_array:
    """Return the matrix with every row and every column multiplied by its factor."""
    data = matrix.data * np.repeat(rows, np.diff(matrix.indptr))
    data *= columns.take(matrix.indices)
    return with_data(matrix, data)
