"""External ids <-> dense indices, in sorted order, so that the same ids always give the same indices."""

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
        ids: External ids as an object array of strings, sorted and unique; an id's index is its position.
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
        return pd.Index(self.ids, dtype=object)

    def indices(self, ids: Iterable[str]) -> np.ndarray:
        """Return the index of each id as int64, -1 where it is unknown."""
        wanted = pd.Index(ids if isinstance(ids, np.ndarray) else list(ids), dtype=object)
        return self._index.get_indexer(wanted).astype(np.int64)

    def __contains__(self, external_id: object) -> bool:
        """Tell whether an id is known."""
        return external_id in self._index
