"""External ids <-> dense indices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Vocabulary:
    """A fixed, sorted set of external ids.

    Attributes:
        ids: External ids as an object array of unique strings, sorted when built by ``of``; the index of an id is its
            position.
    """

    ids: np.ndarray

    @classmethod
    def of(cls, ids: Iterable[str]) -> Vocabulary:
        """Build from any ids; order and repetition do not matter."""
        return cls(np.array(sorted(set(ids)), dtype=object))

    def __len__(self) -> int:
        """Return how many ids there are."""
        return len(self.ids)

    @cached_property
    def _index(self) -> pd.Index:
        index: pd.Index = pd.Index(self.ids, dtype=object)
        return index

    def indices(self, ids: Iterable[str]) -> np.ndarray:
        """Return the index of each id as int64, -1 where it is unknown."""
        wanted = pd.Index(ids if isinstance(ids, np.ndarray) else list(ids), dtype=object)
        return self._index.get_indexer(wanted).astype(np.int64)

    def __contains__(self, external_id: object) -> bool:
        """Tell whether an id is known."""
        return bool(external_id in self._index)
