"""The same lists measured by implicit's own evaluation."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from implicit.evaluation import ranking_metrics_at_k

from pipelines.evaluation.metrics import ranking_metrics

N_LISTENERS, N_TRACKS = 50, 40


class Fixed:
    """What implicit asks of a model: lists that were made elsewhere."""

    def __init__(self, lists):
        self.lists = lists.astype(np.int32)

    def recommend(self, listeners, _histories, N):
        return self.lists[listeners, :N], np.zeros((len(listeners), N), dtype=np.float32)


@pytest.fixture(scope="module")
def case():
    """Random lists, and between nothing and all of a few tracks to find."""
    rng = np.random.default_rng(11)
    lists = np.array([rng.permutation(N_TRACKS) for _ in range(N_LISTENERS)])
    held_out = sp.csr_array((rng.random((N_LISTENERS, N_TRACKS)) < rng.random((N_LISTENERS, 1)) / 3).astype(np.float32))
    return lists, held_out


@pytest.mark.parametrize("k", [1, 5, 10])
def test_ndcg_map_and_precision_are_those_of_implicit(case, k):
    lists, held_out = case
    theirs = ranking_metrics_at_k(
        Fixed(lists), sp.csr_matrix(held_out), sp.csr_matrix(held_out), K=k, show_progress=False, num_threads=1
    )
    ours = ranking_metrics(lists, held_out, (k,))
    assert theirs["ndcg"] == pytest.approx(ours[f"ndcg@{k}"].mean())
    assert theirs["map"] == pytest.approx(ours[f"map@{k}"].mean())
    # Its precision is all hits over all that could be hit: sum h / sum min(k, |R|).
    relevant = np.diff(held_out.indptr)
    possible = np.minimum(relevant, k).sum()
    assert theirs["precision"] == pytest.approx(ours[f"precision@{k}"].sum() * k / possible)
