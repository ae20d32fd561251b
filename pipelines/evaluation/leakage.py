"""Whether what a model has to find was shown to it: held-out rows among those it learns from.

Two ways lead there. A split may be wrong: a preference that is held out stands in the same listener's training row. Or
the data may hold a person twice, under two pseudonyms, and a fold puts the one among those it learns from and the other
among those it tests. The second looks right to every check of ids, so histories are compared (Kaufman, Rosset, Perlich
and Stitelman, Leakage in data mining, ACM TKDD 6(4), 2012).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp

from pipelines.evaluation.records import KeptRecords
from pipelines.evaluation.splitting import Split
from pipelines.sparse import in_places_of, with_data

#: Two histories that share so much of what either holds (Jaccard) are of one person; strangers share far less.
_ALIKE: Final = 0.8
#: Shorter histories may be alike by chance.
_LEAST_HISTORY: Final = 10
#: So many listeners of a fold are compared with all it learns from: of a twentieth who leaked, some are met surely.
_LOOKED_AT: Final = 200
_AT_ONCE: Final = 20


@dataclass(frozen=True)
class LeakCheck:
    """What of one fold had leaked.

    Attributes:
        protocol: The protocol.
        fold: Number of the fold.
        pairs: Held-out preferences that stand in the training row of the same listener.
        listeners: How many tested listeners were compared with those the fold learns from.
        twins: How many of them have nearly the same history as one of those.
    """

    protocol: str
    fold: int
    pairs: int
    listeners: int
    twins: int


#: Where a training keeps them.
KEPT_LEAKS = KeptRecords("leaks.json", LeakCheck, "the checks for leaks")


def look_for_leaks(split: Split, histories: sp.csr_array, seed: int) -> LeakCheck:
    """Look for what a fold tests among what it learns from.

    Args:
        split: The fold.
        histories: Listeners x tracks: all that the fold was made from.
        seed: Seed of the draw of listeners.
    """
    own = _own_rows(split)
    known = own >= 0
    held_out = sp.csr_array(split.held_out[np.flatnonzero(known)])
    learned = in_places_of(held_out, sp.csr_array(split.train[own[known]]))
    # Where repeats are asked for, what is held out is that a known track is played again, which nobody has learned.
    pairs = 0 if split.repeats else int(np.count_nonzero(learned.data))
    pattern = with_data(histories, np.ones(histories.nnz, dtype=np.float32))
    enough = np.flatnonzero(np.diff(histories.indptr)[split.listeners] >= _LEAST_HISTORY)
    drawn = np.sort(np.random.default_rng([seed, 12, split.fold]).permutation(enough)[:_LOOKED_AT])
    tested, learners = (sp.csr_array(pattern[rows]) for rows in (split.listeners[drawn], split.learners))
    return LeakCheck(split.protocol, split.fold, pairs, len(drawn), _twins(tested, learners, own[drawn]))


def twin_share(checks: Iterable[LeakCheck]) -> float:
    """Return the share of the listeners looked at who have a twin; NaN where none was looked at."""
    found = list(checks)
    listeners = sum(check.listeners for check in found)
    return sum(check.twins for check in found) / listeners if listeners else float("nan")


def _own_rows(split: Split) -> np.ndarray:
    """Return the training row of each tested listener; -1 where they have none."""
    order = np.argsort(split.learners, kind="stable")
    place = np.searchsorted(split.learners, split.listeners, sorter=order)
    place = order[np.minimum(place, len(order) - 1)]
    return np.where(split.learners[place] == split.listeners, place, -1)


def _twins(histories: sp.csr_array, others: sp.csr_array, own: np.ndarray) -> int:
    """Count the histories that are nearly one of the others, their own row left out."""
    sizes, columns = np.diff(others.indptr), sp.csc_array(others.T)
    twins = 0
    for start in range(0, histories.shape[0], _AT_ONCE):
        block = sp.csr_array(histories[start : start + _AT_ONCE])
        shared = sp.csr_array(block @ columns).toarray()
        alike = shared / (np.diff(block.indptr)[:, None] + sizes - shared)
        mine = own[start : start + _AT_ONCE]
        alike[np.flatnonzero(mine >= 0), mine[mine >= 0]] = 0.0
        twins += int((alike.max(axis=1, initial=0.0) >= _ALIKE).sum())
    return twins
