"""How long an ingestion takes and how much memory it holds, from one million plays to a hundred million.

    python tests/benchmarks/ingestion_scale.py [--plays 1 3 10 30 100] [--again]

Each size is the first listeners of the same synthetic world of 100 million plays and 500,000 tracks, read, cleaned,
judged by the gate and frozen by the real flow, in a process of its own with a home folder of its own. ``--again`` reads
everything a second time into the same home. The table goes to standard output. Processor time counts all threads and
suffers less from a busy machine than the clock does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pipelines.sources.synthetic import Synthetic, SyntheticOptions
from pipelines.sources.synthetic.world import BLOCK_LISTENERS

_PLAYS_A_LISTENER = 200
_MILLION = 1_000_000
_HEADER = (
    "plays, millions",
    "run",
    "interactions read",
    "seconds",
    "processor seconds",
    "processor seconds a million",
    "peak memory, MB",
    "disk, MB",
)


class FirstListeners(Synthetic):
    """The first listeners of the world of 100 million plays, with all its tracks."""

    def __init__(self, plays: int) -> None:
        super().__init__(SyntheticOptions(size="100m"))
        self._share = range(-(-plays // (_PLAYS_A_LISTENER * BLOCK_LISTENERS)))

    def _blocks(self) -> range:
        return self._share


def main() -> None:
    """Measure every size that was asked for."""
    parser = argparse.ArgumentParser(description="Measure ingestion at scale.")
    parser.add_argument("--plays", type=float, nargs="+", default=[1, 3, 10, 30, 100], help="in millions")
    parser.add_argument("--again", action="store_true", help="read everything twice")
    parser.add_argument("--child", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        _ingest(int(arguments.child * _MILLION))
        return
    _say(f"Machine: {_machine()}\n")
    _say(*_HEADER)
    _say(*["---:"] * len(_HEADER))
    for millions in arguments.plays:
        with tempfile.TemporaryDirectory(prefix="ingestion-scale-") as home:
            for run in ("first", "again")[: 1 + arguments.again]:
                _say(*_measured(millions, run, Path(home)))


def _measured(millions: float, run: str, home: Path) -> list[object]:
    """Ingest in a fresh process and return its line of the table."""
    command = [sys.executable, __file__, "--child", str(millions)]
    environment = os.environ | {"CROSSFADE_HOME": str(home)}
    started = time.perf_counter()
    child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    seconds = time.perf_counter() - started
    told = json.loads(child.stdout.splitlines()[-1])
    disk = sum(path.stat().st_size for path in (home / "snapshots").rglob("*.parquet")) / 1e6
    each = told["processor_seconds"] / told["read"] * 1e6
    figures = [f"{told['read']:,}", f"{seconds:,.0f}", f"{told['processor_seconds']:,.0f}", f"{each:.1f}"]
    return [f"{millions:g}", run, *figures, f"{told['peak_memory_mb']:,.0f}", f"{disk:,.0f}"]


def _ingest(plays: int) -> None:
    """Ingest, in this process, and print the figures as JSON."""
    from prefect import flow

    from flows.cli.story import flow_session
    from flows.ingestion import take_in
    from flows.settings import load_settings
    from flows.work_time import peak_memory_mb

    settings = load_settings().settings

    @flow(name="ingestion at scale")
    def run() -> dict[str, Any]:
        return take_in(FirstListeners(plays), settings).to_json()

    with flow_session(settings):
        account = run()["tables"]["interactions"]
    told = {"read": account["read"], "processor_seconds": time.process_time(), "peak_memory_mb": peak_memory_mb()}
    _say(json.dumps(told))


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, Python {platform.python_version()}"


def _say(*cells: object) -> None:
    sys.stdout.write((" | ".join(map(str, cells)) if len(cells) > 1 else str(cells[0])) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
