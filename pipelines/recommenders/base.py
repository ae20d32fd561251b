"""The model contract: history in, ranked tracks out.

A recommender never needs a user id. It scores a *history*: a sparse row of weighted tracks. A new listener, a new like
and an edited history are therefore all the same call, and evaluation on unseen users is the normal case.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, Self, runtime_checkable

import numpy as np
import scipy.sparse as sp
from pydantic import BaseModel, ConfigDict

from pipelines.errors import NotFittedError
from pipelines.parallel import in_blocks
from pipelines.recommenders.ranking import PAD, top_k

#: Histories are scored in blocks of at most this many scores (float32: 64 MB), so memory does not grow with users.
SCORES_PER_BLOCK = 16_000_000
#: When all cores rank at the same time, each takes smaller blocks.
_SCORES_AT_ONCE = 4_000_000


class RecommenderConfig(BaseModel):
    """Hyper-parameters of one recommender: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class TrainingData:
    """Everything a recommender may learn from.

    Attributes:
        histories: Listeners x tracks, float32; the strength of each listener's preference in plays (> 0). Each track of
            a listener stands once, and a row's tracks ascend (scipy's canonical format); the same holds for histories
            that are scored.
        items: Side information: block name ("artists", "tags", "genres", "era", "audio") -> tracks x features,
            float32, rows of unit length (or empty where nothing is known about the track).
        times: In the places of ``histories``, float64: days since 1970 of the listener's last interaction with the
            track, NaN where it is not known. None where the data has no times.
    """

    histories: sp.csr_array
    items: Mapping[str, sp.csr_array] = field(default_factory=dict)
    times: sp.csr_array | None = None

    @property
    def n_tracks(self) -> int:
        """Size of the catalogue."""
        return int(self.histories.shape[1])

    def of_listeners(self, rows: np.ndarray) -> TrainingData:
        """Return what is known of some of the listeners, in the order of ``rows``."""
        times = None if self.times is None else sp.csr_array(self.times[rows])
        return TrainingData(sp.csr_array(self.histories[rows]), self.items, times)

    def without(self, rows: np.ndarray) -> TrainingData:
        """Return what is known of all other listeners; the catalogue stays as it is."""
        return self.of_listeners(np.setdiff1d(np.arange(self.histories.shape[0]), rows))


@dataclass(frozen=True)
class CandidateList:
    """Ranked tracks for several histories.

    Attributes:
        indices: Histories x k, int64 track indices, best first; ``PAD`` (-1) where a list is shorter than k.
        scores: Histories x k, float32 scores in the same order; 0 where padded.
    """

    indices: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class Contribution:
    """One track of a listener's history and its share in a score.

    Attributes:
        track: Index of the history track.
        amount: What it adds to the score; all amounts of an explanation sum to the score.
    """

    track: int
    amount: float


@runtime_checkable
class Explains(Protocol):
    """Can say exactly which tracks of the history a score comes from."""

    def contributions(self, history: sp.csr_array, track: int) -> list[Contribution]:
        """Return every history track's share in the score of ``track``, largest first; they sum to the score."""
        ...


@runtime_checkable
class SimilarTracks(Protocol):
    """Can name the tracks most like a track."""

    def similar(self, track: int, k: int) -> CandidateList:
        """Return the ``k`` nearest tracks, best first, as one row; the track itself is never among them."""
        ...


@runtime_checkable
class ScoresColdTracks(Protocol):
    """Can score tracks nobody in training has played, from what is known about them."""

    scores_cold_tracks: ClassVar[bool]


@runtime_checkable
class Forgets(Protocol):
    """Can remove listeners at a fraction of the cost of a training, and exactly."""

    def forget(self, data: TrainingData, listeners: np.ndarray) -> Recommender:
        """Return the model that fitting on ``data.without(listeners)`` gives; this one stays as it is.

        Nothing is frozen and nothing is approximate: what the rest would get from a training without them is what it
        gets, to 1e-6 in every array. ``pipelines.recommenders.forgetting.forget`` does this for any recommender.

        Args:
            data: What this model was fitted on.
            listeners: Their rows in it.
        """
        ...


class Recommender(ABC):
    """Base of every recommender; subclasses give ``fit``, ``score`` and their arrays.

    Attributes:
        name: The name used in configuration, runs, bundles and reports.
        title: What people read.
        config_type: The class of its hyper-parameters.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    config_type: ClassVar[type[RecommenderConfig]]

    def __init__(self, config: RecommenderConfig | None = None) -> None:
        self.config = config if config is not None else self.config_type()
        self._arrays: dict[str, np.ndarray] | None = None

    @abstractmethod
    def fit(self, data: TrainingData) -> Self:
        """Learn from ``data`` and return self; fitting again forgets what was learned before."""

    @abstractmethod
    def score(self, histories: sp.csr_array) -> np.ndarray:
        """Return histories x tracks float32 scores; higher is better, an empty history has a defined result."""

    @property
    @abstractmethod
    def n_tracks(self) -> int:
        """Size of the catalogue the model was fitted on."""

    def aged(self, histories: sp.csr_array, times: sp.csr_array | None) -> sp.csr_array:
        """Return the histories to score where it is known how old they are: here, as they are.

        A model to which old preferences say less returns them with smaller strengths in the same places.

        Args:
            histories: Histories x tracks.
            times: In their places, days since 1970 (NaN where one is not known); None where no time is known.
        """
        del times
        return histories

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the learned state as named arrays: what a bundle stores.

        Raises:
            NotFittedError: Nothing was learned yet.
        """
        if self._arrays is None:
            raise NotFittedError("the recommender was not fitted", where=self.name, remedy="Call fit first")
        return self._arrays

    def load(self, arrays: Mapping[str, np.ndarray]) -> Self:
        """Take over state that ``arrays`` gave, without copying (it may be memory mapped), and return self."""
        self._arrays = dict(arrays)
        return self

    def recommend(
        self,
        histories: sp.csr_array,
        k: int,
        *,
        exclude_history: bool = True,
        exclude: sp.csr_array | None = None,
    ) -> CandidateList:
        """Rank the whole catalogue for each history and keep the best ``k``.

        Args:
            histories: Histories x tracks.
            k: Length of each list; lists are padded where fewer tracks are left.
            exclude_history: Leave out the tracks of the history itself.
            exclude: Histories x tracks; non-zero where a track must not appear.

        Returns:
            Lists without repetition; equal scores are ordered by track index, so the result is the same everywhere.
        """
        n = int(histories.shape[0])
        indices = np.full((n, k), PAD, dtype=np.int64)
        scores = np.zeros((n, k), dtype=np.float32)

        def block(start: int, stop: int) -> None:
            values = self.score(sp.csr_array(histories[start:stop]))
            if exclude_history:
                _mask(values, histories[start:stop])
            if exclude is not None:
                _mask(values, exclude[start:stop])
            indices[start:stop], scores[start:stop] = top_k(values, k)

        for _ in in_blocks(block, n, max(1, _SCORES_AT_ONCE // max(1, self.n_tracks))):
            pass
        return CandidateList(indices, scores)


def _mask(scores: np.ndarray, mask: sp.csr_array) -> None:
    """Set the scores of masked tracks to minus infinity, in place."""
    coo = mask.tocoo()
    scores[coo.coords[0], coo.coords[1]] = -np.inf
