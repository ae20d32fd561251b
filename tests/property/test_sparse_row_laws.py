"""What rows of a sparse matrix promise: scipy's inner loops give what its public operators give."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from pipelines import sparse
from pipelines.sparse import dense_product, take_rows

N = 6
MATRICES = st.lists(
    st.lists(st.sampled_from([0.0, 0.0, 0.1, -0.7, 3.3]), min_size=N, max_size=N), min_size=N, max_size=N
).map(lambda rows: sp.csr_array(np.array(rows, dtype=np.float32)))
CHOSEN = st.lists(st.integers(0, N - 1), max_size=5).map(lambda rows: np.array(rows, dtype=np.int64))


@given(MATRICES, CHOSEN)
def test_rows_are_those_of_the_matrix(matrix, chosen):
    rows, expected = take_rows(matrix, chosen), sp.csr_array(matrix[chosen])
    for found, wanted in zip(rows, (expected.indices, expected.data, expected.indptr), strict=True):
        assert found.tolist() == wanted.tolist()
    every = np.arange(len(rows.columns))
    assert rows.row_of(every).tolist() == np.repeat(np.arange(len(chosen)), np.diff(expected.indptr)).tolist()


@given(MATRICES, CHOSEN, st.floats(-2, 2, width=32))
def test_adding_rows_up_is_a_product(matrix, chosen, factor):
    rows = take_rows(matrix, chosen)
    sums, factors = np.zeros(N, np.float32), np.full(len(chosen), factor, np.float32)
    rows.add_to(sums, factors)
    product = sp.csr_array(factors[None, :]) @ sp.csr_array(matrix[chosen]) if len(chosen) else np.zeros((1, N))
    assert sums.tolist() == (product.toarray() if sp.issparse(product) else product)[0].tolist()


@given(MATRICES, CHOSEN, st.data())
def test_a_part_is_what_would_have_been_taken_alone(matrix, chosen, data):
    first = data.draw(st.integers(0, len(chosen)))
    end = data.draw(st.integers(first, len(chosen)))
    part, alone = take_rows(matrix, chosen).part(first, end), take_rows(matrix, chosen[first:end])
    assert [each.tolist() for each in part] == [each.tolist() for each in alone]


@pytest.fixture(params=[1, 7, 500_000], scope="module")
def _copied_at_a_time(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sparse, "_PRODUCTS_AT_ONCE", request.param)
        yield


@pytest.mark.usefixtures("_copied_at_a_time")
@given(MATRICES, CHOSEN, MATRICES)
def test_a_dense_product_is_the_sparse_one(left, chosen, right):
    some = sp.csr_array(left[chosen])
    product = dense_product(some, right)
    assert product.dtype == np.float32
    assert product.tolist() == (some @ right).toarray().tolist()
