"""What the blend and the ranker learn from: lists for listeners whom the parts have not seen, and what was to be found.

Scores on listeners the parts were fitted on would tell how well a part remembers, not how well it recommends (stacking,
Wolpert 1992).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.dividing import divide
from pipelines.recommenders.listwise import Lists
from pipelines.recommenders.parts import CompositeConfig, Parts
from pipelines.recommenders.ranking import PAD, top_k
from pipelines.sparse import row_of_each

#: The share of such a listener's history that is given; the rest must be found.
_GIVEN = 0.8


@dataclass(frozen=True)
class Examples:
    """Lists of one group of listeners.

    Attributes:
        training: What the parts learned from.
        given: Histories x tracks: what the parts were shown.
        scores: Each part's scores in units of the list, histories x tracks.
        entries: Histories x tracks: the best tracks of every part. A track to be found that no part puts forward is not
            among them: what stands there for no other reason would give itself away.
        relevant: Whether each entry was to be found.
    """

    training: TrainingData
    given: sp.csr_array
    scores: Sequence[np.ndarray]
    entries: sp.csr_array
    relevant: np.ndarray

    @property
    def lists(self) -> Lists:
        """The entries with the parts' scores as features."""
        rows, tracks = row_of_each(self.entries), self.entries.indices
        features = np.stack([values[rows, tracks] for values in self.scores], axis=1).astype(np.float64)
        return Lists(features, self.relevant, np.unique(rows, return_index=True)[1])


def examples_of(data: TrainingData, config: CompositeConfig) -> list[Examples]:
    """Return the lists of every group of listeners; none of fewer than two listeners, or where nothing is known."""
    n = data.histories.shape[0]
    drawn = np.random.default_rng([config.seed, 11]).permutation(n)
    folds = min(config.folds, n)
    groups = [np.sort(drawn[fold::folds]) for fold in range(folds)] if n > 1 else []
    return [found for group in groups if (found := _of_group(data, group, config)).entries.nnz]


def candidates(scores: Sequence[np.ndarray], given: sp.csr_array, depth: int) -> sp.csr_array:
    """Return histories x tracks: an entry where a track is among the best ``depth`` of any part and not given.

    Args:
        scores: Each part's scores, histories x tracks. Only scores above 0 count.
        given: The histories.
        depth: How many tracks of each part.
    """
    chosen = np.zeros(given.shape, dtype=bool)
    heard = (row_of_each(given), given.indices)
    for values in scores:
        known = np.where(values > 0, values, -np.inf)
        known[heard] = -np.inf
        best, _ = top_k(known, depth)
        rows, places = np.nonzero(best != PAD)
        chosen[rows, best[rows, places]] = True
    return sp.csr_array(chosen)


def _of_group(data: TrainingData, group: np.ndarray, config: CompositeConfig) -> Examples:
    """Fit the parts on the other listeners and list what they say about this group."""
    training = data.of_listeners(np.setdiff1d(np.arange(data.histories.shape[0]), group))
    given, held_out = divide(sp.csr_array(data.histories[group]), _GIVEN, group, config.seed)
    scores = [values / unit for values, unit in Parts(config.parts).fit(training).scores(given)]
    entries = candidates(scores, given, config.depth)
    wanted = held_out.toarray() > 0
    return Examples(training, given, scores, entries, wanted[row_of_each(entries), entries.indices])
