"""Lists of a hundred tracks for a hundred thousand histories over a hundred thousand tracks, beside implicit's.

    python tests/benchmarks/ranking.py [--histories 100000] [--tracks 100000]

Both sides have the same models and the same histories, whose tracks may not come back, and use all cores. ALS of 64
factors (implicit with its listeners' vectors at hand, and folding them in as this project does), and the matrix of a
SLIM-ridge of 50 neighbours (implicit takes any such matrix). Everything runs in one process of its own. The figures
come as a table and as one line of JSON; ``ranking`` returns them as rows.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import scipy.sparse as sp

from pipelines.parallel import cores
from pipelines.recommenders.als import ALS, ALSConfig
from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.recommenders.weighting import Weighting
from pipelines.testing.long_tail import long_tailed

K, FACTORS, NEIGHBOURS = 100, 64, 50
_TRACKS_A_LISTENER = 20

Row = dict[str, Any]


def ranking(n_histories: int = 100_000, n_tracks: int = 100_000) -> list[Row]:
    """Measure in a process of its own and return a row for each way to make the lists."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", f"{n_histories},{n_tracks}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    rows: list[Row] = json.loads(done.stdout.splitlines()[-1])
    return rows


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--histories", type=int, default=100_000)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(_measure(*map(int, arguments.child.split(",")))))
        return
    rows = ranking(arguments.histories, arguments.tracks)
    print(f"{cores()} cores")
    for row in rows:
        figures = f"{row['seconds']:7.1f} s, {row['listeners a second']:9,.0f} listeners a second"
        print(f"{row['model']:>6} {row['by']:<40} {figures}")
    print(json.dumps(rows))


def _measure(n_histories: int, n_tracks: int) -> list[Row]:
    """Fit each model once, on at least a listener a track, and rank with it here and there."""
    listeners = max(n_tracks, n_histories)
    histories = long_tailed(n_tracks, listeners, _TRACKS_A_LISTENER * listeners)
    asked = sp.csr_array(histories[:n_histories])
    return [*_slim(histories, asked), *_als(histories, asked)]


def _slim(training: sp.csr_array, histories: sp.csr_array) -> list[Row]:
    from implicit.nearest_neighbours import ItemItemRecommender, NearestNeighboursScorer

    model = Slim(SlimConfig(neighbours=NEIGHBOURS, weighting=Weighting.BINARY)).fit(TrainingData(training))
    theirs = ItemItemRecommender(K=NEIGHBOURS)
    theirs.similarity = _theirs(model.weights, np.float64)
    theirs.scorer = NearestNeighboursScorer(theirs.similarity)
    users, rows = np.arange(histories.shape[0]), _theirs(_ones(histories), np.float64)
    return [
        _timed("SLIM", "this project", histories, lambda: model.recommend(histories, K)),
        _timed("SLIM", "implicit", histories, lambda: theirs.recommend(users, rows, N=K)),
    ]


def _als(training: sp.csr_array, histories: sp.csr_array) -> list[Row]:
    from implicit.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    rows = _theirs(_ones(histories), np.float32)
    theirs = AlternatingLeastSquares(factors=FACTORS, regularization=1.0, alpha=5.0, iterations=2, random_state=0)
    with threadpool_limits(1, "blas"):
        theirs.fit(_theirs(_ones(training), np.float32), show_progress=False)
    config = ALSConfig(factors=FACTORS, reg=1.0, alpha=5.0)
    model = ALS(config).load({"factors": np.asarray(theirs.item_factors, dtype=np.float32)})
    users = np.arange(histories.shape[0])

    def folded_in() -> object:
        with threadpool_limits(1, "blas"):
            return theirs.recommend(users, rows, N=K, recalculate_user=True)

    return [
        _timed("ALS", "this project, listeners folded in", histories, lambda: model.recommend(histories, K)),
        _timed("ALS", "implicit, listeners folded in", histories, folded_in),
        _timed("ALS", "implicit, listeners' vectors at hand", histories, lambda: theirs.recommend(users, rows, N=K)),
    ]


def _ones(histories: sp.csr_array) -> sp.csr_array:
    return sp.csr_array((np.ones_like(histories.data), histories.indices, histories.indptr), shape=histories.shape)


def _theirs(matrix: sp.csr_array, dtype: type) -> sp.csr_matrix:
    return sp.csr_matrix(
        (matrix.data.astype(dtype), matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)), shape=matrix.shape
    )


def _timed(model: str, by: str, histories: sp.csr_array, work: Callable[[], object]) -> Row:
    before = perf_counter(), process_time()
    work()
    seconds, processor = perf_counter() - before[0], process_time() - before[1]
    n = histories.shape[0]
    return {
        "model": model,
        "by": by,
        "histories": n,
        "tracks": histories.shape[1],
        "k": K,
        "seconds": seconds,
        "processor seconds": processor,
        "listeners a second": n / seconds,
        "listeners a second and core": n / processor,
    }


if __name__ == "__main__":
    main()
