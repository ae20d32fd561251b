"""All candidates and all peers on the same folds, one process after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.errors import ConfigError, CrossfadeError
from pipelines.evaluation.comparison import Interval, bootstrap_mean
from pipelines.evaluation.metrics import column, ranking_metrics
from pipelines.evaluation.selection import choose
from pipelines.evaluation.splitting import Split
from pipelines.features.dataset import Dataset
from pipelines.recommenders import recommender_type
from pipelines.recommenders.base import TrainingData
from pipelines.testing.benchmark.folds import write_folds
from pipelines.testing.benchmark.ours import PARAMS_VARIABLE

_HERE = Path(__file__).parent
_METRIC, _RECALL = column("ndcg", 10), column("recall", 20)
#: A model that takes longer on all folds together is given up.
_SECONDS = 1800
OURS = "Crossfade"

Telling = Callable[[str], None]


@dataclass(frozen=True)
class Measured:
    """One model on all folds.

    Attributes:
        name: What people read.
        library: Where it comes from.
        ndcg: nDCG@10 over all listeners, with its interval.
        recall: Mean recall@20.
        fit_seconds: Time of one fit with the hyper-parameters given, the median of the folds; likewise below.
        fit_mb: Largest memory of the fits above what the process held before, in MB; NaN where it cannot be told.
        lists_per_second: Lists of a hundred tracks a second, over the full catalogue, the given tracks left out.
    """

    name: str
    library: str
    ndcg: Interval
    recall: float
    fit_seconds: float
    fit_mb: float
    lists_per_second: float


def measure_all(
    dataset: Dataset,
    rules: EvaluationRules,
    candidates: Sequence[CandidateConfig],
    *,
    peers: Path | None = None,
    tell: Telling = lambda _: None,
) -> tuple[Measured, ...]:
    """Measure every candidate, and every peer where there is an environment for them, best nDCG@10 first.

    Args:
        dataset: The data.
        rules: Folds, seed, resamples.
        candidates: This project's; the values they search are chosen on the training listeners of the first fold.
        peers: The Python interpreter of the other libraries' environment.
        tell: Called with the name of what is measured next.

    Raises:
        ConfigError: The interpreter lacks the libraries.
        CrossfadeError: A model failed.
    """
    with TemporaryDirectory(prefix="crossfade-benchmark-") as folder:
        folds = Path(folder) / "folds"
        splits = write_folds(folds, dataset, rules)
        run = _Run(folds, splits, rules)
        tell("hyper-parameters")
        params = _params(candidates, dataset, splits[0], rules)
        measured = []
        for candidate in candidates:
            title = recommender_type(candidate.name).title
            tell(title)
            environment = {PARAMS_VARIABLE: json.dumps({candidate.name: params[candidate.name]})}
            measured.append(run.of(Path(sys.executable), "ours.py", candidate.name, (title, OURS), environment))
        for library, name in _peers(peers) if peers else ():
            tell(f"{library} {name}")
            measured.append(run.of(peers or Path(), "peers.py", f"{library} {name}", (name, library), {}))
    return tuple(sorted(measured, key=lambda each: -each.ndcg.mean))


@dataclass(frozen=True)
class _Run:
    folds: Path
    splits: Sequence[Split]
    rules: EvaluationRules

    def of(
        self, python: Path, models: str, name: str, shown: tuple[str, str], environment: Mapping[str, str]
    ) -> Measured:
        """Measure one model in a process of its own and turn its lists into figures."""
        with TemporaryDirectory(prefix="crossfade-benchmark-") as folder:
            _program(python, [str(self.folds), str(_HERE / models), name, folder], environment, name)
            figures = json.loads((Path(folder) / "figures.json").read_text(encoding="utf-8"))
            users = pd.concat(
                [
                    ranking_metrics(np.load(Path(folder) / f"lists-{split.fold}.npy"), split.held_out, (10, 20))
                    for split in self.splits
                ]
            )
        interval = bootstrap_mean(
            users[_METRIC].to_numpy(),
            resamples=self.rules.bootstrap,
            confidence=self.rules.confidence,
            seed=self.rules.seed,
        )
        # The first fold of some libraries includes compiling them.
        usual = {key: median(fold[key] for fold in figures) for key in figures[0]}
        # What a process got for one fold it uses again for the next, so the fold that grew it most tells the memory.
        usual["fit_mb"] = max(fold["fit_mb"] for fold in figures)
        return Measured(*shown, interval, float(users[_RECALL].mean()), **usual)


def _params(
    candidates: Sequence[CandidateConfig], dataset: Dataset, split: Split, rules: EvaluationRules
) -> dict[str, dict[str, Any]]:
    training = TrainingData(split.train, dataset.items, split.train_times)
    return {candidate.name: choose(candidate, training, rules) for candidate in candidates}


def _peers(python: Path) -> list[tuple[str, str]]:
    """Return library and name of every peer.

    Raises:
        ConfigError: The interpreter lacks the libraries.
    """
    from pipelines.testing.benchmark.peers import MODELS

    command = [str(python), "-I", "-c", "import implicit, lenskit, rectools"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=300)  # noqa: S603 - an interpreter the person named
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigError(
            "this Python cannot import implicit, LensKit and RecTools",
            where=str(python),
            remedy="Make the environment with infra/scripts/peers.sh, or leave --peers out",
        ) from error
    return [(library, name) for library, _, name in (each.partition(" ") for each in MODELS)]


def _program(python: Path, arguments: Sequence[str], environment: Mapping[str, str], name: str) -> None:
    command = [str(python), "-I", str(_HERE / "measuring.py"), *arguments]
    try:
        subprocess.run(  # noqa: S603 - our own program
            command, check=True, capture_output=True, text=True, timeout=_SECONDS, env=os.environ | environment
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr or "").strip().splitlines()[-1:]
        raise CrossfadeError(f"it failed: {''.join(last)}", where=f"benchmark of {name}") from error
    except subprocess.TimeoutExpired as error:
        raise CrossfadeError(
            f"it took longer than {_SECONDS // 60} minutes", where=f"benchmark of {name}", remedy="Leave it out"
        ) from error
