"""Every candidate beside implicit, RecTools and LensKit on both real data sets.

Prints a Markdown table a data set: ``python tests/benchmarks/beside.py``. Needs the real data sets and the other
libraries' environment (infra/scripts/peers.sh); on one's own data ``crossfade benchmark`` does the same. Blend and
ranker are left out: they fit several of the others four times.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from pipelines.config import CandidateConfig, TrainingConfig
from pipelines.recommenders import recommender_names, recommender_type
from pipelines.recommenders.ensemble import EnsembleConfig
from pipelines.testing.benchmark.beside import measure_all
from pipelines.testing.benchmark.words import beside_markdown, size_of
from tests.support.real_data import TITLES, real_dataset

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Print the tables."""
    data = Path(os.environ.get("CROSSFADE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    config = TrainingConfig()
    known = {each.name: each for each in config.candidates}
    names = [name for name in recommender_names() if not issubclass(recommender_type(name).config_type, EnsembleConfig)]
    candidates = [known.get(name) or CandidateConfig(name=name) for name in names]
    peers = ROOT / ".tools" / "peers" / "bin" / "python"
    with tempfile.TemporaryDirectory() as folder:
        for name, title in TITLES.items():
            dataset = real_dataset(name, data, Path(folder))
            measured = measure_all(
                dataset, config.evaluation, candidates, peers=peers, tell=lambda each: print(each, file=sys.stderr)
            )
            print(f"**{title}** (5-core: {size_of(dataset)})\n\n{beside_markdown(measured)}\n", flush=True)


if __name__ == "__main__":
    main()
