"""One process at a time: a lock on a folder that ends with the process that holds it, however that ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.atomic import make_folder
from pipelines.errors import CrossfadeError

_PAUSE = 0.2


@contextmanager
def only_one(folder: Path, *, patience: float, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold a folder's lock; nothing is left behind, as it is the folder itself that is locked.

    Args:
        folder: What to lock; it is made where there is none.
        patience: How many seconds to wait for another process.
        waiting: Called once where there is one to wait for.

    Raises:
        CrossfadeError: The other process is still there when the patience is at an end, or the folder cannot be made.
    """
    handle = os.open(make_folder(folder), os.O_RDONLY)
    try:
        end = time.monotonic() + patience
        told = False
        while not _locked(handle):
            if time.monotonic() >= end:
                raise CrossfadeError(
                    "another process is at work on it", where=str(folder), remedy="Wait for it to end, then run again"
                )
            if not told:
                waiting()
                told = True
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
