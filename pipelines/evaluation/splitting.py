"""Splits: what a model may learn from, what it is shown, and what it must find.

Two protocols, both over the full catalogue:

- *unseen users*: the listeners of a fold are held out of training; part of each one's history is given, the rest must
  be found (strong generalisation, Marlin 2004; Liang et al. 2018);
- *holdout*: part of every listener's history is held out; the model is trained on the rest and shown the rest.

Every split is drawn from a seed and the listener's position only, so it is the same whatever runs in parallel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from pipelines.config import EvaluationRules, Protocol
from pipelines.errors import NotEnoughDataError
from pipelines.features.dataset import Dataset

UNSEEN_USERS: Protocol = "unseen-users"
HOLDOUT: Protocol = "holdout"


@dataclass(frozen=True)
class Split:
    """One fold of one protocol; ``given`` and ``held_out`` never share an entry, nor do ``train`` and ``held_out``.

    Attributes:
        protocol: The protocol.
        fold: Number of the fold, from 0.
        train: Listeners x tracks: all a model may learn from.
        listeners: Row in the data set of each tested listener.
        given: Tested listeners x tracks: the history the model is shown.
        held_out: Tested listeners x tracks: what it must find.
    """

    protocol: Protocol
    fold: int
    train: sp.csr_array
    listeners: np.ndarray
    given: sp.csr_array
    held_out: sp.csr_array


def make_splits(dataset: Dataset, rules: EvaluationRules) -> tuple[Split, ...]:
    """Return every fold of every protocol in ``rules``.

    Raises:
        NotEnoughDataError: There are fewer listeners than folds.
    """
    if dataset.histories.shape[0] < rules.folds:
        raise NotEnoughDataError(
            f"{dataset.histories.shape[0]} listeners cannot be split into {rules.folds} folds",
            where="cross-validation",
            remedy="Add listening data, or set a smaller 'evaluation.folds'",
        )
    makers = {UNSEEN_USERS: unseen_users, HOLDOUT: holdout}
    return tuple(split for protocol in rules.protocols for split in makers[protocol](dataset.histories, rules))


def unseen_users(histories: sp.csr_array, rules: EvaluationRules) -> Iterator[Split]:
    """Yield one split a fold; every listener is tested in exactly one."""
    order = np.random.default_rng([rules.seed, 1]).permutation(histories.shape[0])
    for fold in range(rules.folds):
        tested = np.sort(order[fold :: rules.folds])
        given, held_out = divide(sp.csr_array(histories[tested]), rules.given, tested, rules.seed)
        others = np.setdiff1d(order, tested)
        yield Split(UNSEEN_USERS, fold, sp.csr_array(histories[others]), tested, given, held_out)


def holdout(histories: sp.csr_array, rules: EvaluationRules) -> Iterator[Split]:
    """Yield one split a fold; every entry of every history is held out in exactly one."""
    fold_of = np.empty(histories.nnz, dtype=np.int64)
    for row, (start, end) in enumerate(zip(histories.indptr[:-1], histories.indptr[1:], strict=True)):
        rng = np.random.default_rng([rules.seed, 2, row])
        # Where the counting starts is drawn, so that short histories do not all miss the last folds.
        fold_of[start:end] = (rng.permutation(end - start) + rng.integers(rules.folds)) % rules.folds
    everyone = np.arange(histories.shape[0])
    for fold in range(rules.folds):
        given = _entries(histories, fold_of != fold)
        yield Split(HOLDOUT, fold, given, everyone, given, _entries(histories, fold_of == fold))


def divide(
    histories: sp.csr_array, share: float, listeners: np.ndarray, seed: int
) -> tuple[sp.csr_array, sp.csr_array]:
    """Draw which part of each history is given and which is held out.

    At least one track is given and one held out where a history has two; a single track is given.

    Args:
        histories: Listeners x tracks.
        share: Share that is given.
        listeners: An identity for each row, from which its draw is seeded.
        seed: Seed of all draws.
    """
    is_given = np.zeros(histories.nnz, dtype=bool)
    for row, listener in enumerate(listeners):
        start, end = histories.indptr[row : row + 2]
        length = int(end - start)
        wanted = min(max(round(length * share), 1), max(length - 1, 1))
        drawn = np.random.default_rng([seed, 3, int(listener)]).permutation(length)[:wanted]
        is_given[start + drawn] = True
    return _entries(histories, is_given), _entries(histories, ~is_given)


def _entries(matrix: sp.csr_array, chosen: np.ndarray) -> sp.csr_array:
    """Return the matrix with only the chosen of its entries."""
    counts = np.concatenate([[0], np.cumsum(chosen)])[matrix.indptr]
    return sp.csr_array((matrix.data[chosen], matrix.indices[chosen], counts), shape=matrix.shape)
