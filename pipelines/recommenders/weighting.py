"""How the strength of a preference (in plays) becomes a matrix entry.

Which one is best depends on the data (log beats binary by 4 % on one public set and loses by 15 % on another), so it is
a hyper-parameter, searched on training folds.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import scipy.sparse as sp


class Weighting(StrEnum):
    """A transform of strengths."""

    BINARY = "binary"
    LOG = "log"
    SQRT_LOG = "sqrt-log"


def weigh(histories: sp.csr_array, weighting: Weighting) -> sp.csr_array:
    """Return a copy with transformed strengths: 1, log(1 + plays) or its square root."""
    data = histories.data.astype(np.float32)
    match weighting:
        case Weighting.BINARY:
            data = np.ones_like(data)
        case Weighting.LOG:
            data = np.log1p(data)
        case Weighting.SQRT_LOG:
            data = np.sqrt(np.log1p(data))
    return sp.csr_array((data, histories.indices, histories.indptr), shape=histories.shape)
