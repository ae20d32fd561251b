"""How fast an extended export is read, cleaned and gated, against ``json.load`` and pandas in the same run.

``python tests/benchmarks/spotify_export.py [PLAYS]`` prints a table. Everything runs on one core, so times are those of
the processor: on a machine that others use as well, they say more than the clock on the wall. Libraries are imported
before anything is measured.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa

from pipelines.data.cleaning import clean
from pipelines.sources.base import PersonOptions
from pipelines.sources.spotify_export import SpotifyExport
from pipelines.testing.spotify_exports import Plan, write_export
from validation.gate import check
from validation.rules import GateRules

_PLAYS: Final = 600_000
_ROUNDS: Final = 3
_COUNTS_FROM_MS: Final = 30_000


def with_pandas(path: Path) -> int:
    """Read all plays into one frame and keep those of tracks; what a notebook does, without any check."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if "Streaming_History_Audio" in name]
        rows = [row for name in names for row in json.load(archive.open(name))]
    frame = pd.DataFrame(rows)
    frame["ts"] = pd.to_datetime(frame["ts"])
    tracks = frame[frame["spotify_track_uri"].notna() & (frame["ms_played"] >= _COUNTS_FROM_MS)]
    return len(tracks.drop_duplicates(["ts", "spotify_track_uri"]))


def read(path: Path) -> int:
    """Read and apply the rules."""
    return sum(batch.num_rows for batch in SpotifyExport(PersonOptions(archive=path)).interactions())


def read_and_clean(path: Path) -> int:
    """Read, clean and merge all tables."""
    return len(clean(SpotifyExport(PersonOptions(archive=path))).tables.interactions)


def read_clean_and_gate(path: Path) -> int:
    """Do all that comes before a snapshot is written."""
    cleaned = clean(SpotifyExport(PersonOptions(archive=path)))
    outcome = check(cleaned.tables, GateRules(), docs=None, now=datetime.now(UTC), rejected=cleaned.rejected)
    return len(outcome.tables.interactions)


def seconds(work: Callable[[Path], int], path: Path) -> float:
    """Return the least processor time of a few rounds."""
    times = []
    for _ in range(_ROUNDS):
        start = time.process_time()
        work(path)
        times.append(time.process_time() - start)
    return min(times)


def machine() -> str:
    """Say where this ran."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{model}, {os.cpu_count()} cores (load {load}), Python {platform.python_version()}, pyarrow {pa.__version__}"
    )


def main() -> None:
    """Measure and print."""
    plays = int(sys.argv[1]) if len(sys.argv) > 1 else _PLAYS
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    with tempfile.TemporaryDirectory() as folder:
        small, large = (Path(folder, f"{name}.zip") for name in ("small", "large"))
        write_export(small, Plan(plays=2_000, basic=0, basic_only=0, old_files=0))
        write_export(large, Plan(plays=plays, basic=0, basic_only=0, old_files=0, collections=False))
        works = (with_pandas, read, read_and_clean, read_clean_and_gate)
        for work in works:
            work(small)
        found = {work.__name__: seconds(work, large) for work in works}
    print(machine())
    print(f"{plays:,} plays of an extended export, zipped, one core, processor time, the best of {_ROUNDS}\n")
    print("| what | s | plays/s | times as fast |\n|---|---:|---:|---:|")
    for name, taken in found.items():
        ratio = found["with_pandas"] / taken
        print(f"| {name.replace('_', ' ')} | {taken:.2f} | {plays / taken:,.0f} | {ratio:.2f} |")
    print(f"\npeak memory of all of it: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
