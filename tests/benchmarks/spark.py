"""The Spark engine beside the cores of this machine: from a snapshot's plays to a fitted SLIM-ridge, at several sizes.

    python tests/benchmarks/spark.py [--plays 1250000 2500000 5000000 10000000 20000000] [--engines local spark]
        [--conf KEY=VALUE ...] [--data FOLDER] [--only-write] [--only-table]

Every measurement runs in a process of its own, and counts the time of all processes it starts: Spark's two workers each
have a Java and a Python of their own. Processor time is what a busy machine hardly changes; the clock is not.
The figures are kept in tests/benchmarks/figures/spark.json and printed as a table.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from pipelines.atomic import write_text
from pipelines.config import PreferenceRules
from pipelines.data import columns as c
from pipelines.data.approval import Verdict
from pipelines.data.buckets import bucket_of, partitions
from pipelines.data.catalogue import SourcedTracks
from pipelines.data.permissions import NOTHING_AGREED
from pipelines.data.provenance import Provenance, Use
from pipelines.data.snapshot import Snapshot, read_snapshot
from pipelines.data.snapshot_writing import draft_snapshot
from pipelines.data.tables import PlaylistTable
from pipelines.engines.choosing import THIS_MACHINE, EngineChoice, started
from pipelines.features.listening import listening
from pipelines.parallel import Engine, at_work, cores
from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.testing.benchmark.words import machine, table
from pipelines.testing.long_tail import long_tailed

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.benchmarks.processes import peak_memory, processor_seconds  # noqa: E402 - a program, not in the package

SIZES = (1_250_000, 2_500_000, 5_000_000, 10_000_000, 20_000_000)
ENGINES = ("local", "spark")
#: The memory of a worker is what Spark hands out executors of, and has to be no less than ``spark.executor.memory``.
MASTER = "local-cluster[2,1,8192]"
FIGURES = Path(__file__).parent / "figures" / "spark.json"
_PLAYS_A_TRACK, _TRACKS_A_LISTENER, _NEIGHBOURS = 20, 2.5, 50
PARTS = ("driver, Python", "driver, Java", "executors, Python", "executors, Java")
#: What the functions that are spread do, in words.
_STAGES = {"_listening_of": "read", "_nearest_of_rows": "co-occurrence", "_solve": "regressions"}
_SOURCE = "generated"

Row = dict[str, Any]
S = TypeVar("S")
T = TypeVar("T")


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plays", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=ENGINES)
    parser.add_argument(
        "--conf", nargs="*", default=[], help="settings of Spark, as key=value; they are kept with the row"
    )
    parser.add_argument("--data", type=Path, help="where the generated plays are kept; by default they are not")
    parser.add_argument("--only-write", action="store_true", help="generate the plays and measure nothing")
    parser.add_argument("--only-table", action="store_true", help="print the figures that are kept")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only_table:
        arguments.plays = []
    if arguments.child:
        print(json.dumps(_measure(**json.loads(arguments.child))))
        return
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as passing:
        for plays in arguments.plays:
            folder = (arguments.data or Path(passing)) / str(plays)
            snapshot = next(folder.glob("[!.]*"), None) or write_plays(folder, plays).path
            for engine in [] if arguments.only_write else arguments.engines:
                rows.append(_child({"engine": engine, "snapshot": str(snapshot), "conf": arguments.conf}))
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
            if not arguments.data:
                shutil.rmtree(folder)
    if rows:
        keep(rows)
    if not arguments.only_write:
        kept = json.loads(FIGURES.read_text(encoding="utf-8"))["rows"]
        print(as_table(kept), memory_table(kept), sep="\n\n")


def keep(rows: list[Row]) -> None:
    """Keep figures beside those of other sizes and engines that were measured before."""
    before = json.loads(FIGURES.read_text(encoding="utf-8"))["rows"] if FIGURES.exists() else []
    merged = {(row["engine"], row["plays"]): row for row in [*before, *rows]}
    in_order = sorted(merged.values(), key=lambda row: (row["plays"], row["engine"]))
    write_text(FIGURES, json.dumps({"machine": machine(), "rows": in_order}, indent=1) + "\n")


def as_table(rows: list[Row]) -> str:
    """Return processor seconds of each stage, and what the whole took, by size and engine."""
    stages = ["start", *_STAGES.values(), "all"]
    header = ["plays", "engine", *stages, "seconds by the clock", "load before", "peak memory, MiB"]
    lines = []
    for row in rows:
        taken = [row["stages"].get(stage, {}).get("processor seconds", 0.0) for stage in stages]
        whole = [f"{row['stages']['all']['seconds']:.0f}", f"{row['load']:.0f}", f"{row['peak MiB']:,}"]
        lines.append([f"{row['plays']:,}", row["engine"], *(f"{each:.1f}" for each in taken), *whole])
    return table(header, lines)


def memory_table(rows: list[Row]) -> str:
    """Return the most that each part of the cluster held, whenever that was, and all of them at one moment."""
    on_spark = [row for row in rows if "peak MiB of" in row and row["engine"] == "spark"]
    header = ["plays", *(f"{part}, MiB" for part in PARTS), "all at once, MiB"]
    lines = [
        [f"{row['plays']:,}", *(f"{row['peak MiB of'][part]:,}" for part in PARTS), f"{row['peak MiB']:,}"]
        for row in on_spark
    ]
    return table(header, lines)


def write_plays(folder: Path, plays: int) -> Snapshot:
    """Write a snapshot of single plays in a long-tailed world of 20 plays a track."""
    n_tracks = plays // _PLAYS_A_TRACK
    histories = long_tailed(n_tracks, int(n_tracks / _TRACKS_A_LISTENER), plays)
    users = np.array([f"listener-{number}" for number in range(histories.shape[0])], dtype=object)
    tracks = pa.array([f"{_SOURCE}:{number:07d}" for number in range(n_tracks)])
    buckets = np.array([bucket_of(user) for user in users])
    with draft_snapshot(folder) as draft:
        for part in partitions(plays):
            rows = np.flatnonzero((buckets >= part.start) & (buckets < part.stop))
            own = histories[rows]
            times = own.data.astype(np.int64)
            listener = np.repeat(np.repeat(rows, np.diff(own.indptr)), times)
            draft.write_part(part, _plays(users, tracks, listener, np.repeat(own.indices, times)))
        names = {c.TRACK_ID: tracks, c.TITLE: tracks, c.SOURCE: pa.repeat(_SOURCE, n_tracks)}
        draft.write_others(SourcedTracks(pa.table(names)), PlaylistTable.empty())
        verdict = Verdict(subject=draft.fingerprint, suite="none", checked=0)
        return draft.publish(verdict, (Provenance(_SOURCE, "a seed", "none", frozenset(Use)),))


def _plays(users: np.ndarray, tracks: pa.Array, listener: np.ndarray, track: np.ndarray) -> pa.Table:
    n = len(listener)
    at = np.arange(n) * 240_000_000 + 1_600_000_000_000_000
    columns = {
        c.USER_ID: pa.array(users[listener], pa.string()),
        c.TRACK_ID: tracks.take(pa.array(track)),
        c.AT: pa.array(at, c.INTERACTION_SCHEMA.field(c.AT).type),
        c.KIND: pa.repeat(c.PLAY, n),
        c.VALUE: pa.repeat(200_000.0, n),
        c.SOURCE: pa.repeat(_SOURCE, n),
        c.CONSENT: pa.nulls(n, pa.string()),
    }
    return pa.table(columns, schema=c.INTERACTION_SCHEMA)


def _child(order: Row) -> Row:
    """Measure in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", json.dumps(order)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    row: Row = json.loads(done.stdout.splitlines()[-1])
    return row


def _measure(engine: str, snapshot: str, conf: list[str]) -> Row:
    """Read and fit once; everything is counted from the moment the imports are done."""
    opened = read_snapshot(Path(snapshot))
    choice = THIS_MACHINE if engine == "local" else EngineChoice.of(engine, MASTER, tuple(conf))
    row: Row = {"engine": engine, "plays": opened.rows["interactions"], "cores": cores(), "load": os.getloadavg()[0]}
    stages: dict[str, dict[str, float]] = {}
    with peak_memory(PARTS, _part) as peak, _counted(stages, "all"):
        with _counted(stages, "start"):
            running = started(choice)
            inner = running.__enter__()
        try:
            with at_work(_Counting(inner, stages)):
                known = listening(opened, PreferenceRules(), NOTHING_AGREED).known
                model = Slim(SlimConfig(neighbours=_NEIGHBOURS)).fit(TrainingData(known.strengths))
            everything = processor_seconds()
        finally:
            running.__exit__(None, None, None)
    # Processes that have ended are not seen any more: what all of them took is known before they are stopped.
    stages["all"]["processor seconds"] = everything - stages["all"].pop("before")
    shape = {"tracks": known.strengths.shape[1], "pairs": known.strengths.nnz, "weights": int(model.weights.nnz)}
    told: Row = {"conf": choice.conf} if choice.conf else {}
    parts = {part: round(most) for part, most in peak.items() if most}
    return row | told | shape | {"peak MiB": parts.pop("all"), "peak MiB of": parts, "stages": stages}


class _Counting:
    """An engine that counts what each stage takes."""

    def __init__(self, inner: Engine, stages: dict[str, dict[str, float]]) -> None:
        self.name = inner.name
        self._inner, self._stages = inner, stages

    def spread(self, work: Callable[[S, int, int], T], shared: S, bounds: np.ndarray) -> Iterator[T]:
        """Pass work on."""
        with _counted(self._stages, _STAGES[work.__name__]):
            yield from self._inner.spread(work, shared, bounds)


@contextmanager
def _counted(stages: dict[str, dict[str, float]], name: str) -> Iterator[None]:
    before, clock = processor_seconds(), perf_counter()
    yield
    stages[name] = {"seconds": perf_counter() - clock, "processor seconds": processor_seconds() - before}
    if name == "all":
        stages[name]["before"] = before


def _part(command: str) -> str:
    """Return which part of the cluster a process is, by its command line."""
    if "CoarseGrainedExecutorBackend" in command:
        return "executors, Java"
    if "pyspark.daemon" in command:
        return "executors, Python"
    return "driver, Java" if "org.apache.spark" in command else "driver, Python"


if __name__ == "__main__":
    main()
