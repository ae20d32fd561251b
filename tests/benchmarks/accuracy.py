"""Candidates beside a dense EASE: the section "accuracy" of docs/figures.md (needs the real data sets; half an hour).

    python tests/benchmarks/accuracy.py [--draws 5]

Candidates beside a dense EASE on the same folds of two real data sets, unseen listeners, full catalogue, the folds
drawn five times. The candidates search on training folds only; EASE has the best values known for each set.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pipelines.config import CandidateConfig, TrainingConfig
from pipelines.features.dataset import Dataset
from pipelines.recommenders import recommender_type
from pipelines.recommenders.blend import Blend
from pipelines.recommenders.hybrid_als import HybridALS
from pipelines.recommenders.ranker import Ranker
from pipelines.testing.accuracy import TUNED_EASE, Comparison, compare_with_ease
from tests.support.real_data import TITLES, real_dataset

#: Measured beside the default candidates; the first knows nothing but who played what.
COLLABORATIVE_BLEND = CandidateConfig(
    name="blend",
    params={
        "parts": [
            {"recommender": "slim", "params": {"weighting": "log"}},
            {"recommender": "slim", "params": {"weighting": "binary"}},
            {"recommender": "als"},
        ]
    },
)
CANDIDATES = {
    **{recommender_type(candidate.name).title: candidate for candidate in TrainingConfig().candidates},
    "Blend of SLIM and ALS": COLLABORATIVE_BLEND,
    HybridALS.title: CandidateConfig(name=HybridALS.name),
    Blend.title: CandidateConfig(name=Blend.name),
    Ranker.title: CandidateConfig(name=Ranker.name),
}
DRAWS = 5


def comparisons(
    dataset: Dataset, name: str, candidates: Mapping[str, CandidateConfig] = CANDIDATES, draws: int = DRAWS
) -> tuple[Comparison, ...]:
    """Measure candidates beside EASE."""
    rules = TrainingConfig().evaluation
    return compare_with_ease(dataset, candidates, TUNED_EASE[name], rules, draws)


def table(dataset: Dataset, name: str, rows: tuple[Comparison, ...]) -> str:
    """Return one data set's rows as a Markdown table."""
    listeners, tracks = dataset.histories.shape
    size = f"{listeners:,} listeners, {tracks:,} tracks, {dataset.histories.nnz:,} preferences"
    lines = [
        f"**{TITLES[name]}** (5-core: {size})",
        "",
        "| model | nDCG@10 | ratio to EASE | in each draw | recall@20 |",
        "|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: row.ndcg):
        error = f" ± {row.error:.3f}" if row.error else ""
        span = f"{min(row.ratios):.2f} to {max(row.ratios):.2f}" if row.error else ""
        lines.append(f"| {row.title} | {row.ndcg:.4f} | {row.ratio:.3f}{error} | {span} | {row.recall:.4f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure both data sets and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=DRAWS, help="how often the folds are drawn")
    draws = parser.parse_args().draws
    root = Path(__file__).resolve().parents[2]
    data = Path(os.environ.get("CROSSFADE_SHARED_DATA", root.parent / "shared" / "data"))
    if not data.is_dir():
        sys.exit(f"The real data sets are not at {data}: set CROSSFADE_SHARED_DATA to their folder.")
    with tempfile.TemporaryDirectory() as folder:
        for name in TUNED_EASE:
            dataset = real_dataset(name, data, Path(folder))
            print(table(dataset, name, comparisons(dataset, name, draws=draws)), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
