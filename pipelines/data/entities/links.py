"""Pairs of tracks that belong together, and the groups they make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True)
class Links:
    """Pairs of positions with the rule that joins them.

    Attributes:
        first: Positions of the first tracks, int64.
        second: Positions of the others.
        rule: A ``Rule`` for each pair, int64.
    """

    first: np.ndarray
    second: np.ndarray
    rule: np.ndarray

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]], rule: int) -> Links:
        """Make links of one rule."""
        both = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
        return cls(both[:, 0], both[:, 1], np.full(len(both), rule, dtype=np.int64))

    @classmethod
    def together(cls, parts: Iterable[Links]) -> Links:
        """Return all links of several parts."""
        every = list(parts)
        return cls(
            np.concatenate([part.first for part in every]),
            np.concatenate([part.second for part in every]),
            np.concatenate([part.rule for part in every]),
        )

    def __len__(self) -> int:
        """Return the number of links."""
        return len(self.first)

    def where(self, chosen: np.ndarray) -> Links:
        """Return the links a mask or an order chooses."""
        return Links(self.first[chosen], self.second[chosen], self.rule[chosen])


def groups_of(size: int, links: Links) -> np.ndarray:
    """Return the number of each position's group; groups are numbered by their first position."""
    matrix = sp.coo_array((np.ones(len(links), dtype=np.int32), (links.first, links.second)), shape=(size, size))
    labels = connected_components(matrix, directed=False)[1]
    return in_order(labels)


def in_order(labels: np.ndarray) -> np.ndarray:
    """Return labels renumbered from 0 in the order in which they first appear."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[inverse.ravel()], dtype=np.int64)


def neighbours(codes: np.ndarray, most: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return all pairs of positions with the same code, as parts of two arrays each, the lower position first.

    Args:
        codes: A code for each position; negative ones are no codes.
        most: A code that more positions have makes no pairs.
    """
    order = np.argsort(codes, kind="stable")
    order = order[np.searchsorted(codes[order], 0) :]
    _, inverse, counts = np.unique(codes[order], return_inverse=True, return_counts=True)
    size = counts[inverse.ravel()] if len(order) else np.empty(0, dtype=np.int64)
    order = order[(size > 1) & (size <= most)]
    sorted_codes = codes[order]
    parts = []
    for step in range(1, most):
        same = np.flatnonzero(sorted_codes[step:] == sorted_codes[:-step]) if step < len(order) else _NOTHING
        if not len(same):
            break
        parts.append((order[same], order[same + step]))
    return parts


_NOTHING = np.empty(0, dtype=np.int64)
