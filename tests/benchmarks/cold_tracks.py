"""Tracks nobody in training has played, on two real data sets: ``python tests/benchmarks/cold_tracks.py``.

A tenth of the tracks is taken out of all training histories; recall@20 of unseen listeners' taken tracks, among all
tracks and among the taken ones, beside what a random order finds (``pipelines.testing.cold_tracks``).
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.testing.cold_tracks import cold_recalls
from tests.support.real_data import TITLES, real_dataset

HYBRID = {"weighting": "binary", "reg": 6.0, "tags": 3.0, "popularity": 0.05}
CANDIDATES = {
    "SLIM-ridge": CandidateConfig(name="slim"),
    "Content": CandidateConfig(name="content"),
    "Hybrid SLIM": CandidateConfig(name="hybrid", params=HYBRID),
    "Hybrid SLIM with audio": CandidateConfig(name="hybrid", params=HYBRID | {"audio": 0.5}),
}


def main() -> None:
    """Print a line a data set and model."""
    data = Path(os.environ.get("CROSSFADE_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    with tempfile.TemporaryDirectory() as folder:
        for name, title in TITLES.items():
            dataset = real_dataset(name, data, Path(folder))
            for found in cold_recalls(dataset, CANDIDATES, EvaluationRules()):
                shown = f"among all {found.among_all:.3f} (chance {found.chance_all:.3f})"
                shown += f", among the taken {found.among_cold:.3f} (chance {found.chance_cold:.3f})"
                print(f"{title}, {found.title}: {shown}", flush=True)


if __name__ == "__main__":
    main()
