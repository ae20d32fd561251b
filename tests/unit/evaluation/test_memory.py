"""How much memory a piece of work takes."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from pipelines.evaluation import memory
from pipelines.evaluation.memory import watched_memory


@pytest.mark.parametrize("repetition", range(2))
def test_what_was_held_for_a_moment_counts_each_time(repetition):
    with watched_memory() as growth:
        np.ones(16_000_000).sum()  # 128 MB, let go before the block is done
    assert growth.megabytes == pytest.approx(128, abs=15)


def test_what_was_held_before_does_not_count():
    before = np.ones(16_000_000)
    with watched_memory() as growth:
        before.sum()
    assert growth.megabytes < 15


def test_nobody_watches_after_work_that_failed():
    with pytest.raises(RuntimeError, match="no"), watched_memory():
        raise RuntimeError("no")
    assert not [thread for thread in threading.enumerate() if thread.name == "memory"]


def test_a_system_that_does_not_tell_is_no_zero(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_STATM", tmp_path / "absent")
    with watched_memory() as growth:
        pass
    assert np.isnan(growth.megabytes)


def test_a_block_may_end_while_the_memory_is_being_looked_at(monkeypatch):
    def slowly():
        time.sleep(0.03)
        return 7.0

    monkeypatch.setattr(memory, "_resident_mb", slowly)
    with watched_memory() as growth:
        time.sleep(0.02)
    assert growth.megabytes == 0
