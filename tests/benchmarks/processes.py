"""What a process and all that it has started take of the processor and of the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread

import psutil  # type: ignore[import-untyped]  # BentoML brings it

_SECONDS_BETWEEN_LOOKS = 0.5


def family(pid: int | None = None) -> list[psutil.Process]:
    """Return a process, by default this one, and all it has started, directly or not."""
    eldest = psutil.Process(pid)
    return [eldest, *eldest.children(recursive=True)]


def processor_seconds(pid: int | None = None) -> float:
    """Return what a family has used, with those of it that have ended and were waited for."""
    spent = 0.0
    for each in family(pid):
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            spent += times.user + times.system + times.children_user + times.children_system
    return spent


@contextmanager
def peak_memory(parts: Sequence[str], part_of: Callable[[str], str]) -> Iterator[dict[str, float]]:
    """Look at the memory of this process's family, pages they share counted once, every half second.

    Args:
        parts: What the family consists of.
        part_of: Tells by a process's command line which part it is.

    Yields:
        What is there when the block is done, in MiB: ``all``, the most they held at one moment, and the most of each
        part by itself.
    """
    peak, done = dict.fromkeys(("all", *parts), 0.0), Event()

    def look() -> None:
        while not done.wait(_SECONDS_BETWEEN_LOOKS):
            now = dict.fromkeys(peak, 0.0)
            for each in family():
                with suppress(psutil.NoSuchProcess, psutil.AccessDenied):  # it has ended meanwhile
                    held = each.memory_full_info().pss / (1 << 20)
                    now[part_of(" ".join(each.cmdline()))] += held
                    now["all"] += held
            for part, held in now.items():
                peak[part] = max(peak[part], held)

    watcher = Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()
