"""What serving a bundle costs here: time of one list, memory, size on disk. Run as a program, in a process of its own.

A busy machine makes everything slower, and must not refuse a good model: each round gives the time that 95 of 100 lists
stay below, and the median of the rounds counts. The first list of a process is not counted.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipelines.release.bundle import ModelBundle, read_bundle

_ROUNDS = 5
_LISTS = 40
_K = 10
_REASONS = 3
_SLOWEST = 0.95
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Measurements:
    """What serving a bundle costs.

    Attributes:
        latency_ms: Time of one list that 95 of 100 stay below, median of the rounds, in ms.
        memory_mb: Largest memory of the process that served the lists, in MB.
        bundle_mb: Size of the bundle's files, in MB.
    """

    latency_ms: float
    memory_mb: float
    bundle_mb: float


def measure(path: Path) -> Measurements:
    """Read a bundle, make lists for some of its listeners one at a time, and return what that took.

    The memory is that of the whole process, so measure in one that has done nothing else.

    Raises:
        BundleError: The bundle is missing or damaged.
    """
    bundle = read_bundle(path)
    latency = statistics.median(_round(bundle, seed) for seed in range(_ROUNDS))
    size = sum(file.stat().st_size for file in path.iterdir())
    return Measurements(latency_ms=latency, memory_mb=_peak_memory_mb(), bundle_mb=size / 1e6)


def _round(bundle: ModelBundle, seed: int) -> float:
    """Return the time in ms that most lists of a round stay below."""
    rows = np.random.default_rng([seed, 10]).integers(len(bundle.users), size=_LISTS + 1)
    seconds = []
    for row in rows:
        history = bundle.known_history(str(bundle.users.ids[row])) or {}
        start = time.perf_counter()
        bundle.recommend([history], _K, reasons=_REASONS)
        seconds.append(time.perf_counter() - start)
    return float(np.quantile(seconds[1:], _SLOWEST) * 1000)


def _peak_memory_mb() -> float:
    """Return the largest resident memory of this process since it was started, in MB."""
    if _STATUS.exists():
        # What getrusage says on Linux includes the memory of the process that started this one.
        lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="utf-8").splitlines() if ":" in line)
        return float(lines["VmHWM"].split()[0]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(measure(Path(sys.argv[1])))))
