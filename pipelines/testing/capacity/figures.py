"""The measured runs that the capacity model is fitted on: tests/benchmarks/figures/capacity.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

FIGURES = Path(__file__).resolve().parents[3] / "tests" / "benchmarks" / "figures" / "capacity.json"


def measured(path: Path = FIGURES) -> list[dict[str, Any]]:
    """Return the rows: stage, engine, source, sizes, processor seconds, peak MB."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return rows


def products_of(histories: sp.csr_array) -> int:
    """Return how many products the co-occurrence of tracks is made of: the sum of the squared lengths of histories."""
    lengths = np.diff(histories.indptr).astype(np.int64)
    return int((lengths**2).sum())
