"""The law of fast lists: they are the lists that a score for every track gives."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipelines.recommenders.base import Recommender
from pipelines.recommenders.item_item import ItemItemConfig, ItemItemModel
from pipelines.recommenders.weighting import Weighting

N_TRACKS = 9
HISTORIES = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 6), st.just(N_TRACKS)), elements=st.sampled_from([0, 0, 1, 3])
)
WEIGHTS = hnp.arrays(np.float32, (N_TRACKS, N_TRACKS), elements=st.sampled_from([-1, 0, 0, 0, 0.5, 0.5, 2]))


class Fitted(ItemItemModel):
    """An item-item model with weights from outside."""

    config_type = ItemItemConfig

    def fit(self, data):
        raise NotImplementedError


@pytest.mark.parametrize("products_per_block", [1, 500_000])
@given(
    histories=HISTORIES, weights=WEIGHTS, k=st.integers(1, 12), banned=st.none() | st.integers(0, 8), seen=st.booleans()
)
def test_lists_from_a_few_entries_are_those_from_every_score(products_per_block, histories, weights, k, banned, seen):
    model = Fitted(ItemItemConfig(weighting=Weighting.BINARY)).keep(sp.csr_array(weights))
    rows = sp.csr_array(histories)
    exclude = None
    if banned is not None:
        exclude = sp.csr_array(np.eye(N_TRACKS, dtype=np.float32)[np.full(len(histories), banned)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.recommenders.sparse_ranking._PRODUCTS_PER_BLOCK", products_per_block)
        fast = model.recommend(rows, k, exclude_history=not seen, exclude=exclude)
    plain = Recommender.recommend(model, rows, k, exclude_history=not seen, exclude=exclude)
    assert fast.indices.tolist() == plain.indices.tolist()
    assert fast.scores.tolist() == plain.scores.tolist()
    assert (rows.toarray() == histories).all()


def test_a_model_with_scores_of_its_own_is_ranked_by_them():
    class Backwards(Fitted):
        def score(self, histories):
            return -super().score(histories)

    weights = sp.csr_array(np.array([[0, 2, 1], [0, 0, 0], [0, 0, 0]], dtype=np.float32))
    shown = Backwards().keep(weights).recommend(sp.csr_array(np.array([[1.0, 0, 0]], dtype=np.float32)), 2)
    assert shown.indices.tolist() == [[2, 1]]
