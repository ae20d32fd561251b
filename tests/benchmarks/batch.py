"""Lists of a hundred tracks for everybody, from a bundle on disk to shards of Parquet with checksums and a manifest.

    python tests/benchmarks/batch.py [--listeners 200000] [--tracks 100000]

The model is the SLIM-ridge of 50 neighbours that ``ranking.py`` measures the bare kernel of, over a catalogue of a
hundred thousand tracks. Everything runs in one process of its own, without the flow around it. Processor time is what
is fair on a machine that does other things; the last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.evaluation.memory import watched_memory
from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.recommenders.weighting import Weighting
from pipelines.release.batch_listeners import BatchListeners
from pipelines.release.bundle import read_bundle
from pipelines.release.ranking_many import rank_many
from pipelines.release.shards import BatchRun, finish, write_shard
from pipelines.testing.large_bundles import write_bundle_of
from pipelines.testing.long_tail import long_tailed

K, NEIGHBOURS = 100, 50
_TRACKS_A_LISTENER = 20

Row = dict[str, Any]


def batch(n_listeners: int = 200_000, n_tracks: int = 100_000) -> list[Row]:
    """Measure in a process of its own and return a row for each part."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", f"{n_listeners},{n_tracks}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    rows: list[Row] = json.loads(done.stdout.splitlines()[-1])
    return rows


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listeners", type=int, default=200_000)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    rows = _measure(*map(int, arguments.child.split(","))) if arguments.child else None
    print(json.dumps(rows or batch(arguments.listeners, arguments.tracks)))


def _measure(n_listeners: int, n_tracks: int) -> list[Row]:
    """Fit, write the bundle, and make the lists from the bundle as a batch does."""
    histories = long_tailed(n_tracks, n_listeners, _TRACKS_A_LISTENER * n_listeners)
    model = Slim(SlimConfig(neighbours=NEIGHBOURS, weighting=Weighting.BINARY)).fit(TrainingData(histories))
    with TemporaryDirectory() as folder:
        path = write_bundle_of(Path(folder), model, histories).path
        del histories, model
        bundle = read_bundle(path)
        everybody = BatchListeners.of_bundle(bundle)
        rank_many(bundle, everybody.histories[:1_000], K)  # what is imported and opened at the first call
        row, _ = _timed("the lists alone", len(everybody), lambda: rank_many(bundle, everybody.histories, K))
        with watched_memory() as growth:
            whole, manifest = _timed(
                "bundle to finished shards", len(everybody), lambda: _run(path, Path(folder) / "lists")
            )
    sizes = {"peak MiB": growth.megabytes / 1.048576, "bytes a listener": manifest["bytes"] / len(everybody)}
    return [row, whole | sizes]


def _run(path: Path, parent: Path) -> dict[str, Any]:
    bundle = read_bundle(path)
    everybody = BatchListeners.of_bundle(bundle)
    run = BatchRun.of(parent, bundle, everybody, K, None)
    for shard in range(run.shards):
        write_shard(run, shard, bundle, everybody, _nobody)
    return finish(run, {})


def _nobody(listeners: pa.Array) -> np.ndarray:
    return np.zeros(len(listeners), dtype=bool)


def _timed(what: str, listeners: int, work: Callable[[], Any]) -> tuple[Row, Any]:
    before = perf_counter(), process_time()
    done = work()
    seconds, processor = perf_counter() - before[0], process_time() - before[1]
    row = {
        "measured": what,
        "listeners": listeners,
        "k": K,
        "seconds": seconds,
        "processor seconds": processor,
        "listeners a second and core": listeners / processor,
    }
    return row, done


if __name__ == "__main__":
    main()
