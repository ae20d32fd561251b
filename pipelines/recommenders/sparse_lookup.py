"""All entries of a sparse matrix among a few of its indices, for a great many such choices at once.

The matrix of a regression on K neighbours is K x K entries of a sparse Gram matrix. Searching each of them in its row
costs more than the solve. Instead the K sparse rows are walked once, and each entry asks a small table whether its
column is one of the K. The table has no collisions, so the answer is exact: Fredman, Komlos & Szemeredi 1984,
"Storing a sparse table with O(1) worst case access time"; the multiplicative hash is Dietzfelbinger et al. 1997.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from pipelines.recommenders.ranking import PAD

#: Odd numbers to multiply keys by, drawn once: each separates the keys of a row with a chance of about a half, whatever
#: the others did. Multiples of one number do not: keys that it sends close together stay so for thousands of them.
_MULTIPLIERS = np.random.default_rng(0).integers(2**31, size=200, dtype=np.uint32) * np.uint32(2) + np.uint32(1)


class PairLookup:
    """Finds entries of a symmetric matrix of which each pair is held once, in either place.

    Args:
        matrix: N x N, without the diagonal.
    """

    def __init__(self, matrix: sp.csr_array) -> None:
        # A last, empty row stands for an absent index.
        starts = np.append(matrix.indptr, matrix.indptr[-1])
        indices = matrix.indices.astype(np.int32, copy=False)
        self._matrix = sp.csr_array((matrix.data, indices, starts), shape=(matrix.shape[0] + 1, matrix.shape[1]))

    def among(self, chosen: np.ndarray) -> np.ndarray:
        """Return the entries among each row of indices.

        Args:
            chosen: B x K indices without repetition in a row; ``PAD`` for none.

        Returns:
            B x K x K, float64, symmetric; 0 where there is no entry, where an index is absent, and on the diagonal.
        """
        n, k = chosen.shape
        absent = self._matrix.shape[0] - 1
        walked = self._matrix[np.where(chosen == PAD, absent, chosen).ravel()]
        rows = np.repeat(np.arange(n * k, dtype=np.int32), np.diff(walked.indptr))
        entries, slots = _PerfectHashes(chosen).find(walked.indices, rows)
        rows, values = rows[entries].astype(np.int64), walked.data[entries]
        owners = rows // k
        found = np.zeros(n * k * k)
        found[rows * k + slots] = values
        found[(owners * k + slots) * k + rows - owners * k] = values
        return found.reshape(n, k, k)


class _PerfectHashes:
    """For each row of a few keys a table without collisions that says where in the row a key stands.

    Each row has a multiplier of its own, the first of a fixed sequence that sends its keys to different places.
    """

    def __init__(self, keys: np.ndarray) -> None:
        self._keys = keys
        n, k = keys.shape
        bits = max(4, int(np.ceil(np.log2(k * k))))  # half of the multipliers or more are then without a collision
        self._shift = np.uint32(32 - bits)
        # Multiplier and table of each key's row, so that a query finds them by the key it belongs to.
        self._multipliers = np.repeat(self._without_collisions(), k)
        self._tables = np.repeat(np.arange(n, dtype=np.int32) << bits, k)
        self._slots = np.full(n << bits, PAD, dtype=np.int16)
        present = np.flatnonzero(keys.ravel() != PAD)
        places = self._hash(keys.ravel(), self._multipliers) + self._tables
        self._slots[places[present]] = present % k

    def find(self, queries: np.ndarray, owners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return which of the queries are a key in the row they are asked in, and where in it that key stands.

        Args:
            queries: Numbers.
            owners: For each the place, in the flat array of keys, of any key of the row it is asked in.
        """
        places = self._hash(queries, self._multipliers.take(owners))
        places += self._tables.take(owners)
        slots = self._slots.take(places)
        hits = np.flatnonzero(slots != PAD)
        slots = slots[hits].astype(np.int64)
        k = self._keys.shape[1]
        true = self._keys[owners[hits] // k, slots] == queries[hits]
        return hits[true], slots[true]

    def _without_collisions(self) -> np.ndarray:
        """Return a multiplier for each row."""
        multipliers = np.zeros(len(self._keys), dtype=np.uint32)
        rows = np.arange(len(self._keys))
        for multiplier in _MULTIPLIERS:
            keys = self._keys[rows]
            # Absent keys are given places of their own.
            places = np.where(keys == PAD, -1 - np.arange(keys.shape[1]), self._hash(keys, multiplier))
            places.sort(axis=1)
            collides = (np.diff(places, axis=1) == 0).any(axis=1)
            multipliers[rows[~collides]] = multiplier
            rows = rows[collides]
            if not len(rows):
                return multipliers
        raise ValueError("an index stands twice in a row")

    def _hash(self, keys: np.ndarray, multipliers: np.ndarray | np.uint32) -> np.ndarray:
        mixed: np.ndarray = keys.astype(np.uint32) * multipliers
        mixed >>= self._shift
        return mixed.view(np.int32)
