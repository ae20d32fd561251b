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
from pipelines.recommenders.ensemble import Ensemble, EnsembleConfig
from pipelines.recommenders.history_split import divide
from pipelines.recommenders.listwise import Lists
from pipelines.recommenders.ranking import PAD, top_k
from pipelines.sparse import row_of_each

#: The share of such a listener's history that is given; the rest must be found.
_GIVEN = 0.8


@dataclass(frozen=True)
class Examples:
    """Lists of one group of listeners, one for every time that their histories were divided.

    Attributes:
        training: What the parts learned from.
        given: Histories x tracks: what the parts were shown.
        listeners: Whose history each is, counted from 0.
        entries: Histories x tracks: the best tracks of every part. A track to be found that no part puts forward is not
            among them: what stands there for no other reason would give itself away.
        scores: Each part's score of every entry, in units of its list.
        relevant: Whether each entry was to be found.
    """

    training: TrainingData
    given: sp.csr_array
    listeners: np.ndarray
    entries: sp.csr_array
    scores: Sequence[np.ndarray]
    relevant: np.ndarray

    @property
    def lists(self) -> Lists:
        """The entries with the parts' scores as features."""
        features = np.stack(self.scores, axis=1).astype(np.float64)
        return Lists(features, self.relevant, np.unique(row_of_each(self.entries), return_index=True)[1])

    @property
    def owners(self) -> np.ndarray:
        """Whose list each of ``lists`` is."""
        whose: np.ndarray = self.listeners[np.unique(row_of_each(self.entries))]
        return whose


def examples_of(data: TrainingData, config: EnsembleConfig) -> list[Examples]:
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


def _of_group(data: TrainingData, group: np.ndarray, config: EnsembleConfig) -> Examples:
    """Fit the parts on the other listeners and list what they say about this group."""
    training = data.of_listeners(np.setdiff1d(np.arange(data.histories.shape[0]), group))
    parts = Ensemble(config.parts).fit(training)
    histories = sp.csr_array(data.histories[group])
    listed = []
    for division in range(config.divisions):
        # Another identity draws another part of the history.
        drawn = divide(histories, _GIVEN, group + division * data.histories.shape[0], config.seed)
        listed.append(_listed(parts, *drawn, config.depth))
    given, entries, scores, relevant = zip(*listed, strict=True)
    return Examples(
        training,
        given=sp.csr_array(sp.vstack(given, format="csr")),
        listeners=np.tile(np.arange(len(group)), config.divisions),
        entries=sp.csr_array(sp.vstack(entries, format="csr")),
        scores=[np.concatenate(of_part) for of_part in zip(*scores, strict=True)],
        relevant=np.concatenate(relevant),
    )


def _listed(
    parts: Ensemble, given: sp.csr_array, held_out: sp.csr_array, depth: int
) -> tuple[sp.csr_array, sp.csr_array, list[np.ndarray], np.ndarray]:
    """Return what was given, the entries of the lists for it, their scores by each part, and which were to be found.

    Only scores of entries are kept: those of all tracks would fill the memory.
    """
    scores = [values / unit for values, unit in parts.scores(given)]
    entries = candidates(scores, given, depth)
    places = row_of_each(entries), entries.indices
    return given, entries, [values[places] for values in scores], (held_out.toarray() > 0)[places]
