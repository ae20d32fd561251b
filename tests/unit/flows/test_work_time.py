"""The split of a run's time: arithmetic on spans."""

from __future__ import annotations

import pytest

from flows.work_time import WorkClock, covered, timed, working


def test_spans_side_by_side_add_up():
    assert covered([(0, 1), (5, 7)]) == 3


def test_the_time_in_which_two_spans_overlap_counts_once():
    assert covered([(0, 4), (2, 6), (3, 5)]) == 6


def test_what_is_not_work_is_machinery():
    clock = WorkClock(started=100.0)
    clock.add(101.0, 103.0, {"load": 2.0})
    clock.add(103.0, 107.0, {"fit": 3.0, "evaluate": 1.0})
    split = clock.split(now=110.0)
    assert (split.load, split.fit, split.evaluate, split.machinery) == (2.0, 3.0, 1.0, 4.0)
    assert split.total == 10.0


def test_two_threads_that_work_at_once_share_the_wall_clock():
    clock = WorkClock(started=0.0)
    clock.add(0.0, 4.0, {"fit": 4.0})
    clock.add(0.0, 4.0, {"fit": 2.0, "evaluate": 2.0})
    split = clock.split(now=5.0)
    assert (split.fit, split.evaluate, split.machinery) == (pytest.approx(3.0), pytest.approx(1.0), pytest.approx(1.0))


def test_without_work_all_is_machinery():
    split = WorkClock(started=0.0).split(now=3.0)
    assert (split.load + split.fit + split.evaluate, split.machinery) == (0.0, 3.0)


def test_work_counts_for_the_clock_of_its_context_only():
    clock = WorkClock()
    with timed(clock), working("load"):
        pass
    with working("fit"):
        pass
    split = clock.split()
    assert split.load > 0
    assert split.fit == 0


def test_work_that_fails_counts_too():
    clock = WorkClock()
    with timed(clock), pytest.raises(RuntimeError), working("fit"):
        raise RuntimeError
    assert clock.split().fit > 0


def test_the_process_holds_some_memory():
    assert WorkClock().split().peak_memory_mb > 1
