"""What all tasks of a job read, brought to each machine once and looked at from there by every process.

A value is taken apart into what it is and the arrays it holds (out-of-band pickling, PEP 574). The arrays go into one
file on the machine's disk, and every worker process maps that file: ten processes on a machine hold one copy between
them, in the system's page cache, and read of it what they look at. Shared values travel between processes of one job
and are never kept: what is kept is a bundle, and bundles hold no pickle.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.locking import only_one

#: Arrays begin at multiples of this, as NumPy likes them.
_ALIGNMENT = 64
#: How long a process waits for another one on its machine to write a value down.
_PATIENCE_SECONDS = 3600.0
_ENDING = ".shared"


@dataclass(frozen=True)
class SharedValue:
    """A value taken apart.

    Attributes:
        parts: Its bytes: what it is, without the numbers, and then the numbers of each array, which are those of the
            value and not copied.
    """

    parts: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, value: object) -> SharedValue:
        """Take a value apart."""
        buffers: list[pickle.PickleBuffer] = []
        head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        return cls((np.frombuffer(head, np.uint8), *(np.asarray(buffer.raw()) for buffer in buffers)))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return the bytes of each part; with the pieces, all that is needed to put the value together."""
        return tuple(part.nbytes for part in self.parts)

    def pieces(self, most: int) -> Iterator[np.ndarray]:
        """Yield what stands in the file, one piece after the other, so that nobody on the way holds more than one.

        Args:
            most: Bytes of a piece.
        """
        starts = _starts(self.sizes)
        for first in range(0, starts[-1], most):
            piece = np.zeros(min(most, starts[-1] - first), np.uint8)
            for part, start in zip(self.parts, starts, strict=False):
                low, high = max(first, start), min(first + len(piece), start + part.nbytes)
                if low < high:
                    piece[low - first : high - first] = part[low - start : high - start]
            yield piece


class SharedFolder:
    """The shared values in one machine's folder, as one process opens them.

    Args:
        folder: Where the files are; it belongs to the job and goes with it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: dict[int, Any] = {}

    def value(self, number: int, oldest: int, sizes: tuple[int, ...], fetch: Callable[[], Iterable[np.ndarray]]) -> Any:
        """Return a shared value, put together over the file.

        Args:
            number: Its number; later values have larger ones.
            oldest: The smallest number that is still in use; what is older is thrown away.
            sizes: The bytes of its parts.
            fetch: Brings its pieces, where this process is the first on its machine.
        """
        if number not in self._opened:
            for gone in [each for each in self._opened if each < oldest]:
                del self._opened[gone]
            self._opened[number] = self._open(number, oldest, sizes, fetch)
        return self._opened[number]

    def _open(self, number: int, oldest: int, sizes: tuple[int, ...], fetch: Callable[[], Iterable[np.ndarray]]) -> Any:
        file = self._folder / f"{number}{_ENDING}"
        with only_one(self._folder, patience=_PATIENCE_SECONDS):
            if not file.exists():
                self._throw_away(oldest)
                _write(file, fetch())
        numbers = np.memmap(file, np.uint8, mode="r")
        head, *arrays = (numbers[start : start + size] for start, size in zip(_starts(sizes), sizes, strict=False))
        return pickle.loads(head.data, buffers=arrays)  # noqa: S301 - made by this job, see above

    def _throw_away(self, oldest: int) -> None:
        """Remove the files of values nobody opens any more; who still looks at one keeps what it looks at."""
        for file in self._folder.iterdir():
            if file.stem.isdigit() and int(file.stem) < oldest:
                file.unlink(missing_ok=True)


def _starts(sizes: tuple[int, ...]) -> list[int]:
    """Return where in the file each part begins, and where the last one ends."""
    starts: list[int] = np.cumsum([0, *(size + -size % _ALIGNMENT for size in sizes)]).tolist()
    return starts


def _write(file: Path, pieces: Iterable[np.ndarray]) -> None:
    """Write a file, whole or not at all."""
    draft = file.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as out:
        for piece in pieces:
            out.write(piece.data)
    draft.replace(file)
