"""Learning weights from lists: the conditional logit of McFadden 1974, ListNet's loss in ranking (Cao et al. 2007).

The tracks of a list compete: ``p(track) = exp(w . x) / sum over the list of exp(w . x)``, and the weights make the
tracks that were to be found as likely as they can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize


@dataclass(frozen=True)
class Lists:
    """Tracks of many lists.

    Attributes:
        features: Entries x features.
        relevant: Whether the track of each entry was to be found.
        starts: Where each list begins among the entries; no list is empty.
    """

    features: np.ndarray
    relevant: np.ndarray
    starts: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """How many entries each list has."""
        return np.diff(self.starts, append=len(self.relevant))

    @staticmethod
    def joined(parts: list[Lists]) -> Lists:
        """Return all lists in a row."""
        shifts = np.cumsum([0, *(len(part.relevant) for part in parts[:-1])])
        return Lists(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.relevant for part in parts]),
            np.concatenate([part.starts + shift for part, shift in zip(parts, shifts, strict=True)]),
        )


def conditional_logit(lists: Lists, ridge: float) -> np.ndarray:
    """Return the weights, none below 0, that maximise the mean log-likelihood minus ``ridge`` times their squares.

    Every list counts the same, however many of its tracks were to be found; a list without one says nothing.
    """
    wanted = np.add.reduceat(lists.relevant.astype(np.float64), lists.starts)
    says = wanted > 0
    n_features = lists.features.shape[1]
    if not says.any():
        return np.ones(n_features)
    lengths = lists.lengths
    target = lists.relevant / np.repeat(np.maximum(wanted, 1.0), lengths) / says.sum()
    counts = np.repeat(says / says.sum(), lengths)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = lists.features @ weights
        largest = np.maximum.reduceat(scores, lists.starts)
        shifted = np.exp(scores - np.repeat(largest, lengths))
        sums = np.add.reduceat(shifted, lists.starts)
        log_likelihood = target @ (scores - np.repeat(largest + np.log(sums), lengths))
        gradient = lists.features.T @ (target - counts * shifted / np.repeat(sums, lengths))
        return ridge * float(weights @ weights) - float(log_likelihood), 2.0 * ridge * weights - gradient

    found = minimize(loss, np.full(n_features, 0.1), jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * n_features)
    weights: np.ndarray = found.x
    return weights if weights.any() else np.ones(n_features)


def ndcg_of_lists(scores: np.ndarray, relevant: np.ndarray, starts: np.ndarray, k: int = 10) -> np.ndarray:
    """Return nDCG@k of each list ordered by its scores; NaN for a list with nothing to find.

    Args:
        scores: A score an entry; equal scores keep their order.
        relevant: Whether the track of each entry was to be found.
        starts: Where each list begins among the entries.
        k: How many places count.
    """
    lengths = np.diff(starts, append=len(scores))
    lists = np.repeat(np.arange(len(starts)), lengths)
    order = np.lexsort((-scores, lists))
    rank = np.arange(len(scores)) - np.repeat(starts, lengths)
    discount = np.where(rank < k, 1.0 / np.log2(rank + 2.0), 0.0)
    gained = np.add.reduceat(discount * relevant[order], starts)
    wanted = np.add.reduceat(relevant.astype(np.int64), starts)
    ideal = np.cumsum(1.0 / np.log2(np.arange(k) + 2.0))[np.clip(wanted, 1, k) - 1]
    return np.where(wanted > 0, gained / ideal, np.nan)


def mean_of_each(values: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Return the mean value of each owner, in ascending order of the owners; NaN for one with none but NaN."""
    known = ~np.isnan(values)
    numbers, places = np.unique(owners, return_inverse=True)
    counts = np.bincount(places[known], minlength=len(numbers))
    sums = np.bincount(places[known], weights=values[known], minlength=len(numbers))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
