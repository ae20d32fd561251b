from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from pipelines.features.build import k_core, largest_core

# Listeners 0 to 2 share tracks 0 to 1; listener 3 hangs on by track 2 alone, which only listener 0 knows besides.
PLAYS = sp.csr_array(np.array([[1, 1, 1], [1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=float))


def test_leaving_out_one_listener_can_cost_a_track():
    rows, columns = k_core(PLAYS, 2)
    assert rows.tolist() == [0, 1, 2]
    assert columns.tolist() == [0, 1]


def test_a_core_too_large_for_the_data_gives_the_largest_there_is():
    rows, columns, core = largest_core(PLAYS, 5)
    assert (rows.tolist(), columns.tolist(), core) == ([0, 1, 2], [0, 1], 2)


def test_one_listener_has_no_core():
    rows, _, core = largest_core(sp.csr_array(np.ones((1, 3))), 5)
    assert core == 1
    assert len(rows) < 2
