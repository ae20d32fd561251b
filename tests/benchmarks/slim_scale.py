"""SLIM-ridge at scale: against a dense EASE on the same cores, and from thirty thousand tracks to a million.

    python tests/benchmarks/slim_scale.py [--tracks 30000 100000 300000 1000000] [--no-ease]

Every fit runs in a process of its own, which reports its time and its peak memory. The figures come as a table and as
one line of JSON. ``against_ease`` and ``growth`` return the same figures as rows.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import scipy.sparse as sp

from pipelines.config import EvaluationRules
from pipelines.evaluation.metrics import ranking_metrics
from pipelines.evaluation.splitting import unseen_users
from pipelines.parallel import cores
from pipelines.recommenders.base import Recommender, TrainingData
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.recommenders.weighting import Weighting
from pipelines.testing.ease import DenseEase, EaseConfig
from pipelines.testing.long_tail import long_tailed

SIZES = (30_000, 100_000, 300_000, 1_000_000)
_PLAYS_A_TRACK, _TRACKS_A_LISTENER = 20, 2.5
_EASE_WORLD = (12_774, 10_255, 290_000)  # after the track-level Last.fm set: about 250,000 pairs of listener and track
_EASE_REGS = (50.0, 100.0, 200.0)
_MIB = 1024

Row = dict[str, Any]


def against_ease() -> list[Row]:
    """Fit SLIM-ridge and EASE on four fifths of the listeners and rank for the others.

    EASE is fitted with several ridges and the best on the tested listeners counts, which is generous to it; SLIM-ridge
    has its defaults, with 50 neighbours.
    """
    slim = _child("slim", _EASE_WORLD)
    eases = [_child("ease", _EASE_WORLD, reg=reg) for reg in _EASE_REGS]
    best = max(eases, key=lambda row: row["ndcg@10"])
    return [slim | {"times faster": best["seconds"] / slim["seconds"]}, best]


def growth(sizes: tuple[int, ...] = SIZES) -> list[Row]:
    """Fit SLIM-ridge, K = 50, on worlds of 20 plays a track."""
    return [_child("grow", (n, int(n / _TRACKS_A_LISTENER), n * _PLAYS_A_TRACK)) for n in sizes]


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--no-ease", action="store_true", help="only the growth")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(_measure(**json.loads(arguments.child))))
        return
    rows = ([] if arguments.no_ease else against_ease()) + growth(tuple(arguments.tracks))
    print(f"{platform.machine()}, {cores()} cores, Python {platform.python_version()}, NumPy {np.__version__}")
    for row in rows:
        print(
            ", ".join(
                f"{name} {value:,.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items()
            )
        )
    print(json.dumps(rows))


def _child(what: str, world: tuple[int, int, int], **options: float) -> Row:
    """Measure in a process of its own."""
    order = json.dumps({"what": what, "world": world, **options})
    command = [sys.executable, str(Path(__file__).resolve()), "--child", order]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    row: Row = json.loads(done.stdout.splitlines()[-1])
    return row


def _measure(what: str, world: tuple[int, int, int], reg: float = 0.0) -> Row:
    histories = long_tailed(*world)
    row: Row = {"model": what, "tracks": world[0], "listeners": histories.shape[0], "pairs": histories.nnz}
    if what == "grow":
        return row | _fitted(Slim(SlimConfig(neighbours=50)), histories)[1]
    split = next(iter(unseen_users(histories, EvaluationRules(folds=5))))
    model: Recommender = Slim(SlimConfig(neighbours=50, weighting=Weighting.BINARY))
    if what == "ease":
        model = DenseEase(EaseConfig(reg=reg, weighting=Weighting.BINARY))
        row |= {"reg": reg}
    model, figures = _fitted(model, split.train)
    lists = model.recommend(split.given, 10).indices
    return row | figures | {"ndcg@10": float(ranking_metrics(lists, split.held_out, (10,))["ndcg@10"].mean())}


def _fitted(model: Recommender, histories: sp.csr_array) -> tuple[Recommender, Row]:
    before = perf_counter(), process_time()
    model.fit(TrainingData(histories))
    seconds, processor = perf_counter() - before[0], process_time() - before[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
    return model, {"seconds": seconds, "processor seconds": processor, "peak MiB": peak}


if __name__ == "__main__":
    main()
