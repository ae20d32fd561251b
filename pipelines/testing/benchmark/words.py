"""What was measured, as Markdown."""

from __future__ import annotations

import math
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pipelines.features.dataset import Dataset
from pipelines.testing.benchmark.beside import OURS, Measured

HEADER = ("model", "from", "nDCG@10", "interval", "recall@20", "fit, s", "fit, MB", "lists/s")
_VERSIONS = ("numpy", "scipy", "scikit-learn", "implicit")


def cells(row: Measured) -> tuple[str, ...]:
    """Return a model's figures as a person reads them, in the order of ``HEADER``."""
    interval = f"{row.ndcg.low:.4f} to {row.ndcg.high:.4f}"
    memory = f"{row.fit_mb:,.0f}" if math.isfinite(row.fit_mb) else "-"
    return (
        row.name,
        row.library,
        f"{row.ndcg.mean:.4f}",
        interval,
        f"{row.recall:.4f}",
        f"{row.fit_seconds:,.2f}",
        memory,
        f"{row.lists_per_second:,.0f}",
    )


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table: the first column of words, the others as figures."""
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def beside_markdown(measured: Sequence[Measured]) -> str:
    """Return all models, best first; this project's in bold."""
    rows = [cells(row) for row in measured]
    return table(HEADER, [(f"**{row[0]}**", *row[1:]) if row[1] == OURS else row for row in rows])


def size_of(dataset: Dataset) -> str:
    """Say how large a data set is."""
    listeners, tracks = dataset.histories.shape
    return f"{listeners:,} listeners, {tracks:,} tracks, {dataset.histories.nnz:,} preferences"


def machine() -> str:
    """Say what this runs on: processor, cores, memory, Python and the numeric libraries."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    libraries = ", ".join(f"{name} {version(name)}" for name in _VERSIONS)
    parts = [f"{_processor()}, {cores} cores", _memory(), f"Python {platform.python_version()}", libraries]
    return "; ".join(part for part in parts if part)


def _processor() -> str:
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> str:
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemTotal"):
            return f"{int(line.split()[1]) / 2**20:.0f} GiB"
    return ""


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def measured_when() -> str:
    """Say when and from which commit something was measured, and on what; for programs that run in a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - git
    return f"{datetime.now(UTC):%Y-%m-%d} at {commit}; {machine()}"
