"""What the ranker sees of a track in a list: the parts' scores and ranks, popularity, likeness to the history.

Everything is made from the history, the parts' scores and a few arrays, so it is the same in training and in service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy.sparse as sp

from pipelines.recommenders.base import TrainingData
from pipelines.sparse import row_of_each, with_data

_LISTENERS, _BLOCK = "listeners", "block_"
_PARTS = ("data", "indices", "indptr", "shape")
_TINY = 1e-12


@dataclass(frozen=True)
class TrackFacts:
    """What is known of the tracks themselves.

    Attributes:
        listeners: How many listeners each track has, float64.
        blocks: Side information: block name -> tracks x features, rows of unit length.
    """

    listeners: np.ndarray
    blocks: Mapping[str, sp.csr_array]

    @classmethod
    def of(cls, data: TrainingData) -> Self:
        """Return the facts of a training."""
        listeners = np.bincount(data.histories.indices, minlength=data.n_tracks).astype(np.float64)
        return cls(listeners, {name: data.items[name] for name in sorted(data.items)})

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the facts as named arrays."""
        found = {_LISTENERS: self.listeners}
        for name, block in self.blocks.items():
            parts = (block.data, block.indices, block.indptr, np.array(block.shape))
            found |= {f"{_BLOCK}{name}_{part}": array for part, array in zip(_PARTS, parts, strict=True)}
        return found

    @classmethod
    def load(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Return the facts that ``arrays`` gave; others are passed over."""
        ending = f"_{_PARTS[0]}"
        names = [
            name[len(_BLOCK) : -len(ending)] for name in arrays if name.startswith(_BLOCK) and name.endswith(ending)
        ]
        blocks = {}
        for name in sorted(names):
            data, indices, indptr, shape = (arrays[f"{_BLOCK}{name}_{part}"] for part in _PARTS)
            blocks[name] = sp.csr_array((data, indices, indptr), shape=tuple(shape.tolist()))
        return cls(arrays[_LISTENERS], blocks)


def ranking_features(
    entries: sp.csr_array, histories: sp.csr_array, scores: Sequence[np.ndarray], facts: TrackFacts
) -> np.ndarray:
    """Return entries x features, float64, in the order of ``entries``.

    For each part its score and the logarithm of its rank among the entries of the list; the logarithm of the track's
    popularity, of the mean track's in the history, and their difference; the length of the history; for each block of
    side information the likeness to the history, as a mean over its tracks and as a cosine.

    Args:
        entries: Histories x tracks: which tracks of which lists.
        histories: Histories x tracks.
        scores: Each part's score of every entry, in units of its list.
        facts: What is known of the tracks.
    """
    rows, tracks = row_of_each(entries), entries.indices
    binary = with_data(histories, np.ones(histories.nnz))
    lengths = np.maximum(np.diff(histories.indptr), 1).astype(np.float64)
    # Counted in the mean track's, because fewer people listen in a group's training than in the whole.
    popularity = np.log1p(facts.listeners) - np.log1p(facts.listeners.mean())
    usual = (binary @ popularity) / lengths
    columns = [column for values in scores for column in _score_and_rank(values, entries)]
    columns += [popularity[tracks], usual[rows], popularity[tracks] - usual[rows], np.log1p(lengths[rows])]
    for block in facts.blocks.values():
        columns += _likeness(sp.csr_array(binary @ block), block, entries, lengths)
    return np.stack(columns, axis=1).astype(np.float64)


def _score_and_rank(values: np.ndarray, entries: sp.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Return a part's scores and log(1 + rank) within each list; equal scores by track, ranks from 0."""
    rows = row_of_each(entries)
    order = np.lexsort((entries.indices, -values, rows))
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[order] = np.arange(len(values)) - entries.indptr[rows[order]]
    return values, np.log1p(ranks)


def _likeness(
    profiles: sp.csr_array, block: sp.csr_array, entries: sp.csr_array, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the cosine of each entry's track with the summed side information of the history."""
    rows, tracks = row_of_each(entries), entries.indices
    sums = np.empty(len(rows))
    for row in range(entries.shape[0]):
        own = slice(entries.indptr[row], entries.indptr[row + 1])
        profile = np.zeros(block.shape[1])
        start, end = profiles.indptr[row : row + 2]
        profile[profiles.indices[start:end]] = profiles.data[start:end]
        sums[own] = block[tracks[own]] @ profile
    norms = np.sqrt(np.asarray(profiles.multiply(profiles).sum(axis=1)).ravel())
    return sums / lengths[rows], sums / np.maximum(norms[rows], _TINY)
