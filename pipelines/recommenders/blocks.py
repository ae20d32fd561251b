"""Work on blocks of rows, on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, pairwise
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

T = TypeVar("T")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_blocks(work: Callable[[int, int], T], n: int, step: int) -> Iterator[T]:
    """Run ``work(start, stop)`` over blocks of 0..n on all cores and give the results in order; see ``in_spans``."""
    return in_spans(work, even_spans(n, step))


def in_spans(work: Callable[[int, int], T], bounds: np.ndarray) -> Iterator[T]:
    """Run ``work(start, stop)`` over the spans between the bounds on all cores and give the results in order.

    BLAS is held to one thread: the spans already use every core, and threads inside threads slow both down. Only a few
    results wait at any time, so what is not kept by the caller takes no memory. A single span needs no threads.
    """
    edges = pairwise(bounds.tolist())
    if len(bounds) - 1 == 1:
        with threadpool_limits(1, "blas"):
            yield work(*next(edges))
        return
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(cores()) as pool:

        def submit(start: int, stop: int) -> Callable[[], T]:
            return pool.submit(work, start, stop).result

        waiting = [submit(*edge) for edge in islice(edges, 2 * cores())]
        while waiting:
            yield waiting.pop(0)()
            waiting.extend(submit(*edge) for edge in islice(edges, 1))


def even_spans(n: int, step: int) -> np.ndarray:
    """Return the bounds of spans of ``step`` rows; the last may be shorter."""
    return np.append(np.arange(0, n, step), n)


def spans(costs: np.ndarray, most: float) -> np.ndarray:
    """Return the bounds of spans of rows that, each without its last row, cost no more than ``most``."""
    before = np.concatenate([[0.0], np.cumsum(costs)])
    steps = np.arange(0.0, before[-1], most)
    return np.unique(np.concatenate([np.searchsorted(before, steps), [0, len(costs)]]))
