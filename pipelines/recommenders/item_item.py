"""What all linear item-item models share: a score is a sum over the listener's own tracks.

That makes explanations exact, new listeners free, and an edit of a history one sparse addition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
import scipy.sparse as sp

from pipelines.recommenders.base import CandidateList, Contribution, Recommender, RecommenderConfig
from pipelines.recommenders.ranking import PAD, top_k
from pipelines.recommenders.sparse_ranking import places_of, rank_entries
from pipelines.recommenders.weighting import Weighting, weigh
from pipelines.sparse import dense_product


class ItemItemConfig(RecommenderConfig):
    """Hyper-parameters of every item-item model.

    Attributes:
        weighting: Transform of the history's strengths, in training and in scoring.
    """

    weighting: Weighting = Weighting.LOG


class ItemItemModel(Recommender):
    """scores = weigh(histories) @ weights, with a sparse tracks x tracks matrix of weights."""

    config: ItemItemConfig

    def __init__(self, config: RecommenderConfig | None = None) -> None:
        super().__init__(config)
        self._weights: sp.csr_array | None = None

    @property
    def n_tracks(self) -> int:
        """Size of the catalogue."""
        return len(self.arrays()["indptr"]) - 1

    @property
    def weights(self) -> sp.csr_array:
        """Tracks x tracks: row i holds what one unit of track i in a history adds to the score of each track."""
        if self._weights is None:
            arrays = self.arrays()
            parts = (arrays["data"], arrays["indices"], arrays["indptr"])
            self._weights = sp.csr_array(parts, shape=(self.n_tracks, self.n_tracks))
        return self._weights

    def keep(self, weights: sp.csr_array, **more: np.ndarray) -> Self:
        """Store fitted weights, and further arrays by their names, and return self."""
        weights.sum_duplicates()
        weights.eliminate_zeros()
        self._weights = None
        self._arrays = {
            "data": weights.data.astype(np.float32),
            "indices": weights.indices.astype(np.int32),
            "indptr": weights.indptr.astype(np.int64 if weights.nnz > np.iinfo(np.int32).max else np.int32),
            **more,
        }
        return self

    def load(self, arrays: Mapping[str, np.ndarray]) -> Self:
        """Take over stored weights without copying."""
        self._weights = None
        return super().load(arrays)

    def score(self, histories: sp.csr_array) -> np.ndarray:
        """Return histories x tracks scores; an empty history scores 0 everywhere."""
        return dense_product(weigh(histories, self.config.weighting), self.weights)

    def recommend(
        self,
        histories: sp.csr_array,
        k: int,
        *,
        exclude_history: bool = True,
        exclude: sp.csr_array | None = None,
    ) -> CandidateList:
        """Rank the tracks that a history speaks for; where they do not fill the list, by the score of every track."""
        ranked = super().recommend
        if type(self).score is not ItemItemModel.score:
            return ranked(histories, k, exclude_history=exclude_history, exclude=exclude)
        masks = [histories] * exclude_history + ([] if exclude is None else [exclude])
        weighed = weigh(histories, self.config.weighting)
        indices, scores = rank_entries(weighed, self.weights, k, places_of(masks, histories.shape))
        short = np.flatnonzero((indices == PAD).any(axis=1))
        if len(short):
            left_out = None if exclude is None else sp.csr_array(exclude[short])
            rest = ranked(sp.csr_array(histories[short]), k, exclude_history=exclude_history, exclude=left_out)
            indices[short], scores[short] = rest.indices, rest.scores
        return CandidateList(indices, scores)

    def contributions(self, history: sp.csr_array, track: int) -> list[Contribution]:
        """Return each history track's part of the score of ``track``, largest first; the parts sum to the score."""
        weighed = weigh(history, self.config.weighting)
        amounts = weighed.data * self._weights_on(weighed.indices, track)
        order = np.argsort(-amounts, kind="stable")
        return [Contribution(int(weighed.indices[i]), float(amounts[i])) for i in order if amounts[i] != 0]

    def _weights_on(self, rows: np.ndarray, track: int) -> np.ndarray:
        """Return the weights of some rows on one track, by scanning those rows (slicing a column is slower)."""
        part = self.weights[rows]
        hits = np.flatnonzero(part.indices == track)
        column = np.zeros(len(rows), dtype=np.float32)
        column[np.searchsorted(part.indptr, hits, side="right") - 1] = part.data[hits]
        return column

    def similar(self, track: int, k: int) -> CandidateList:
        """Return the tracks to which ``track`` gives most weight; only those it gives any."""
        row = self.weights[[track]].toarray()
        row[row <= 0] = -np.inf
        row[0, track] = -np.inf
        return CandidateList(*top_k(row, k))
