"""Ranking metrics, one value a listener, over the full catalogue.

With R the held-out tracks of a listener and L the list cut at k (h hits among them):

- precision = h / k, recall = h / |R|, F1 their harmonic mean, hit rate = 1 if h > 0;
- nDCG = sum over hits of 1 / log2(rank + 1), divided by the same sum for min(k, |R|) hits at the top
  (Järvelin & Kekäläinen 2002): the ideal comes from what was to be found, not from what was found;
- MAP: mean over min(k, |R|) of the precision at each hit; MRR: 1 / rank of the first hit, 0 without one.

A listener with nothing held out has no value (NaN), and takes no part in a mean: neither 0 nor 1 would be true.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from pipelines.sparse import row_of_each

RANKING_METRICS = ("precision", "recall", "f1", "ndcg", "map", "mrr", "hit_rate")

_COMPARED_AT_ONCE = 1_000_000


def column(metric: str, cutoff: int) -> str:
    """Return the name of a metric at a cut-off, for example ``ndcg@10``."""
    return f"{metric}@{cutoff}"


def hits(lists: np.ndarray, held_out: sp.csr_array) -> np.ndarray:
    """Return, for each place of each list, whether its track was held out: listeners x k, boolean."""
    found = np.zeros(lists.shape, dtype=bool)
    rows, tracks = row_of_each(held_out), held_out.indices
    # Few tracks are held out, so comparing each with its listener's list is less work than looking up every place.
    step = max(1, _COMPARED_AT_ONCE // max(1, lists.shape[1]))
    for start in range(0, len(rows), step):
        block = slice(start, start + step)
        which, place = np.nonzero(lists[rows[block]] == tracks[block, None])
        found[rows[block][which], place] = True
    return found


def ranking_metrics(lists: np.ndarray, held_out: sp.csr_array, cutoffs: tuple[int, ...]) -> pd.DataFrame:
    """Return every metric at every cut-off for each listener.

    Args:
        lists: Listeners x k track indices, best first, padded with ``PAD``; k is at least the largest cut-off.
        held_out: Listeners x tracks; entries are the tracks to be found.
        cutoffs: List lengths.

    Returns:
        One row a listener, columns such as ``ndcg@10``; NaN for listeners with nothing held out.
    """
    # From here on only the hits are touched, which are few among the places.
    rows, places = np.nonzero(hits(lists, held_out))
    starts = np.searchsorted(rows, np.arange(len(lists)))
    found = _Hits(rows, places + 1, np.arange(len(rows)) - starts[rows] + 1)
    relevant = np.diff(held_out.indptr).astype(float)
    relevant[relevant == 0] = np.nan
    columns: dict[str, np.ndarray] = {}
    for k in cutoffs:
        values = _at(found, relevant, k)
        columns |= {column(name, k): values[name] for name in RANKING_METRICS}
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class _Hits:
    """Every hit: the row of its list, its rank from 1, and the how manieth hit of the list it is, from 1."""

    rows: np.ndarray
    ranks: np.ndarray
    numbers: np.ndarray


def _at(found: _Hits, relevant: np.ndarray, k: int) -> dict[str, np.ndarray]:
    """Return each metric for lists cut at ``k``."""
    within = found.ranks <= k
    rows, ranks, numbers = found.rows[within], found.ranks[within], found.numbers[within]

    def summed(values: np.ndarray) -> np.ndarray:
        return np.bincount(rows, weights=values, minlength=len(relevant))

    n_found = summed(np.ones(len(rows)))
    possible = np.minimum(k, relevant)
    discount = 1.0 / np.log2(np.arange(1, k + 1) + 1)
    ideal = np.concatenate([[np.nan], np.cumsum(discount)])[np.nan_to_num(possible).astype(int)]
    unknown = np.where(np.isnan(relevant), np.nan, 0.0)
    return {
        "precision": n_found / k + unknown,
        "recall": n_found / relevant,
        # 2PR / (P + R) with P = h/k and R = h/|R| is 2h / (k + |R|), which is also defined without hits.
        "f1": 2.0 * n_found / (k + relevant),
        "ndcg": summed(discount[ranks - 1]) / ideal,
        "map": summed(numbers / ranks) / possible,
        "mrr": summed((numbers == 1) / ranks) + unknown,
        "hit_rate": (n_found > 0) + unknown,
    }
