"""All metrics of one set of lists, by this project and by others: the values, and the processor time of each.

    python tests/benchmarks/evaluation.py [RECTOOLS_PYTHON]

Prints what this project and implicit measure. RecTools asks for NumPy 1, so it lives in an environment of its own
(infra/scripts/peers.sh), whose interpreter is the argument: it reads the same lists and measures them there. Without
one, or where it cannot be imported, that is said.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

N_LISTENERS, N_TRACKS, HELD_OUT, K = 100_000, 20_011, 5, 100
CUTOFFS = (5, 10, 20, 50, 100)
METRICS = ("precision", "recall", "ndcg", "map", "mrr", "hit_rate")

#: Runs in the other environment: lists and held-out pairs as tables, every metric at every length, the mean of each.
RECTOOLS = """
import sys, time
import numpy as np, pandas as pd
try:
    import rectools
    from rectools import metrics as m
except ImportError as error:
    raise SystemExit(f"RecTools is not importable there: {error}")
data = np.load(sys.argv[1])
lists, rows, tracks = data["lists"], data["rows"], data["tracks"]
n, k = lists.shape
ranks = np.tile(np.arange(1, k + 1), n)
reco = pd.DataFrame({"user_id": np.repeat(np.arange(n), k), "item_id": lists.ravel(), "rank": ranks})
held = pd.DataFrame({"user_id": rows, "item_id": tracks, "weight": 1.0, "datetime": pd.Timestamp("2026-01-01")})
chosen = {}
for cutoff in (5, 10, 20, 50, 100):
    chosen |= {f"precision@{cutoff}": m.Precision(k=cutoff), f"recall@{cutoff}": m.Recall(k=cutoff)}
    chosen |= {f"map@{cutoff}": m.MAP(k=cutoff), f"mrr@{cutoff}": m.MRR(k=cutoff)}
    chosen |= {f"hit_rate@{cutoff}": m.HitRate(k=cutoff)}
    chosen |= {f"ndcg@{cutoff}": m.NDCG(k=cutoff, divide_by_achievable=True)}
start = time.process_time()
values = m.calc_metrics(chosen, reco=reco, interactions=held)
print(f"RecTools {rectools.__version__}: {time.process_time() - start:.2f} s of CPU")
print({name: round(float(value), 6) for name, value in values.items() if name.endswith("@10")})
"""


def main() -> None:
    """Write the lists, measure them here and, where there is one, in the other environment."""
    lists, rows, tracks = _draw()
    _here(lists, rows, tracks)
    if not sys.argv[1:]:
        print("RecTools was not asked: name the interpreter of an environment that has it")
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lists.npz"
        np.savez(path, lists=lists, rows=rows, tracks=tracks)
        sys.stdout.flush()
        subprocess.run([sys.argv[1], "-c", RECTOOLS, str(path)], check=False)


def _draw() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lists without repetition, and held-out tracks of which about every fifth is in the list."""
    rng = np.random.default_rng(0)
    start, step = rng.integers(1, N_TRACKS, size=(2, N_LISTENERS, 1))
    # The number of tracks is prime: no step returns to a track before all were visited.
    lists = (start + step * np.arange(K)) % N_TRACKS
    listed = np.take_along_axis(lists, rng.integers(K, size=(N_LISTENERS, HELD_OUT)), axis=1)
    held_out = np.where(rng.random(listed.shape) < 1 / HELD_OUT, listed, rng.integers(N_TRACKS, size=listed.shape))
    pairs = np.unique(np.arange(N_LISTENERS)[:, None] * N_TRACKS + held_out)  # sorted, without repetition
    return lists, pairs // N_TRACKS, pairs % N_TRACKS


def _here(lists: np.ndarray, rows: np.ndarray, tracks: np.ndarray) -> None:
    import scipy.sparse as sp
    from implicit.evaluation import ranking_metrics_at_k

    from pipelines.evaluation.metrics import ranking_metrics

    shape = (N_LISTENERS, N_TRACKS)
    held_out = sp.csr_array(
        (np.ones(len(rows), dtype=np.float32), (rows.astype(np.int32), tracks.astype(np.int32))), shape=shape
    )
    began = process_time()
    found = ranking_metrics(lists, held_out, CUTOFFS).mean()
    print(f"this project: {process_time() - began:.2f} s of CPU, and F1 besides the metrics of RecTools")
    print({f"{name}@10": round(float(found[f"{name}@10"]), 6) for name in METRICS})

    class Fixed:
        def recommend(self, listeners: np.ndarray, _histories: object, N: int) -> tuple[np.ndarray, np.ndarray]:
            return lists[listeners, :N].astype(np.int32), np.zeros((len(listeners), N), dtype=np.float32)

    truth = sp.csr_matrix(held_out)
    began = process_time()
    theirs = ranking_metrics_at_k(Fixed(), truth, truth, K=10, show_progress=False, num_threads=1)
    print(f"implicit: {process_time() - began:.2f} s of CPU for 4 metrics at one length")
    print({"ndcg@10": round(float(theirs["ndcg"]), 6), "map@10": round(float(theirs["map"]), 6)})


if __name__ == "__main__":
    main()
