"""Parcels: taken apart, written once, and looked at from there."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.engines.parcels import Parcel, Shelf


def never():
    raise AssertionError("it was fetched again")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "parcels"


def test_a_value_comes_out_as_it_went_in(folder):
    matrix = sp.csr_array(np.array([[0.0, 2.0], [3.0, 0.0]]))
    value = {"matrix": matrix, "none": np.empty(0), "word": "x", "table": np.arange(6).reshape(2, 3)}
    found = Shelf(folder).value(0, 0, lambda: Parcel.of(value))
    assert found.keys() == value.keys()
    np.testing.assert_array_equal(found["matrix"].toarray(), [[0, 2], [3, 0]])
    np.testing.assert_array_equal(found["table"], [[0, 1, 2], [3, 4, 5]])
    assert (len(found["none"]), found["word"]) == (0, "x")


def test_arrays_are_looked_at_in_one_file_by_all_processes_and_nobody_can_change_them(folder):
    numbers = np.arange(1000.0)
    one = Shelf(folder).value(0, 0, lambda: Parcel.of(numbers))
    other = Shelf(folder).value(0, 0, never)
    np.testing.assert_array_equal(one, other)
    assert one.ctypes.data % 64 == 0
    with pytest.raises(ValueError, match="read-only"):
        other[0] = 1.0
    assert sum(file.stat().st_size for file in folder.glob("*.parcel")) == numbers.nbytes


def test_what_is_no_array_needs_no_file_of_numbers(folder):
    assert Shelf(folder).value(0, 0, lambda: Parcel.of(("a", 1))) == ("a", 1)


def test_a_process_opens_a_parcel_once(folder):
    shelf = Shelf(folder)
    first = shelf.value(0, 0, lambda: Parcel.of(np.arange(3)))
    assert shelf.value(0, 0, never) is first


def test_parcels_that_are_not_used_any_more_are_thrown_away_and_who_looks_at_one_keeps_it(folder):
    shelf = Shelf(folder)
    old = Shelf(folder).value(0, 0, lambda: Parcel.of(np.arange(3)))
    shelf.value(1, 0, lambda: Parcel.of(np.arange(4)))
    assert {file.stem for file in folder.iterdir()} == {"0", "1"}
    shelf.value(2, 1, lambda: Parcel.of(np.arange(5)))
    assert {file.stem for file in folder.iterdir()} == {"1", "2"}
    np.testing.assert_array_equal(old, [0, 1, 2])


def test_a_parcel_of_many_arrays_copies_none_of_them():
    numbers = np.arange(10)
    assert np.shares_memory(Parcel.of([numbers]).arrays[0], numbers)
