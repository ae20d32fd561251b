"""Work on blocks of rows, on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from threadpoolctl import threadpool_limits

T = TypeVar("T")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_blocks(work: Callable[[int, int], T], n: int, step: int) -> Iterator[T]:
    """Run ``work(start, stop)`` over blocks of 0..n on all cores and give the results in order.

    BLAS is held to one thread: the blocks already use every core, and threads inside threads slow both down. Only a few
    results wait at any time, so what is not kept by the caller takes no memory.
    """
    starts = iter(range(0, n, step))
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(cores()) as pool:

        def submit(start: int) -> Callable[[], T]:
            return pool.submit(work, start, min(n, start + step)).result

        waiting = [submit(start) for start in islice(starts, 2 * cores())]
        while waiting:
            yield waiting.pop(0)()
            waiting.extend(submit(start) for start in islice(starts, 1))
