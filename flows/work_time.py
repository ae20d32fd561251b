"""How much of a run was work (load, fit, evaluate) and how much was machinery: everything else."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Literal

Kind = Literal["load", "fit", "evaluate"]


@dataclass(frozen=True)
class Split:
    """Wall-clock seconds of a run by what they went into; they sum to ``total``.

    Attributes:
        load: Reading, cleaning and building matrices.
        fit: Choosing hyper-parameters and fitting.
        evaluate: Ranking, measuring and comparing.
        machinery: Everything else: imports, servers, the gate, orchestration, tracking, writing.
        peak_memory_mb: The largest memory this process held, in MB.
    """

    load: float
    fit: float
    evaluate: float
    machinery: float
    peak_memory_mb: float

    @property
    def total(self) -> float:
        """Seconds in all."""
        return self.load + self.fit + self.evaluate + self.machinery

    def to_json(self) -> dict[str, float]:
        """Return a JSON-ready form, rounded."""
        return {name: round(value, 2) for name, value in asdict(self).items()} | {"total": round(self.total, 2)}


class WorkClock:
    """Notes when work was going on; safe to share between threads."""

    def __init__(self, started: float | None = None) -> None:
        self._started = time.perf_counter() if started is None else started
        self._spans: list[tuple[float, float]] = []
        self._seconds: dict[Kind, float] = {"load": 0.0, "fit": 0.0, "evaluate": 0.0}
        self._lock = Lock()

    def add(self, start: float, end: float, shares: dict[Kind, float]) -> None:
        """Note a span of work.

        Args:
            start: When it began, by ``time.perf_counter``.
            end: When it ended.
            shares: Seconds of it by kind.
        """
        with self._lock:
            self._spans.append((start, end))
            for kind, seconds in shares.items():
                self._seconds[kind] += seconds

    def split(self, now: float | None = None) -> Split:
        """Return the split so far.

        Work that ran in two threads at once counts once: the time in which any work was going on is divided in
        proportion to each kind's seconds over all threads.
        """
        elapsed = (time.perf_counter() if now is None else now) - self._started
        with self._lock:
            busy, seconds = covered(self._spans), dict(self._seconds)
        scale = busy / total if (total := sum(seconds.values())) else 0.0
        shares = {kind: value * scale for kind, value in seconds.items()}
        return Split(**shares, machinery=max(0.0, elapsed - sum(shares.values())), peak_memory_mb=peak_memory_mb())


def covered(spans: list[tuple[float, float]]) -> float:
    """Return how much time at least one of the spans covers."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def peak_memory_mb() -> float:
    """Return the largest resident memory of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in kB, macOS in bytes.
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


_clock: ContextVar[WorkClock | None] = ContextVar("work_clock", default=None)


@contextmanager
def timed(clock: WorkClock) -> Iterator[None]:
    """Let ``working`` of this context count for ``clock``."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)


@contextmanager
def working(kind: Kind) -> Iterator[None]:
    """Count the time inside as work of one kind."""
    start = time.perf_counter()
    try:
        yield
    finally:
        end = time.perf_counter()
        note_work(start, end, {kind: end - start})


def note_work(start: float, end: float, shares: dict[Kind, float]) -> None:
    """Count a span of work that is of several kinds; see ``WorkClock.add``."""
    if clock := _clock.get():
        clock.add(start, end, shares)
