"""What all tasks of a job read, brought to each machine once and looked at from there by every process.

A value is taken apart into what it is and the arrays it holds (out-of-band pickling, PEP 574). The arrays go into one
file on the machine's disk, and every worker process maps that file: ten processes on a machine hold one copy between
them, in the system's page cache, and read of it what they look at. Parcels travel between processes of one job and are
never kept: what is kept is a bundle, and bundles hold no pickle.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.locking import only_one

#: Arrays begin at multiples of this, as NumPy likes them.
_ALIGNMENT = 64
#: How long a process waits for another one on its machine to write a parcel down.
_PATIENCE_SECONDS = 3600.0
_ENDING = ".parcel"


@dataclass(frozen=True)
class Parcel:
    """A value taken apart.

    Attributes:
        head: What it is, without the numbers.
        arrays: The numbers, as bytes; they are those of the value and not copied.
    """

    head: bytes
    arrays: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, value: object) -> Parcel:
        """Take a value apart."""
        buffers: list[pickle.PickleBuffer] = []
        head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        return cls(head, tuple(np.asarray(buffer.raw()) for buffer in buffers))

    def write(self, file: Path) -> None:
        """Write the arrays down, whole or not at all."""
        draft = file.with_suffix(f".{os.getpid()}")
        with draft.open("wb") as out:
            for array in self.arrays:
                out.write(array.data)
                out.write(bytes(-array.nbytes % _ALIGNMENT))
        draft.replace(file)

    def bounds(self) -> list[int]:
        """Return where in the file each array begins, and where the last one ends."""
        sizes = [array.nbytes + -array.nbytes % _ALIGNMENT for array in self.arrays]
        bounds: list[int] = np.cumsum([0, *sizes]).tolist()
        return bounds


class Shelf:
    """The parcels of one machine's folder, as one process opens them.

    Args:
        folder: Where the files are; it belongs to the job and goes with it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: dict[int, Any] = {}

    def value(self, number: int, oldest: int, fetch: Callable[[], Parcel]) -> Any:
        """Return the value of a parcel, put together over the file.

        Args:
            number: Its number; later parcels have larger ones.
            oldest: The smallest number that is still in use; what is older is thrown away.
            fetch: Brings the parcel, where this process is the first on its machine.
        """
        if number not in self._opened:
            for gone in [each for each in self._opened if each < oldest]:
                del self._opened[gone]
            self._opened[number] = self._open(number, oldest, fetch)
        return self._opened[number]

    def _open(self, number: int, oldest: int, fetch: Callable[[], Parcel]) -> Any:
        file, heads = self._folder / f"{number}{_ENDING}", self._folder / f"{number}.head"
        with only_one(self._folder, patience=_PATIENCE_SECONDS):
            if not heads.exists():
                self._throw_away(oldest)
                parcel = fetch()
                parcel.write(file)
                heads.write_bytes(pickle.dumps((parcel.head, parcel.bounds(), [a.nbytes for a in parcel.arrays])))
        head, bounds, sizes = pickle.loads(heads.read_bytes())  # noqa: S301 - written by this job, see above
        numbers = np.memmap(file, np.uint8, mode="r") if bounds[-1] else np.empty(0, dtype=np.uint8)
        parts = [numbers[start : start + size] for (start, _), size in zip(pairwise(bounds), sizes, strict=True)]
        return pickle.loads(head, buffers=parts)  # noqa: S301 - likewise

    def _throw_away(self, oldest: int) -> None:
        """Remove the files of parcels nobody opens any more; who still looks at one keeps what it looks at."""
        for file in self._folder.iterdir():
            if file.stem.isdigit() and int(file.stem) < oldest:
                file.unlink(missing_ok=True)
