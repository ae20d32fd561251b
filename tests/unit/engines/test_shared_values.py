"""Shared values: taken apart, written once, and looked at from there."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipelines.engines.shared_values import SharedFolder, SharedValue


def never():
    raise AssertionError("it was fetched again")


def opened(values, value, number=0, oldest=0, most=1_000):
    packed = SharedValue.of(value)
    return values.value(number, oldest, packed.sizes, lambda: packed.pieces(most))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "shared"


def test_a_value_comes_out_as_it_went_in(folder):
    matrix = sp.csr_array(np.array([[0.0, 2.0], [3.0, 0.0]]))
    value = {"matrix": matrix, "none": np.empty(0), "word": "x", "table": np.arange(6).reshape(2, 3)}
    found = opened(SharedFolder(folder), value)
    assert found.keys() == value.keys()
    np.testing.assert_array_equal(found["matrix"].toarray(), [[0, 2], [3, 0]])
    np.testing.assert_array_equal(found["table"], [[0, 1, 2], [3, 4, 5]])
    assert (len(found["none"]), found["word"]) == (0, "x")


def test_arrays_are_looked_at_in_one_file_by_all_processes_and_nobody_can_change_them(folder):
    numbers = np.arange(1000.0)
    one = opened(SharedFolder(folder), numbers)
    other = SharedFolder(folder).value(0, 0, SharedValue.of(numbers).sizes, never)
    np.testing.assert_array_equal(one, other)
    assert one.ctypes.data % 64 == 0
    with pytest.raises(ValueError, match="read-only"):
        other[0] = 1.0
    (file,) = folder.iterdir()
    assert numbers.nbytes < file.stat().st_size < 1.1 * numbers.nbytes


def test_a_value_without_an_array_is_a_shared_value_too(folder):
    assert opened(SharedFolder(folder), ("a", 1)) == ("a", 1)


@given(
    values=st.lists(arrays(st.sampled_from([np.int8, np.float64]), st.integers(0, 300)), max_size=4),
    most=st.integers(1, 900),
)
def test_pieces_of_any_size_are_the_same_value_and_none_is_larger(values, most):
    packed = SharedValue.of(values)
    assert all(0 < len(piece) <= most for piece in packed.pieces(most))
    with TemporaryDirectory() as name:
        found = opened(SharedFolder(Path(name)), values, most=most)
    for one, other in zip(values, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_process_opens_a_shared_value_once(folder):
    values = SharedFolder(folder)
    first = opened(values, np.arange(3))
    assert values.value(0, 0, (), never) is first


def test_shared_values_that_are_not_used_any_more_are_thrown_away_and_who_looks_at_one_keeps_it(folder):
    values = SharedFolder(folder)
    old = opened(SharedFolder(folder), np.arange(3))
    opened(values, np.arange(4), number=1)
    assert {file.stem for file in folder.iterdir()} == {"0", "1"}
    opened(values, np.arange(5), number=2, oldest=1)
    assert {file.stem for file in folder.iterdir()} == {"1", "2"}
    np.testing.assert_array_equal(old, [0, 1, 2])


def test_a_shared_value_of_many_arrays_copies_none_of_them():
    numbers = np.arange(10)
    assert np.shares_memory(SharedValue.of([numbers]).parts[1], numbers)
