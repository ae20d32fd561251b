"""How much memory a piece of work takes, seen from outside: the resident size of this process, looked at often.

Python's own ``tracemalloc`` would count every byte of NumPy, but to stop it while other threads allocate crashes Python
3.11, and a training runs beside the threads of a server.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

_STATM = Path("/proc/self/statm")
_SECONDS_BETWEEN_LOOKS = 0.005


@dataclass
class Growth:
    """What a block of work took.

    Attributes:
        megabytes: The most that this process held in it above what it held before; NaN where the system does not tell.
    """

    megabytes: float = float("nan")


@contextmanager
def watched_memory() -> Iterator[Growth]:
    """Watch the memory of this process while the block runs; what it took is there when the block is done.

    Peaks of less than a few milliseconds are missed, and what other threads allocate meanwhile counts too.
    """
    growth, done = Growth(), Event()
    _give_back()
    before = _resident_mb()
    seen = [before]

    def look() -> None:
        while not done.wait(_SECONDS_BETWEEN_LOOKS):
            seen.append(_resident_mb())

    watching = Thread(target=look, name="memory", daemon=True)
    watching.start()
    try:
        yield growth
        seen.append(_resident_mb())
    finally:
        done.set()
        watching.join()
    growth.megabytes = max(seen) - before  # never below 0: what was held before is among what was seen


def _resident_mb() -> float:
    """Return the resident size of this process in MB; NaN where the system does not tell."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _give_back() -> None:
    """Let the C library give back what it holds but does not use, so that using it again counts; glibc only."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
