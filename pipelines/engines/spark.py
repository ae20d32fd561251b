"""Work spread over a Spark cluster.

A job is a range of spans: each task maps its numbers, with ``mapInArrow``, to what the work makes of those spans. What
the spans share goes to every machine once (``pipelines.engines.shared_values``). The work itself is the function that
threads run on one machine, in the same pieces, so both engines give the same numbers; Spark adds that a piece is done
again elsewhere when its machine is lost.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pyarrow as pa
from pyspark import SparkFiles

from pipelines.engines.shared_values import SharedFolder, SharedValue
from pipelines.engines.spark_als import track_factors
from pipelines.errors import CrossfadeError
from pipelines.parallel import Cores, at_work

if TYPE_CHECKING:
    import scipy.sparse as sp
    from pyspark import Broadcast
    from pyspark.sql import SparkSession

    from pipelines.recommenders.als import ALSConfig

S = TypeVar("S")
T = TypeVar("T")

#: What spans share travels in pieces of so many bytes. Java holds a whole broadcast in its heap while it is sent and
#: while it arrives, at both ends; a piece always fits, however large the data are.
_BYTES_PER_PIECE: Final = 32 << 20
#: A wave of spans is one job; its results wait in the driver. It has no more than about this many bytes of them, ...
_BYTES_PER_WAVE: Final = 128 << 20
#: ... no less than so many spans for each core, so that the job pays, and beyond that a fifth of all spans. How many
#: bytes a span makes is known after a first wave, of a span for each task.
_LEAST_PER_CORE, _WAVES = 16, 5
#: Spans of a wave are divided so often for each core: whoever is done first takes the next part. A task by itself takes
#: 0.15 seconds of processor time.
_TASKS_PER_CORE: Final = 2
_RESULT: Final = pa.schema([("span", pa.int64()), ("result", pa.binary())])
_RESULT_DDL: Final = "span long, result binary"


class SparkEngine:
    """A Spark cluster.

    Args:
        session: A session on it.
    """

    name = "spark"

    def __init__(self, session: SparkSession) -> None:
        self.session = session
        self._numbers = count()
        self._in_use: set[int] = set()
        self._lock = Lock()

    def spread(self, work: Callable[[S, int, int], T], shared: S, bounds: np.ndarray) -> Iterator[T]:
        """Run the spans on the cluster; a single span is not worth the journey and is done here."""
        spans = len(bounds) - 1
        if spans <= 1:
            yield from Cores().spread(work, shared, bounds)
            return
        with self._sent(shared) as sent:
            task = _Task(work, sent, bounds)
            done, heaviest = 0, 0
            while done < spans:
                stop = min(spans, done + self._wave(spans, heaviest))
                for packed in self._run(task, done, stop):
                    heaviest = max(heaviest, len(packed))
                    result = pickle.loads(packed)  # noqa: S301 - made by a task of this job
                    if isinstance(result, CrossfadeError):
                        raise result
                    yield result
                done = stop

    def track_factors(self, weighed: sp.csr_array, config: ALSConfig) -> np.ndarray:
        """Return track factors fitted by Spark's own ALS; see ``pipelines.engines.spark_als``."""
        return track_factors(self.session, weighed, config)

    def _wave(self, spans: int, bytes_per_span: int) -> int:
        """Return how many spans to do in one job; few where it is not known how much they make."""
        cores = self._cores()
        if not bytes_per_span:
            return _TASKS_PER_CORE * cores
        return max(cores, min(max(_LEAST_PER_CORE * cores, spans // _WAVES), _BYTES_PER_WAVE // bytes_per_span))

    def _run(self, task: _Task, start: int, stop: int) -> Iterator[memoryview]:
        """Do some spans and give what they made, pickled, in order."""
        parts = min(stop - start, _TASKS_PER_CORE * self._cores())
        spans = self.session.range(start, stop, 1, parts)
        made = spans.mapInArrow(task, _RESULT_DDL).toArrow().sort_by("span")
        for chunk in made["result"].chunks:
            yield from (each.as_buffer() for each in chunk)

    @contextmanager
    def _sent(self, shared: object) -> Iterator[_Sent]:
        """Offer a value to all machines; each fetches it when it first needs it."""
        with self._lock:
            number = next(self._numbers)
            self._in_use.add(number)
            oldest = min(self._in_use)
        packed, send = SharedValue.of(shared), self.session.sparkContext.broadcast
        pieces: list[Broadcast[np.ndarray]] = []
        try:
            pieces.extend(send(piece) for piece in packed.pieces(_BYTES_PER_PIECE))
            yield _Sent(number, oldest, packed.sizes, tuple(pieces))
        finally:
            with self._lock:
                self._in_use.discard(number)
            for piece in pieces:
                piece.destroy()

    def _cores(self) -> int:
        return self.session.sparkContext.defaultParallelism


@dataclass(frozen=True)
class _Sent:
    """A value on its way to the machines.

    Attributes:
        number: The number of its shared value.
        oldest: The smallest number that was in use when it was sent.
        sizes: The bytes of its parts.
        pieces: What brings it.
    """

    number: int
    oldest: int
    sizes: tuple[int, ...]
    pieces: tuple[Broadcast[np.ndarray], ...]

    def arriving(self) -> Iterator[np.ndarray]:
        """Yield the pieces; a process that has written one down does not hold it any more."""
        for piece in self.pieces:
            yield piece.value
            vars(piece).pop("_value", None)  # where PySpark keeps what it has read


_folders: dict[Path, SharedFolder] = {}


@dataclass(frozen=True)
class _Task:
    """What a worker process does with the numbers of some spans."""

    work: Callable[[Any, int, int], Any]
    shared: _Sent
    bounds: np.ndarray

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the result of each span."""
        folder = Path(SparkFiles.getRootDirectory()).resolve() / "crossfade-shared"
        values, sent = _folders.setdefault(folder, SharedFolder(folder)), self.shared
        with at_work(Cores(1)):
            for batch in batches:
                for span in batch.column(0).to_pylist():
                    shared = values.value(sent.number, sent.oldest, sent.sizes, sent.arriving)
                    result = _outcome(self.work, shared, *self.bounds[span : span + 2].tolist())
                    packed = [pa.array([span]), pa.array([pickle.dumps(result, protocol=5)], pa.binary())]
                    yield pa.RecordBatch.from_arrays(packed, schema=_RESULT)


def _outcome(work: Callable[[Any, int, int], Any], shared: Any, start: int, stop: int) -> Any:
    """Return what a span makes, or the error that says what is wrong with it: doing it again would not help."""
    try:
        return work(shared, start, stop)
    except CrossfadeError as error:
        return error
