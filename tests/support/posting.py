"""An engine as far away as a cluster, in this process: what it is given and what it gives went through a file."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.engines.shared_values import SharedFolder, SharedValue
from pipelines.parallel import Cores, at_work

#: Small and odd: every array of a test is in several pieces, and hardly one begins with a piece.
_BYTES_PER_PIECE = 1_001


class Posting:
    """Runs every span on what came out of a file, and pickles what it made.

    Args:
        folder: Where the files are put.
    """

    name = "posting"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.jobs: list[tuple[str, int]] = []

    def spread(self, work: Any, shared: Any, bounds: np.ndarray) -> Iterator[Any]:
        """Run the spans, the last one first: their order must not matter."""
        number = len(self.jobs)
        self.jobs.append((work.__name__, len(bounds) - 1))
        spans = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
        results, packed = {}, SharedValue.of(shared)
        for span in reversed(spans):
            # A folder each: as if each span were done by a process of its own.
            here = SharedFolder(self._folder).value(
                number, number, packed.sizes, lambda: packed.pieces(_BYTES_PER_PIECE)
            )
            with at_work(Cores(1)):
                results[span] = pickle.dumps(work(here, *span))
        yield from (pickle.loads(results[span]) for span in spans)  # noqa: S301 - made above
