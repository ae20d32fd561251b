"""Gradient boosted trees as flat arrays: fitted with LightGBM, scored with NumPy.

A served model is arrays without pickle, and the service carries no LightGBM. A tree's nodes and leaves stand in one
row; a leaf leads to itself, so every entry takes the same number of steps and a whole block walks at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

#: So many places (entries x trees) are walked at once: each step's arrays then stay in the cache.
_PLACES_AT_ONCE = 200_000
_PREFIX = "trees_"
_ARRAYS = ("feature", "threshold", "left", "right", "value")


@dataclass(frozen=True)
class Trees:
    """Trees x nodes, padded; node 0 is the root.

    Attributes:
        feature: Which feature a node asks for, int32 (0 in a leaf).
        threshold: To the left where the feature is at most this, float64.
        left: The node on the left, int32; a leaf's own number.
        right: The node on the right.
        value: What a leaf adds to the sum, float64; 0 in a node.
        depth: The most steps from a root to a leaf.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    depth: int

    @classmethod
    def of(cls, dump: Mapping[str, Any], n_trees: int) -> Self:
        """Return the first trees of a booster.

        Args:
            dump: What LightGBM's ``Booster.dump_model()`` gives; fitted without missing values and categories.
            n_trees: How many of its trees.
        """
        rows = [_nodes(tree["tree_structure"]) for tree in dump["tree_info"][:n_trees]]
        width = max((len(nodes) for nodes, _ in rows), default=1)
        table = np.zeros((len(rows), width, 5))
        for row, (nodes, _) in enumerate(rows):
            table[row, : len(nodes)] = nodes
        feature, left, right = (np.ascontiguousarray(table[..., i]).astype(np.int32) for i in (0, 2, 3))
        threshold, value = (np.ascontiguousarray(table[..., i]) for i in (1, 4))
        return cls(feature, threshold, left, right, value, max((depth for _, depth in rows), default=0))

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the sum of the trees for each row of entries x features, float64."""
        n_trees = len(self.feature)
        total = np.zeros(len(features))
        step = max(1, _PLACES_AT_ONCE // max(1, n_trees))
        trees = np.arange(n_trees)
        for start in range(0, len(features), step):
            block = features[start : start + step]
            entry = np.arange(len(block))[:, None]
            node = np.zeros((len(block), n_trees), dtype=np.int32)
            for _ in range(self.depth):
                goes_left = block[entry, self.feature[trees, node]] <= self.threshold[trees, node]
                node = np.where(goes_left, self.left[trees, node], self.right[trees, node])
            total[start : start + step] = self.value[trees, node].sum(axis=1)
        return total

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the state as named arrays."""
        found = {f"{_PREFIX}{name}": getattr(self, name) for name in _ARRAYS}
        return found | {f"{_PREFIX}depth": np.array([self.depth])}

    @classmethod
    def load(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Return the trees that ``arrays`` gave; others are passed over."""
        feature, threshold, left, right, value = (arrays[f"{_PREFIX}{name}"] for name in _ARRAYS)
        return cls(feature, threshold, left, right, value, int(arrays[f"{_PREFIX}depth"][0]))


def _nodes(root: Mapping[str, Any]) -> tuple[list[list[float]], int]:
    """Return a tree's nodes as (feature, threshold, left, right, value), the root first, and its depth."""
    nodes: list[list[float]] = []

    def put(found: Mapping[str, Any]) -> tuple[int, int]:
        """Append a node and all below it; return its number and how many steps the deepest leaf below it is away."""
        number = len(nodes)
        if "leaf_value" in found:
            nodes.append([0.0, 0.0, number, number, found["leaf_value"]])
            return number, 0
        nodes.append([found["split_feature"], found["threshold"], 0.0, 0.0, 0.0])
        sides = [put(found[side]) for side in ("left_child", "right_child")]
        nodes[number][2:4] = [side for side, _ in sides]
        return number, 1 + max(steps for _, steps in sides)

    _, depth = put(root)
    return nodes, depth
