"""Work on spans of rows, spread over the cores of this machine or, where another engine is at work, over a cluster.

Work that can be divided is written as ``work(shared, start, stop)``: a function of a module, which reads what all spans
share and returns what it makes of its own rows. Whoever calls ``spread`` gets the results in order and does not know
where they were made, so there is one definition of every step. An engine for many machines (``pipelines.engines``) is
put in place for a while with ``at_work``; whatever is fitted, read or ranked meanwhile is done there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from itertools import islice, pairwise
from typing import Protocol, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

S = TypeVar("S")
T = TypeVar("T")


class Engine(Protocol):
    """Where work is done.

    Attributes:
        name: What people and manifests call it.
    """

    name: str

    def spread(self, work: Callable[[S, int, int], T], shared: S, bounds: np.ndarray) -> Iterator[T]:
        """Run ``work(shared, start, stop)`` over the spans between the bounds and give the results in order.

        Args:
            work: A function of a module, without side effects: it may be run elsewhere, and again where a machine is
                lost.
            shared: What all spans read and none changes.
            bounds: Ascending, from 0; span i is ``bounds[i]..bounds[i + 1]``.
        """
        ...


class Cores:
    """The cores of this machine: threads, as NumPy and SciPy leave the interpreter's lock while they compute.

    Args:
        threads: How many; by default as many as this process may use cores.
    """

    name = "local"

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or cores()

    def spread(self, work: Callable[[S, int, int], T], shared: S, bounds: np.ndarray) -> Iterator[T]:
        """Run the spans on threads; what they share is shared.

        BLAS is held to one thread: the spans already use every core, and threads inside threads slow both down. Only a
        few results wait at any time, so what is not kept by the caller takes no memory. What is spread inside a span
        stays in its thread. A single span, or a single core, needs no threads.
        """
        edges = pairwise(bounds.tolist())
        if self.threads == 1 or len(bounds) - 1 == 1:
            with threadpool_limits(1, "blas"):
                yield from (work(shared, *edge) for edge in edges)
            return
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(self.threads, initializer=_stay) as pool:

            def submit(start: int, stop: int) -> Callable[[], T]:
                return pool.submit(work, shared, start, stop).result

            waiting = [submit(*edge) for edge in islice(edges, 2 * self.threads)]
            while waiting:
                yield waiting.pop(0)()
                waiting.extend(submit(*edge) for edge in islice(edges, 1))


_engine: ContextVar[Engine | None] = ContextVar("engine", default=None)


def _stay() -> None:
    """Let this thread do by itself whatever is spread in it."""
    _engine.set(Cores(1))


@contextmanager
def at_work(engine: Engine) -> Iterator[None]:
    """Let ``engine`` do all work that is spread in this context."""
    token = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(token)


def engine_at_work() -> Engine:
    """Return the engine that does the work of this context: the cores of this machine, where nobody said otherwise."""
    return _engine.get() or Cores()


def spread(work: Callable[[S, int, int], T], shared: S, bounds: np.ndarray) -> Iterator[T]:
    """Run ``work(shared, start, stop)`` over the spans between the bounds, wherever work is done, in order."""
    return engine_at_work().spread(work, shared, bounds)


def is_here() -> bool:
    """Say whether work is done on this machine, whose memory then holds all that is worked on at the same time."""
    return isinstance(engine_at_work(), Cores)


def spread_large(work: Callable[[S, int, int], T], shared: S, bounds: np.ndarray) -> Iterator[T]:
    """Do as ``spread`` does, for spans of which one machine's memory holds only one at a time."""
    return (Cores(1) if is_here() else engine_at_work()).spread(work, shared, bounds)


def in_blocks(work: Callable[[int, int], T], n: int, step: int) -> Iterator[T]:
    """Run ``work(start, stop)`` over blocks of 0..n on this machine's cores, in order; see ``in_spans``."""
    return in_spans(work, even_spans(n, step))


def in_spans(work: Callable[[int, int], T], bounds: np.ndarray) -> Iterator[T]:
    """Run ``work(start, stop)`` over the spans between the bounds on this machine's cores and give results in order.

    For work that is too small to travel, or that writes where it stands.
    """
    engine = engine_at_work()
    here = engine if isinstance(engine, Cores) else Cores()
    return here.spread(partial(_alone, work), None, bounds)


def _alone(work: Callable[[int, int], T], shared: None, start: int, stop: int) -> T:
    del shared
    return work(start, stop)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def even_spans(n: int, step: int) -> np.ndarray:
    """Return the bounds of spans of ``step`` rows; the last may be shorter."""
    return np.append(np.arange(0, n, step), n)


def spans(costs: np.ndarray, most: float) -> np.ndarray:
    """Return the bounds of spans of rows that, each without its last row, cost no more than ``most``."""
    before = np.concatenate([[0.0], np.cumsum(costs)])
    steps = np.arange(0.0, before[-1], most)
    return np.unique(np.concatenate([np.searchsorted(before, steps), [0, len(costs)]]))
