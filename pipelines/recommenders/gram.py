"""The Gram matrix of an item-item ridge regression, from histories and from side information.

``G = X'X + sum_b w_b F_b F_b'`` with X the weighed histories (listeners x tracks) and F_b a block of side information
(tracks x features, unit rows). Adding side information to the Gram matrix is the same as adding the rows of F_b' to X
as listeners of weight w_b: SSLIM (Ning & Karypis 2012), Add-EASE (Jeunen et al. 2020). So there is one way to build it,
from rows; and two to hold it, by size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from pipelines.parallel import even_spans, spread
from pipelines.recommenders.ranking import PAD, top_k
from pipelines.recommenders.truncated_gram import TruncatedGram, norms_of, squared_lengths
from pipelines.sparse import dense_product

#: Up to this many tracks the Gram matrix is held densely (float32: 100 MB). With more the other form is faster.
DENSE_TRACKS = 5_000
#: How many entries a track keeps in the truncated form, at least, and for each neighbour asked for.
_KEPT, _KEPT_PER_NEIGHBOUR = 100, 2
#: In the truncated form a feature that more tracks share is left out. It tells next to nothing (its inverse document
#: frequency is small), and it would be a listener who has heard everything: the work grows with the square of this.
_TRACKS_PER_FEATURE = 3_000
_ROWS_PER_BLOCK = 128
_STEPS_PER_DOUBLING = 8


class Entries(Protocol):
    """What regressions read of a symmetric tracks x tracks matrix.

    Attributes:
        diagonal: Its diagonal, float64.
    """

    diagonal: np.ndarray

    def among(self, chosen: np.ndarray) -> np.ndarray:
        """Return the entries among a few tracks, for many such choices.

        Args:
            chosen: B x K track indices without repetition in a row; ``PAD`` for none, whose rows and columns are 0.

        Returns:
            ``G[N, N]`` for each row N, B x K x K, float64.
        """
        ...


class Gram(Protocol):
    """A symmetric tracks x tracks matrix, and which tracks are near.

    Attributes:
        diagonal: Its diagonal, float64.
        edge: The last track with which each track's entry is held, int32; ``PAD`` where none was cut off.
    """

    diagonal: np.ndarray
    edge: np.ndarray

    @property
    def entries(self) -> Entries:
        """What regressions read of it: all that has to be kept, or to travel, once the neighbours are chosen."""
        ...

    def nearest(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return each track's ``k`` nearest tracks by cosine, best first, and the cosines.

        Tracks that share nothing are no neighbours, and no track is its own.

        Returns:
            Tracks x k indices (``PAD`` where there are fewer) and cosines (0 there).
        """
        ...


class DenseGram:
    """Held as one array: exact, and the fastest where it fits."""

    def __init__(self, rows: sp.csr_array) -> None:
        self.diagonal: np.ndarray = squared_lengths(rows)
        n_tracks = len(self.diagonal)
        self.edge: np.ndarray = np.full(n_tracks, PAD, dtype=np.int32)
        self._values = np.empty((n_tracks, n_tracks), dtype=np.float32)
        others = rows.astype(np.float32, copy=False)
        bounds = even_spans(n_tracks, _ROWS_PER_BLOCK)
        products = spread(_rows_of_product, (sp.csr_array(others.T), others), bounds)
        for start, part in zip(bounds.tolist(), products, strict=False):
            self._values[start : start + len(part)] = part

    @property
    def entries(self) -> Entries:
        """The whole."""
        return self

    def nearest(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest tracks, block by block."""
        inverse = (1.0 / norms_of(self.diagonal)).astype(np.float32)
        blocks = spread(_nearest_of_rows, (self._values, inverse, k), even_spans(len(inverse), _ROWS_PER_BLOCK))
        indices, cosines = zip(*blocks, strict=True)
        return np.concatenate(indices), np.concatenate(cosines)

    def among(self, chosen: np.ndarray) -> np.ndarray:
        """Return sub-matrices by plain indexing."""
        absent = chosen == PAD
        found: np.ndarray = self._values[chosen[:, :, None], chosen[:, None, :]].astype(np.float64)
        if absent.any():
            found[absent[:, :, None] | absent[:, None, :]] = 0.0
        return found


def _rows_of_product(shared: tuple[sp.csr_array, sp.csr_array], start: int, stop: int) -> np.ndarray:
    """Return some rows of ``tracks @ others``, dense."""
    tracks, others = shared
    return dense_product(sp.csr_array(tracks[start:stop]), others)


def _nearest_of_rows(
    shared: tuple[np.ndarray, np.ndarray, int], start: int, stop: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest tracks of some rows of a dense Gram matrix, and the cosines."""
    values, inverse, k = shared
    cosine = values[start:stop] * inverse[start:stop, None]
    cosine *= inverse
    cosine[cosine <= 0] = -np.inf
    cosine[np.arange(stop - start), np.arange(start, stop)] = -np.inf
    return top_k(cosine, k)


def gram_of(rows: sp.csr_array, neighbours: int) -> Gram:
    """Return the Gram matrix of some rows (listeners, and features as listeners) in the form that suits its size.

    Args:
        rows: Rows x tracks.
        neighbours: How many neighbours a track will be regressed on.
    """
    if rows.shape[1] <= DENSE_TRACKS:
        return DenseGram(rows)
    return TruncatedGram(rows, max(_KEPT, _KEPT_PER_NEIGHBOUR * neighbours))


def with_side_information(
    weighed: sp.csr_array, items: Mapping[str, sp.csr_array], weights: Mapping[str, float], unit: float
) -> sp.csr_array:
    """Return the listeners with features as further listeners below them.

    Args:
        weighed: Listeners x tracks.
        items: Blocks, tracks x features each, unit rows.
        weights: Weight of each block, in ``unit``. Blocks that are not named weigh nothing.
        unit: The mean diagonal of the Gram matrix of ``weighed`` (the mean strength of a track), so that the same
            weight means the same on a small and a large data set.
    """
    parts = [weighed]
    for name, block in items.items():
        weight = weights.get(name, 0.0) * unit
        if weight > 0 and block.nnz:
            parts.append(_telling(block) * np.float32(np.sqrt(weight)))
    return sp.csr_array(sp.vstack(parts, format="csr", dtype=np.float32)) if len(parts) > 1 else weighed


def coarse(value: float) -> float:
    """Round a unit of the whole data set to steps of nine per cent: eighths of a power of two; 1 where it is not > 0.

    Hyper-parameters are counted in such units. That they are round numbers changes no accuracy, and a listener more or
    less hardly ever moves them, so that the solution for most tracks stays exactly what it was.
    """
    return float(np.exp2(np.round(_STEPS_PER_DOUBLING * np.log2(value)) / _STEPS_PER_DOUBLING)) if value > 0 else 1.0


def _telling(block: sp.csr_array) -> sp.csr_array:
    """Return features x tracks; of a large catalogue without the features that a great many tracks share."""
    features = sp.csr_array(block.T)
    if block.shape[0] <= DENSE_TRACKS:
        return features
    return sp.csr_array(features[np.diff(features.indptr) <= _TRACKS_PER_FEATURE])
