"""One model on some folds, in a process of its own: how long it fits, how much memory that takes, how fast it ranks.

    python measuring.py FOLDS MODELS NAME OUT

MODELS is the file of a Python module with a dictionary ``MODELS`` of functions that make a model. This file and what it
loads run under other libraries' environments too, so it needs NumPy and SciPy and nothing of this project.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp

#: Lists are this long; no metric looks further.
LIST_LENGTH = 100
#: A short ranking is repeated, and its median time is taken.
_REPEATS, _LONG_ENOUGH = 5, 2.0


@dataclass(frozen=True)
class Fold:
    """What a model may see of one fold.

    Attributes:
        train: Listeners x tracks, plays (float32).
        given: Tested listeners x tracks, plays: the histories to rank for.
        items: Side information: block -> tracks x features.
        train_times: In the places of ``train``, day of the last interaction; None where no time is known.
        given_times: The same for ``given``.
    """

    train: sp.csr_array
    given: sp.csr_array
    items: dict[str, sp.csr_array]
    train_times: sp.csr_array | None = None
    given_times: sp.csr_array | None = None


class Model(Protocol):
    """What is measured."""

    def fit(self, fold: Fold) -> None:
        """Learn from ``fold.train``."""
        ...

    def rank(self, fold: Fold, k: int) -> np.ndarray:
        """Return tested listeners x k track indices, best first, given tracks left out, -1 where a list ends early."""
        ...


def main() -> None:
    """Measure the model that the command line names."""
    folds, models, name, out = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    make = _module(models).MODELS[name]
    figures = []
    for number, folder in enumerate(sorted(folds.glob("fold-*"))):
        lists, found = measure(make(), read_fold(folder))
        np.save(out / f"lists-{number}.npy", lists)
        figures.append(found)
    (out / "figures.json").write_text(json.dumps(figures), encoding="utf-8")


def measure(model: Model, fold: Fold) -> tuple[np.ndarray, dict[str, float]]:
    """Fit and rank once.

    Returns:
        The lists; ``fit_seconds``, ``fit_mb`` (the highest resident size above that before) and ``lists_per_second``.
    """
    before = _resident_mb()
    _forget_peak()
    fit_seconds = _seconds(lambda: model.fit(fold))
    fit_mb = max(0.0, _peak_mb() - before)
    kept: list[np.ndarray] = []
    taken = [_seconds(lambda: kept.append(model.rank(fold, LIST_LENGTH)))]
    while taken[0] < _LONG_ENOUGH and len(taken) < _REPEATS:
        taken.append(_seconds(lambda: model.rank(fold, LIST_LENGTH)))
    speed = fold.given.shape[0] / median(taken)
    return kept[0], {"fit_seconds": fit_seconds, "fit_mb": fit_mb, "lists_per_second": speed}


def read_fold(folder: Path) -> Fold:
    """Read what ``pipelines.testing.benchmark.folds`` wrote."""

    def matrix(name: str) -> sp.csr_array | None:
        path = folder / f"{name}.npz"
        return sp.csr_array(sp.load_npz(path)) if path.is_file() else None

    items = {path.stem: sp.csr_array(sp.load_npz(path)) for path in sorted((folder / "items").glob("*.npz"))}
    train, given = matrix("train"), matrix("given")
    if train is None or given is None:
        raise SystemExit(f"There is no fold in {folder}")
    return Fold(train, given, items, matrix("train_times"), matrix("given_times"))


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("models_measured", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _forget_peak() -> None:
    """Let the kernel begin its record of the highest resident size anew; where it cannot, the old one stands."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _resident_mb() -> float:
    return _status_mb("VmRSS")


def _peak_mb() -> float:
    return _status_mb("VmHWM")


def _status_mb(entry: str) -> float:
    """Return an entry of Linux' account of this process in MB; NaN on other systems."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return float("nan")
    return next(float(line.split()[1]) / 1000 for line in lines if line.startswith(entry))


if __name__ == "__main__":
    main()
