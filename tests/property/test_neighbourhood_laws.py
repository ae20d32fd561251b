"""Laws of the fit of the flagship: what is found without a search is what a search finds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipelines.parallel import in_spans, spans
from pipelines.recommenders.gram import DenseGram
from pipelines.recommenders.progress import followed, following
from pipelines.recommenders.ranking import PAD, top_k, top_k_of_entries
from pipelines.recommenders.sparse_lookup import PairLookup
from pipelines.recommenders.truncated_gram import TruncatedGram

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9)
SCORES = hnp.arrays(np.float32, SHAPES, elements=st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 0.5, 2.0]))
PLAYS = hnp.arrays(np.float32, SHAPES, elements=st.sampled_from([0, 0, 1, 2]))
SPREAD = st.integers(1, 2_000)


@given(SCORES, st.integers(0, 12))
def test_ranking_entries_is_ranking_a_matrix_whose_other_places_are_masked(scores, k):
    entries = sp.csr_array(scores)
    masked = np.where(scores == 0, -np.inf, scores)
    for found, expected in zip(top_k_of_entries(entries, k), top_k(masked, k), strict=True):
        assert found.tolist() == expected.tolist()


@given(st.data(), st.integers(1, 12), SPREAD)
def test_a_lookup_finds_every_pair_and_nothing_else(data, n, spread):
    # Indices far apart and close together: both have to find a table without collisions.
    values = np.triu(data.draw(hnp.arrays(np.float32, (n, n), elements=st.integers(0, 3))), 1)
    flipped = data.draw(hnp.arrays(bool, (n, n)))
    held = np.where(flipped, values, 0) + np.where(flipped, 0, values).T
    places = np.arange(n) * spread
    rows, columns = np.nonzero(held)
    shape = (n * spread, n * spread)
    matrix = sp.csr_array(sp.coo_array((held[rows, columns], (places[rows], places[columns])), shape=shape))
    chosen = np.array([data.draw(st.permutations(range(n))) for _ in range(3)])[:, : data.draw(st.integers(1, n))]
    absent = data.draw(hnp.arrays(bool, chosen.shape))
    found = PairLookup(matrix).among(np.where(absent, PAD, places[chosen]))
    whole = values + values.T
    expected = whole[chosen[:, :, None], chosen[:, None, :]] * ~absent[:, :, None] * ~absent[:, None, :]
    assert found.tolist() == expected.tolist()


def test_indices_that_every_multiple_of_the_golden_ratio_sends_to_one_place_are_told_apart():
    far = 732_539  # times 2 ** 32 over the golden ratio it is 227 more than a multiple of 2 ** 32
    matrix = sp.csr_array(sp.coo_array(([2.0], ([0], [far])), shape=(far + 1, far + 1), dtype=np.float32))
    chosen = np.array([[0, far] + [PAD] * 48])
    assert PairLookup(matrix).among(chosen)[0, :2, :2].tolist() == [[0, 2], [2, 0]]


def test_an_index_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        PairLookup(sp.csr_array((3, 3), dtype=np.float32)).among(np.array([[0, 2, 0]]))


@given(PLAYS, st.integers(1, 9))
def test_both_forms_of_the_gram_matrix_agree_where_nothing_is_cut_off(plays, k):
    rows = sp.csr_array(plays)
    whole, truncated = DenseGram(rows), TruncatedGram(rows, plays.shape[1])
    assert whole.diagonal.tolist() == truncated.diagonal.tolist()
    np.testing.assert_allclose(whole.nearest(k)[1], truncated.nearest(k)[1], rtol=1e-5)
    neighbours, _ = whole.nearest(k)
    np.testing.assert_allclose(
        whole.entries.among(neighbours), truncated.entries.among(neighbours), rtol=1e-5, atol=1e-6
    )


@given(st.lists(st.floats(0, 10), max_size=30), st.floats(0.5, 20))
def test_spans_cover_every_row_once_and_without_their_last_row_cost_no_more_than_asked(costs, most):
    bounds = spans(np.array(costs), most)
    assert list(bounds) == sorted(set(bounds))
    if costs:
        assert (bounds[0], bounds[-1]) == (0, len(costs))
    for start, stop in pairwise(bounds):
        assert sum(costs[start : stop - 1]) <= most * (1 + 1e-9)


def test_who_follows_a_step_hears_of_it_at_each_tenth_of_the_way():
    heard = []
    bounds = np.arange(0, 101, 4)
    with following(lambda *news: heard.append(news)):
        parts = list(followed("step", in_spans(lambda start, stop: (start, stop), bounds), bounds))
    assert parts == list(pairwise(bounds))
    assert heard == [("step", done, 100) for done in (12, 20, 32, 40, 52, 60, 72, 80, 92, 100)]
